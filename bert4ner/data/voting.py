"""Documents one at a time from records that may have mentions: all mentions decide how offsets are counted."""

from collections.abc import Callable, Iterator
from pathlib import Path

from bert4ner.data.conventions import EndConvention
from bert4ner.data.records import Record, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.units import Offsets
from bert4ner.entities import Document
from bert4ner.errors import DataError


def checked_documents(
    records: Callable[[Repairs], Iterator[Record]], path: Path, repairs: Repairs, *, offsets: Offsets
) -> Iterator[Document]:
    """The documents of a file, whose ends are exclusive unless mentions show otherwise.

    The file is read a second time at its first mention, so that a file without mentions is read once.

    Args:
        records: reads the file and counts repairs.
        path: the file.
        repairs: counts repairs.
        offsets: the unit of offsets.

    Raises:
        DataError: as `make_document`; or offsets count otherwise than from 0 with exclusive ends, but earlier
            entities have no mention to check them.
    """
    convention: EndConvention | None = None
    unchecked = 0
    for record in records(repairs):
        if convention is None and any(span.mention is not None for span in record.spans):
            convention = _convention(records(Repairs()))
            if (convention.inclusive or convention.from_one) and unchecked:
                raise DataError(
                    f"{record.where}: expected offsets from 0 and exclusive ends, as the {unchecked} entities without "
                    "mention before must have, but mentions say otherwise: give every entity its mention, or mend the "
                    "offsets"
                )
            if convention.inclusive:
                repairs.note_file("ends are inclusive throughout the file: corrected", str(path))
        unchecked += len(record.spans)
        inclusive = False
        if convention is None:
            repairs.offsets_alone += len(record.spans)
        else:
            record, inclusive = convention.count_from_zero(record, repairs), convention.inclusive
        yield make_document(record, repairs, inclusive=inclusive, offsets=offsets)


def _convention(records: Iterator[Record]) -> EndConvention:
    convention = EndConvention(default_inclusive=False)
    for record in records:
        convention.look(record)
    return convention
