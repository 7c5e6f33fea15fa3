"""Documents one at a time out of records of which some may state mentions: these decide over all whether ends count."""

from collections.abc import Callable, Iterator
from pathlib import Path

from bert4ner.data.records import EndConvention, Record, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.units import Offsets
from bert4ner.entities import Document
from bert4ner.errors import DataError


def checked_documents(
    records: Callable[[Repairs], Iterator[Record]], path: Path, repairs: Repairs, *, offsets: Offsets
) -> Iterator[Document]:
    """The documents of a file, whose ends are exclusive unless mentions say otherwise.

    The file is read a second time when the first mention is met, so that one without any is read once.

    Args:
        records: reads the file and counts repairs.
        path: the file.
        repairs: where repairs are counted.
        offsets: the unit of offsets.

    Raises:
        DataError: as `make_document`; or ends are inclusive, but there are entities before that nothing checks.
    """
    inclusive: bool | None = None
    unchecked = 0
    for record in records(repairs):
        if inclusive is None and any(span.mention is not None for span in record.spans):
            convention = EndConvention(default_inclusive=False)
            for each in records(Repairs()):
                convention.look(each)
            inclusive = convention.inclusive
            if inclusive and unchecked:
                raise DataError(
                    f"{record.where}: expected exclusive ends, as the {unchecked} entities without mention before must "
                    "have, but mentions say that ends are inclusive: give every entity its mention, or mend the ends"
                )
            if inclusive:
                repairs.note("files whose ends are inclusive read as such", str(path))
        unchecked += len(record.spans)
        yield make_document(record, repairs, inclusive=bool(inclusive), offsets=offsets)
