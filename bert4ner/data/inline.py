"""The `inline` format: entities marked within the text, one document a line.

`<PER>王小明</PER>` and `{{PER:王小明}}`, which may be nested, and words with their label behind a slash,
`王小明/PER 在/O`. A file has one of these styles. Written in the first.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.decoding import guard_bom
from bert4ner.data.files import read_lines
from bert4ner.data.format import Format, Holds, Labels
from bert4ner.data.inline_marks import (
    BRACES,
    DEEPEST,
    NAME,
    OUTSIDE,
    READERS,
    TAG,
    count_marks,
    is_slashed,
    read_tags,
    shape_of,
)
from bert4ner.data.peek import MANY, Peek, share
from bert4ner.data.records import Record, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.writing import atomic_write
from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown, unquoted

HTML = frozenset(
    "a b body br code dd div dl dt em font h1 h2 h3 h4 head html i li ol p pre s span strong sub sup table".split()
)
HTML |= frozenset("tbody td th thead title tr u ul".split())
"""Names of HTML elements, which are not labels."""


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """One document a line, one in memory at a time; the file is read twice, first to find its style.

    Raises:
        DataError: with `path:line`: a mark is not opened or closed, or a word has no label.
    """
    shape = shape_of(line for _, line in read_lines(path, Repairs()) if line.strip())
    repairs.shape = shape
    for number, line in read_lines(path, repairs):
        if line.strip():
            where = f"{path}:{number}"
            text, spans = READERS[shape](line, where)
            yield make_document(Record(where, NumberedId(path.stem, number), text, spans), repairs)
        else:
            repairs.note("empty lines left out", f"{path}:{number}")


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One document a line, each entity between `<LABEL>` and `</LABEL>`.

    Raises:
        DataError: a text contains what looks like a mark, or most lines look marked in another style: they would be
            read as other documents.
    """
    counts = dict.fromkeys(READERS, 0)
    with atomic_write(path) as handle:
        for number, document in enumerate(documents):
            line = _marked(document)
            _check_line(line, document)
            count_marks(line, counts)
            handle.write((line if number else guard_bom(line)) + "\n")
        shape = max(counts, key=counts.__getitem__)
        if shape != "tags":
            raise DataError(
                f"{path}: expected texts without marks of their own, found {counts[shape]} that look marked by "
                f"{shape}; write another format"
            )


def _marked(document: Document) -> str:
    """The text with its marks; of entities that share a border, the outer one's mark is outside."""
    opening: dict[int, list[str]] = {}
    closing: dict[int, list[str]] = {}
    for entity in sorted(document.entities, key=lambda each: (each.start, -each.end)):
        opening.setdefault(entity.start, []).append(f"<{entity.label}>")
        closing.setdefault(entity.end, []).insert(0, f"</{entity.label}>")
    pieces, reached = [], 0
    for place in sorted({*opening, *closing}):
        pieces += [document.text[reached:place], *closing.get(place, ()), *opening.get(place, ())]
        reached = place
    return "".join(pieces) + document.text[reached:]


def _check_line(line: str, document: Document) -> None:
    """Refuse a line that would be read as something else."""
    where = f"document {unquoted(document.id)}"
    there = [(entity.start, entity.end, entity.label) for entity in document.entities]
    try:
        text, spans = read_tags(line, where)
    except DataError:
        text, spans = "", []
    if text != document.text or sorted((span.start, span.end, span.label) for span in spans) != sorted(there):
        mark = TAG.search(document.text)
        found = f"{shown(mark.group())} in it" if mark else f"more than {DEEPEST} entities in one another"
        raise DataError(f"{where}: expected a text that can hold marks, found {found}; write another format")


def sniff(seen: Peek) -> float:
    """Marks around something in some lines, or labels behind slashes, one of them O."""
    if seen.kind != "lines":
        return 0.0
    if share(seen.lines, is_slashed) >= MANY:
        labels = {word.rpartition("/")[2] for line in seen.lines for word in line.split()}
        return 0.7 * bool(labels & set(OUTSIDE) and labels - set(OUTSIDE))
    return 0.7 * (share(seen.lines, _encloses) > 0.1)


def _encloses(line: str) -> bool:
    if any(match[1] for match in BRACES.finditer(line)) and "}}" in line:
        return True
    closed = {match[2] for match in TAG.finditer(line) if match[1] and match[2].lower() not in HTML}
    return any(match[2] in closed for match in TAG.finditer(line) if not match[1])


FORMAT = Format(
    "inline",
    read,
    write,
    sniff,
    Holds(
        ids=False,
        crossing=False,
        line_breaks=False,
        empty_texts=False,
        blank_texts=False,
        labels=Labels(NAME, "of at most 41 letters, digits, - and ."),
    ),
)
