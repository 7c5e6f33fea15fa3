"""The `webanno` format: TSV 3 as WebAnno and INCEpTION export it, one document per sentence; read only.

The layer with NamedEntity in its name is read, else the first layer of spans with one value; other layers are counted.
Offsets in the file count UTF-16 code units.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

from bert4ner.data.files import read_lines
from bert4ner.data.format import Format
from bert4ner.data.peek import Peek
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.tag_styles import BARE_LABEL
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

HEAD = "#FORMAT=WebAnno TSV 3"
TOKEN = re.compile(r"(\d+)-(\d+)(?:\.(\d+))?\t(\d+)-(\d+)\t([^\t]*)(?:\t(.*))?", re.DOTALL)
VALUE = re.compile(r"(.*?)(?:\[(\d+)\])?", re.DOTALL)
ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\\\": "\\"}
NAMED = "namedentity"


@dataclass
class _Layers:
    """Columns behind the token: the one that is read, and the number of layers."""

    column: int = -1
    count: int = 0
    width: int = 0
    named: bool = False

    def add(self, line: str) -> None:
        """A line of the head, `#T_SP=layer|feature|feature`: one column for each feature, one if there is none."""
        layer, *features = line.partition("=")[2].split("|")
        named = NAMED in layer.casefold().replace("_", "")
        if line.startswith("#T_SP=") and (self.column < 0 or (named and not self.named)):
            value = next((n for n, name in enumerate(features) if name.casefold() in ("value", "label", "type")), 0)
            self.column, self.named = self.width + value, named
        self.count += 1
        self.width += max(len(features), 1)


@dataclass
class _Sentence:
    """Lines of one sentence: its text, and the spans as (start, end, label) by the key that joins their tokens."""

    line: int
    text: list[str] = field(default_factory=list)
    tokens: list[tuple[int, int, str, str]] = field(default_factory=list)
    """Begin, end, the token and its value, as in the file."""


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Sentences in file order, one in memory at a time.

    Raises:
        DataError: with `path:line`: a line is not a token, a token does not occur in its sentence's text, or a file has
            no layers of spans.
    """
    layers = _Layers()
    sentence: _Sentence | None = None
    count = 0
    for number, line in read_lines(path, repairs):
        where = f"{path}:{number}"
        if line.startswith("#Text="):
            sentence = sentence or _Sentence(number)
            sentence.text.append(_unescaped(line.removeprefix("#Text=")))
        elif line.startswith(("#T_", "#FORMAT=", "#Sentence")):
            if line.startswith("#T_"):
                layers.add(line)
        elif line.strip() and not line.startswith("#"):
            sentence = sentence or _Sentence(number)
            sentence.tokens += _token(line, layers, where)
        elif not line.strip() and sentence is not None and sentence.tokens:
            count += 1
            yield _document(sentence, f"{path.stem}-{count}", path, repairs)
            sentence = None
    repairs.note("further layers left out", f"{path}:1", count=layers.count - 1)
    if sentence is not None and sentence.tokens:
        yield _document(sentence, f"{path.stem}-{count + 1}", path, repairs)


def _token(line: str, layers: _Layers, where: str) -> list[tuple[int, int, str, str]]:
    match = TOKEN.fullmatch(line)
    if match is None or max(len(match[4]), len(match[5])) > 12:
        raise DataError(f"{where}: expected 1-1<tab>0-3<tab>TOKEN and the layers, found {shown(line)}; export it again")
    if layers.column < 0:
        raise DataError(f"{where}: expected a layer of spans (#T_SP=…NamedEntity|value), found none; export one")
    values = (match[7] or "").split("\t")
    value = values[layers.column] if layers.column < len(values) else "_"
    return [(int(match[4]), int(match[5]), match[6], value)]


def _unescaped(text: str) -> str:
    r"""Text with `\n`, `\t` and `\\` unescaped; a backslash before another sign is dropped."""
    return re.sub(r"\\(.)", lambda match: ESCAPES.get(match[0], match[1]), text, flags=re.DOTALL)


def _document(sentence: _Sentence, id: str, path: Path, repairs: Repairs) -> Document:
    where = f"{path}:{sentence.line}"
    base = sentence.tokens[0][0]
    text = "\n".join(sentence.text)
    offsets = _offsets(text)
    spans: dict[object, Span] = {}
    for number, (begin, end, token, value) in enumerate(sentence.tokens):
        start, stop = _position(offsets, begin - base), _position(offsets, end - base)
        if start < 0 or text[start:stop] != _unescaped(token):
            raise DataError(
                f"{where}: expected {shown(token)} at {begin}-{end}, which begins the text of the sentence at {base}; "
                f"found {shown(text[max(start, 0) : max(stop, 0)])}; export the document again"
            )
        for label, key in _values(value, number):
            span = spans.setdefault(key, Span(start, stop, label))
            span.end = max(span.end, stop)
    return make_document(Record(where, id, text, list(spans.values())), repairs)


def _offsets(text: str) -> "array[int]":
    """The offset of each position in UTF-16 code units."""
    return array("l", accumulate((2 if character > "\uffff" else 1 for character in text), initial=0))


def _position(offsets: "array[int]", offset: int) -> int:
    """The position of an offset; -1 if there is none."""
    position = bisect_left(offsets, offset)
    return position if position < len(offsets) and offsets[position] == offset else -1


def _values(value: str, number: int) -> Iterator[tuple[str, object]]:
    """Each label of a token, and the key that it shares with the other tokens of its span: `PER[1]|LOC` has two."""
    for part in value.split("|"):
        match = VALUE.fullmatch(part)
        if part in ("", "_") or match is None:
            continue
        label = BARE_LABEL if match[1] in ("*", "") else _unescaped(match[1])
        yield label, (label, match[2]) if match[2] else (label, "token", number)


def sniff(seen: Peek) -> float:
    """The head identifies the format."""
    return 0.95 * (seen.kind == "lines" and seen.lines[0].startswith(HEAD))


FORMAT = Format("webanno", read, sniff=sniff)
