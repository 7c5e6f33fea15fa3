"""The `text` format: one document per line, without entities; `predict` reads it.

Ids are the file's name and the line number; empty lines are left out and counted.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.decoding import guard_bom
from bert4ner.data.files import read_lines
from bert4ner.data.format import Format, Holds
from bert4ner.data.lookalikes import refusal
from bert4ner.data.peek import Peek
from bert4ner.data.records import Record, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.writing import atomic_write
from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """One document per line, one in memory at a time; white space within and around the text is kept.

    Raises:
        DataError: with `path:line`: a line is not text.
    """
    for number, line in read_lines(path, repairs):
        if line:
            yield make_document(Record(f"{path}:{number}", NumberedId(path.stem, number), line), repairs)
        else:
            repairs.note("empty lines left out", f"{path}:{number}")


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """The texts, one per line."""
    with atomic_write(path) as handle:
        for number, document in enumerate(documents):
            handle.write((document.text if number else guard_bom(document.text)) + "\n")


def sniff(seen: Peek) -> float:
    """Any text, if no other format fits and it does not look annotated."""
    return 0.1 * (seen.kind == "lines" and not refusal(seen))


FORMAT = Format("text", read, write, sniff, Holds(ids=False, entities=False, line_breaks=False, empty_texts=False))
