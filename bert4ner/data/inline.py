"""The `inline` format: entities marked within the text, a document a line; read only.

`<PER>王小明</PER>` and `{{PER:王小明}}`, which may lie in one another, and words with their label behind a slash,
`王小明/PER 在/O`. One file has one of them.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from bert4ner.data.columns import find_style
from bert4ner.data.files import read_lines
from bert4ner.data.format import Format
from bert4ner.data.peek import MANY, Peek, share
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.tag_styles import STYLES
from bert4ner.entities import Document
from bert4ner.errors import DataError

TAG = re.compile(r"<(/?)([^\W\d][\w.-]{0,40})>")
BRACES = re.compile(r"\{\{([^{}:：\s]{1,40})[:：]|\}\}")
SLASHED = re.compile(r"(\S+)/([^\W\d][\w:.-]*)")
OUTSIDE = ("o", "O")
HTML = frozenset(
    "a b body br code dd div dl dt em font h1 h2 h3 h4 head html i li ol p pre s span strong sub sup table".split()
)
HTML |= frozenset("tbody td th thead title tr u ul".split())
"""Names of elements that are no labels."""
SHOWN = 40
DEEPEST = 50  # entities that lie in one another

Parts = tuple[str, list[Span]]


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """One document a line, one in memory at a time; the file is read twice, first for how it marks.

    Raises:
        DataError: with `path:line`: a mark that is not opened or closed, or a word without label.
    """
    shape = _shape(line for _, line in read_lines(path, Repairs()) if line.strip())
    repairs.shape = shape
    for number, line in read_lines(path, repairs):
        if line.strip():
            where = f"{path}:{number}"
            text, spans = _READERS[shape](line, where)
            yield make_document(Record(where, f"{path.stem}-{number}", text, spans), repairs)
        else:
            repairs.note("empty lines left out", f"{path}:{number}")


def _shape(lines: Iterable[str]) -> str:
    """How most lines mark; tags where none does."""
    counts = dict.fromkeys(_READERS, 0)
    for line in lines:
        counts["tags"] += bool(TAG.search(line))
        counts["braces"] += bool(BRACES.search(line))
        counts["slashes"] += _is_slashed(line)
    return max(counts, key=counts.__getitem__)


def _is_slashed(line: str) -> bool:
    words = line.split()
    return share(words, SLASHED.fullmatch) >= MANY


def _read_tags(line: str, where: str) -> Parts:
    marks = ((match.start(), match.end(), match[2], not match[1]) for match in TAG.finditer(line))
    return _unmarked(line, marks, where)


def _read_braces(line: str, where: str) -> Parts:
    marks = ((match.start(), match.end(), match[1] or "", match[1] is not None) for match in BRACES.finditer(line))
    return _unmarked(line, marks, where)


def _unmarked(line: str, marks: Iterable[tuple[int, int, str, bool]], where: str) -> Parts:
    """The text without its marks (start, end, label, whether it opens), and what they enclose."""
    spans: list[Span] = []
    open_spans: list[Span] = []
    pieces: list[str] = []
    length = reached = 0
    for start, end, label, opens in marks:
        pieces.append(line[reached:start])
        length += start - reached
        reached = end
        if opens and len(open_spans) == DEEPEST:
            raise DataError(f"{where}: expected at most {DEEPEST} marks in one another, found more; correct the line")
        if opens:
            open_spans.append(Span(length, 0, label))
        elif open_spans and label in ("", open_spans[-1].label):
            span = open_spans.pop()
            span.end = length
            spans.append(span)
        else:
            raise DataError(
                f"{where}: expected a mark to close that is open, found {line[start:end]!r}; correct the line"
            )
    if open_spans:
        raise DataError(f"{where}: expected each mark to be closed, {open_spans[-1].label!r} is not; correct the line")
    return "".join(pieces) + line[reached:], spans


def _read_slashes(line: str, where: str) -> Parts:
    """Words are joined without spaces unless most are Latin; tags of BIO belong to one entity as in columns."""
    pairs = []
    for word in line.split():
        match = SLASHED.fullmatch(word)
        if match is None:
            raise DataError(
                f"{where}: expected a word, a slash and its label, found {word[:SHOWN]!r}; correct the line"
            )
        pairs.append((match[1], match[2]))
    joint = " " * (sum(len(word) > 1 and word.isascii() for word, _ in pairs) * 2 > len(pairs))
    style = find_style([label for _, label in pairs])
    spans: list[Span] = []
    text = ""
    for number, (word, label) in enumerate(pairs):
        text += joint * (number > 0)
        prefix, name = (STYLES[style](label) if style else None) or ("O" if label in OUTSIDE else "S", label)
        if prefix in ("I", "E") and spans and spans[-1].label == name and spans[-1].end + len(joint) == len(text):
            spans[-1].end = len(text) + len(word)
        elif prefix != "O":
            spans.append(Span(len(text), len(text) + len(word), name))
        text += word
    return text, spans


_READERS: dict[str, Callable[[str, str], Parts]] = {
    "tags": _read_tags,
    "braces": _read_braces,
    "slashes": _read_slashes,
}


def sniff(seen: Peek) -> float:
    """Marks that enclose something in some lines, or labels behind slashes of which O is one."""
    if seen.kind != "lines":
        return 0.0
    if share(seen.lines, _is_slashed) >= MANY:
        labels = {word.rpartition("/")[2] for line in seen.lines for word in line.split()}
        return 0.7 * bool(labels & set(OUTSIDE) and labels - set(OUTSIDE))
    return 0.7 * (share(seen.lines, _encloses) > 0.1)


def _encloses(line: str) -> bool:
    if any(match[1] for match in BRACES.finditer(line)) and "}}" in line:
        return True
    closed = {match[2] for match in TAG.finditer(line) if match[1] and match[2].lower() not in HTML}
    return any(match[2] in closed for match in TAG.finditer(line) if not match[1])


FORMAT = Format("inline", read, sniff=sniff)
