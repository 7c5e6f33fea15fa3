"""The `text` format: one document per line, without entities; what `predict` reads.

Ids are the file's name and the line number; empty lines are left out and counted.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.bio import blank_line_breaks
from bert4ner.data.files import Repairs, atomic_write, guard_bom, read_lines
from bert4ner.data.records import Record, make_document
from bert4ner.entities import Document


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """One document per line, one in memory at a time; white space within and around the text is kept.

    Raises:
        DataError: with `path:line`, where a line is no text.
    """
    for number, line in read_lines(path, repairs):
        if line:
            yield make_document(Record(f"{path}:{number}", f"{path.stem}-{number}", line), repairs)
        else:
            repairs.note("empty lines left out", f"{path}:{number}")


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """The texts, a line each; entities, line breaks (written as spaces) and empty documents are counted as lost."""
    with atomic_write(path) as handle:
        first = True
        for document in documents:
            where = f"document {document.id}"
            losses.note("ids", where)
            losses.note("entities", where, count=len(document.entities))
            losses.note("empty documents", where, count=not document.text)
            text = blank_line_breaks(document.text, losses, where=where)
            if text:
                handle.write((guard_bom(text) if first else text) + "\n")
                first = False
