"""Tables with one row an entity, to documents: with offsets, or with the entity's text alone. Finds no columns."""

import re
from collections.abc import Iterable, Iterator, Sequence

from bert4ner.data.conventions import EndConvention
from bert4ner.data.likeness import mend_mention
from bert4ner.data.mention_places import SHAPES, place
from bert4ner.data.records import Record, make_document, misfits
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_cells import entity_of
from bert4ner.data.table_groups import grouped
from bert4ner.data.table_parts import Shape, Table, cell
from bert4ner.data.tag_styles import BARE_LABEL
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

UNLABELLED = f"entities labelled {BARE_LABEL}: the table has no column label (实体类型)"
ROW_NUMBER = re.compile(r":(?:row )?(\d+)(?: \(.*\))?$")
SHOWN = 10  # rows in a message
ENTITY = ("start", "end", "label", "mention", "score")


def read_entity_rows(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    """Rows with the same id, or rows without ids but with the same text, are one document wherever they are."""
    yield from checked_documents(_records(table, shape, repairs), repairs, mentions="mention" in shape.columns)


def _records(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Record]:
    unlabelled = shape.columns["label"] < 0
    for record, rows in grouped(table, shape.columns, repairs):
        for number, row in released(rows):
            span = entity_of({role: cell(row, shape.columns, role) for role in ENTITY}, table.where(number))
            if span is not None:
                span.label = span.label or BARE_LABEL * unlabelled
                if unlabelled:
                    repairs.remark(UNLABELLED, table.where(number), count=1)
                record.spans.append(span)
        yield record


def read_mention_rows(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    """One row an entity without offsets: mentions are found in the text, as in the format `mentions`.

    Raises:
        DataError: with the row: a label has no mention, or a mention no label.
    """
    repairs.shape = SHAPES[table.align]
    for record, rows in grouped(table, shape.columns, repairs):
        pairs: list[tuple[str, str]] = []
        wheres: dict[tuple[str, str], str] = {}
        for number, row in rows:
            mention, label = (cell(row, shape.columns, role).strip() for role in ("mention", "label"))
            if bool(mention) != bool(label):
                raise DataError(
                    f"{table.where(number)}: expected an entity's text and its label, found "
                    f"{shown(mention)} and {shown(label)}; fill in both, or leave both empty"
                )
            if mention:
                pairs.append((mention, label))
                wheres.setdefault(pairs[-1], table.where(number))
        place(record, pairs, table.align, repairs, wheres=wheres)
        yield make_document(record, repairs)


def checked_documents(records: Iterator[Record], repairs: Repairs, *, mentions: bool = True) -> Iterator[Document]:
    """The documents of records whose spans have offsets; their mentions decide how the file counts.

    Without `mentions` nothing needs to be known of the whole file, and one record is in memory at a time.
    """
    convention = EndConvention(default_inclusive=False)
    stated = released(_held(records, convention, repairs)) if mentions else records
    for each in stated:
        if isinstance(each, Document):
            yield each
            continue
        record = convention.count_from_zero(each, repairs)
        try:
            document = make_document(record, repairs, inclusive=convention.inclusive)
        except DataError as problem:
            wrong = [
                place for place in _misplaced(record, stated, convention) if not str(problem).startswith(f"{place}:")
            ]
            raise DataError(f"{problem}{_and_more(wrong)}") from None
        yield document


def _held(records: Iterator[Record], convention: EndConvention, repairs: Repairs) -> list[Record | Document]:
    """All records, for the convention; a text without entities becomes a document, which takes less memory."""
    held: list[Record | Document] = []
    begins = ""
    for record in records:
        begins = begins or record.where
        for span in record.spans:
            mend_mention(record.text, span, repairs, span.where or record.where)
        convention.look(record)
        held.append(record if record.spans else make_document(record, repairs))
    if convention.inclusive:
        repairs.note_file("ends are inclusive throughout the file: corrected", begins)
    return held


def _misplaced(first: Record, further: Iterable[Record | Document], convention: EndConvention) -> Iterator[str]:
    """The places of spans that misfit, in a record that was refused, whose ends are exclusive by now, and in others."""
    yield from misfits(first, Repairs(), inclusive=False)
    for each in further:
        if isinstance(each, Record):
            record = convention.count_from_zero(each, Repairs())
            yield from misfits(record, Repairs(), inclusive=convention.inclusive)


def _and_more(places: Sequence[str]) -> str:
    """The numbers of further rows with the same kind of mistake, for the end of a message."""
    rows = list(dict.fromkeys(found[1] for place in places if (found := ROW_NUMBER.search(place))))
    if not rows:
        return ""
    more = ", …" if len(rows) > SHOWN else ""
    return f"; and {len(rows)} more row{'s' * (len(rows) > 1)}: {', '.join(rows[:SHOWN])}{more}"
