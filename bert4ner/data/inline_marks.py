"""The marks of the `inline` format: tags, braces, or labels behind slashes; and how to read a line with them."""

import re
from collections.abc import Callable, Iterable, Iterator

from bert4ner.data.columns import find_style
from bert4ner.data.peek import MANY, share
from bert4ner.data.records import Span
from bert4ner.data.tag_styles import STYLES
from bert4ner.errors import DataError, shown

NAME = re.compile(r"[^\W\d][\w.-]{0,40}")
TAG = re.compile(f"<(/?)({NAME.pattern})>")
BRACES = re.compile(r"\{\{([^{}:：\s]{1,40})[:：]|\}\}")
WORD = re.compile(r"\S+")
SLASHED = re.compile(r"(\S+)/([^\W\d][\w:.-]*)")
OUTSIDE = ("o", "O")
DEEPEST = 50  # levels of nested entities

Parts = tuple[str, list[Span]]


def shape_of(lines: Iterable[str]) -> str:
    """The style of most lines; tags if there are no marks."""
    counts = dict.fromkeys(READERS, 0)
    for line in lines:
        count_marks(line, counts)
    return max(counts, key=counts.__getitem__)


def count_marks(line: str, counts: dict[str, int]) -> None:
    """Count a line for each style that it looks like."""
    counts["tags"] += bool(TAG.search(line))
    counts["braces"] += bool(BRACES.search(line))
    counts["slashes"] += is_slashed(line)


def is_slashed(line: str) -> bool:
    """Whether nearly all words have a label behind a slash."""
    words = line.split()
    return share(words, SLASHED.fullmatch) >= MANY


def read_tags(line: str, where: str) -> Parts:
    """The text and the entities of a line with `<PER>` and `</PER>`."""
    marks = ((match.start(), match.end(), match[2], not match[1]) for match in TAG.finditer(line))
    return _unmarked(line, marks, where)


def _read_braces(line: str, where: str) -> Parts:
    marks = ((match.start(), match.end(), match[1] or "", match[1] is not None) for match in BRACES.finditer(line))
    return _unmarked(line, marks, where)


def _unmarked(line: str, marks: Iterable[tuple[int, int, str, bool]], where: str) -> Parts:
    """The text without its marks (start, end, label, whether it opens), and the entities they enclose."""
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
                f"{where}: expected a closing mark of an open one, found {shown(line[start:end])}; correct the line"
            )
    if open_spans:
        raise DataError(
            f"{where}: expected each mark to be closed, {shown(open_spans[-1].label)} is not; correct the line"
        )
    return "".join(pieces) + line[reached:], spans


def _read_slashes(line: str, where: str) -> Parts:
    """Words are joined without spaces unless most are Latin; BIO tags join as in columns."""
    count = latin = 0
    for word, _ in _slashed(line, where):
        count += 1
        latin += len(word) > 1 and word.isascii()
    joint = " " * (latin * 2 > count)
    style = find_style(label for _, label in _slashed(line, where))
    spans: list[Span] = []
    text = ""
    for number, (word, label) in enumerate(_slashed(line, where)):
        text += joint * (number > 0)
        prefix, name = (STYLES[style](label) if style else None) or ("O" if label in OUTSIDE else "S", label)
        if prefix in ("I", "E") and spans and spans[-1].label == name and spans[-1].end + len(joint) == len(text):
            spans[-1].end = len(text) + len(word)
        elif prefix != "O":
            spans.append(Span(len(text), len(text) + len(word), name))
        text += word
    return text, spans


def _slashed(line: str, where: str) -> Iterator[tuple[str, str]]:
    """Each word and its label; read again each time, because a list of them takes many times the memory of a line."""
    for found in WORD.finditer(line):
        match = SLASHED.fullmatch(found[0])
        if match is None:
            word = shown(found[0])
            raise DataError(f"{where}: expected a word, a slash and its label, found {word}; correct the line")
        yield match[1], match[2]


READERS: dict[str, Callable[[str, str], Parts]] = {
    "tags": read_tags,
    "braces": _read_braces,
    "slashes": _read_slashes,
}
