"""The `tabbed` format: a text, then a tab and START:END:LABEL for each of its entities; one document a line."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.decoding import guard_bom
from bert4ner.data.files import read_lines
from bert4ner.data.format import Format, Holds
from bert4ner.data.peek import MANY, Peek, share
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """One document per line, one in memory at a time.

    Raises:
        DataError: with `path:line`.
    """
    for number, line in read_lines(path, repairs):
        where = f"{path}:{number}"
        text, *entities = line.split("\t")
        if text:
            yield make_document(
                Record(where, f"{path.stem}-{number}", text, [_span(each, where) for each in entities]), repairs
            )
        else:
            repairs.note("lines without text left out", where)


def _span(entity: str, where: str) -> Span:
    start, _, rest = entity.partition(":")
    end, _, label = rest.partition(":")
    if not (start.isdecimal() and end.isdecimal()):
        raise DataError(f"{where}: expected START:END:LABEL after a tab, found {entity!r}; correct the line")
    return Span(int(start), int(end), label)


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """A line per document; tabs in a text become spaces, which is counted."""
    with atomic_write(path) as handle:
        for number, document in enumerate(documents):
            losses.note("tabs (written as spaces)", f"document {document.id}", count=document.text.count("\t"))
            text = document.text.replace("\t", " ")
            fields = [text, *(f"{entity.start}:{entity.end}:{entity.label}" for entity in document.entities)]
            handle.write(("\t".join(fields) if number else guard_bom("\t".join(fields))) + "\n")


def sniff(seen: Peek) -> float:
    """Most lines of a text have entities."""
    return 0.9 * (seen.kind == "lines" and share(seen.lines, _is_annotated) >= MANY)


def _is_annotated(line: str) -> bool:
    start, *rest = line.rpartition("\t")[2].split(":")
    return "\t" in line and start.isdecimal() and len(rest) == 2 and rest[0].isdecimal()


FORMAT = Format("tabbed", read, write, sniff, Holds(ids=False, line_breaks=False, empty_texts=False))
