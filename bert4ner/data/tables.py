"""From the rows of a table to documents: one row an entity, a document, a token, or a text; by the words of its header.

Knows no file format: `csv_tables` and `xlsx` hand in the rows with their numbers.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from bert4ner.data.columns import find_style
from bert4ner.data.headers import find_roles, is_header
from bert4ner.data.likeness import mend_mention
from bert4ner.data.peek import LINES
from bert4ner.data.records import EndConvention, Record, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_cells import entity_of, is_list, list_cell, spans_of, tags_cell
from bert4ner.data.tag_styles import BARE_LABEL
from bert4ner.data.token_rows import TokenRow, token_documents
from bert4ner.entities import Document
from bert4ner.errors import DataError

Row = tuple[int, list[str]]
"""The line (or row) it stands on, and its cells."""
OFFSETS = ("start", "end")


@dataclass
class Table:
    """A table under its header."""

    path: Path
    header: list[str]
    rows: Iterable[Row]
    unit: str = ""
    """What rows are counted by, before their number: "" for lines, "row " in a workbook."""

    begins: int = 1
    """Where the header stands."""

    def where(self, number: int) -> str:
        """The place of a row."""
        return f"{self.path}:{self.unit}{number}"


@dataclass
class Shape:
    """What a row is, and which column is what."""

    name: str
    columns: dict[str, int] = field(default_factory=dict)
    read: "Callable[[Table, Shape, Repairs], Iterator[Document]] | None" = None


def find_shape(header: Sequence[str], rows: Sequence[Row]) -> Shape | None:
    """The shape by the words of the header and, where these have several meanings, the first rows."""
    columns = find_roles(header, ("start", "end", "text", "label", "mention", "id"))
    if not {"label", "mention"} & columns.keys() and {"start", "end", "text"} <= columns.keys():
        columns |= {"label": -1}
    if {"start", "end", "text"} <= columns.keys():
        columns.setdefault("label", columns.get("mention", -1))
        return Shape("one row an entity", columns, _read_entity_rows)
    for names, roles, test, read in _BY_CELLS:
        columns = find_roles(header, roles)
        cells = [row[columns[roles[1]]] for _, row in rows if roles[1] in columns and len(row) > columns[roles[1]]]
        if set(roles[:2]) <= columns.keys() and test(cells):
            return Shape(names, columns, read)
    columns = find_roles(header, ("text", "id"))
    annotated = {"entities", "label"} & find_roles(header, ("text", "id", "entities", "label")).keys()
    return None if annotated or "text" not in columns else Shape("one row a text, no entities", columns, _read_texts)


def read_table(table: Table, repairs: Repairs) -> Iterator[Document]:
    """The documents of a table.

    Raises:
        DataError: with the row; or the header has no words that say what the columns are.
    """
    rows = iter(table.rows)
    first = list(islice(rows, LINES))
    shape = find_shape(table.header, first)
    if shape is None or shape.read is None:
        raise DataError(
            f"{table.where(table.begins)}: expected a header with text, start, end and label (one row an entity), "
            f"text and entities (a list in a cell), or word and tag (one row a token); "
            f"found {shown_cells(table.header)} above "
            f"{shown_cells(first[0][1] if first else [])}; rename the columns, or fill them with what they say"
        )
    repairs.shape = shape.name
    unread = [name for column, name in enumerate(table.header) if column not in shape.columns.values() and name.strip()]
    repairs.note(f"columns not read ({shown_cells(unread)})", table.where(table.begins), count=len(unread))
    rows = _whole_rows(table, chain(first, rows), blank="token" in shape.columns)
    yield from shape.read(Table(table.path, table.header, rows, table.unit, table.begins), shape, repairs)


def _whole_rows(table: Table, rows: Iterable[Row], *, blank: bool) -> Iterator[Row]:
    """The rows, without blank ones unless these mean something.

    Raises:
        DataError: one has not as many cells as the header.
    """
    for number, row in rows:
        if row and (len(row) < len(table.header) or any(row[len(table.header) :])):
            raise DataError(
                f"{table.where(number)}: expected {len(table.header)} cells as in the header, found {len(row)}: "
                f"{shown_cells(row)}; a separator within a cell stands between quotes"
            )
        if blank or any(row):
            yield number, row


def shown_cells(cells: Sequence[str]) -> str:
    """The first cells of a row, shortened."""
    named = ", ".join(cell if len(cell) <= 20 else cell[:20] + "…" for cell in cells[:8])
    return named + (f" and {len(cells) - 8} more" if len(cells) > 8 else "")


def _cell(row: Sequence[str], columns: dict[str, int], role: str) -> str:
    column = columns.get(role, -1)
    return row[column] if 0 <= column < len(row) else ""


def _read_entity_rows(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    """Rows of the same id, or without ids of the same text, are one document wherever they stand."""
    records: dict[str, Record] = {}
    key = ""
    convention = EndConvention(default_inclusive=False)
    for number, row in table.rows:
        where = table.where(number)
        text, id = _cell(row, shape.columns, "text"), _cell(row, shape.columns, "id")
        key = id or text or key  # cells that span several rows have a value in the first
        record = records.setdefault(key, Record(where, id or f"{table.path.stem}-{len(records) + 1}", text))
        if id and text and text != record.text:
            raise DataError(
                f"{where}: expected the text of {id[:40]!r} as in {record.where}, found another; give each its id"
            )
        span = entity_of({role: _cell(row, shape.columns, role) for role in (*OFFSETS, "label", "mention")}, where)
        if span is not None:
            span.label = span.label or BARE_LABEL * (shape.columns["label"] < 0)
            record.spans.append(span)
    yield from _documents(records.values(), convention, repairs)


def _documents(records: Iterable[Record], convention: EndConvention, repairs: Repairs) -> Iterator[Document]:
    records = list(records)
    for record in records:
        for span in record.spans:
            mend_mention(record.text, span, repairs, span.where or record.where)
        convention.look(record)
    if convention.inclusive:
        repairs.note("files whose ends are inclusive read as such", records[0].where)
    for record in records:
        yield make_document(record, repairs, inclusive=convention.inclusive)


def _read_lists(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    records: list[Record] = []
    for number, row in table.rows:
        where = table.where(number)
        record = _record(table, shape, number, row, len(records) + 1)
        items = list_cell(_cell(row, shape.columns, "entities"), where)
        record.spans = [span for item in items for span in spans_of(item, where)]
        records.append(record)
    yield from _documents(records, EndConvention(default_inclusive=False), repairs)


def _record(table: Table, shape: Shape, number: int, row: Sequence[str], count: int) -> Record:
    id = _cell(row, shape.columns, "id") or f"{table.path.stem}-{count}"
    return Record(table.where(number), id, _cell(row, shape.columns, "text"))


def _read_texts(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    for count, (number, row) in enumerate(table.rows, start=1):
        yield make_document(_record(table, shape, number, row, count), repairs)


def _read_tags_in_cells(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    def rows() -> Iterator[TokenRow]:
        for number, row in table.rows:
            text, tags = (_cell(row, shape.columns, role) for role in ("text", "entities"))
            for token, tag in tags_cell(text, tags, table.where(number)):
                yield f"{table.unit}{number}", ["", token, tag]
            yield "", []

    yield from token_documents(rows(), table.path, repairs)


def _read_tokens(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    def rows() -> Iterator[TokenRow]:
        for number, row in table.rows:
            cells = [_cell(row, shape.columns, role) for role in ("sentence", "token", "tag")]
            yield f"{table.unit}{number}", cells if any(cells) else []

    yield from token_documents(rows(), table.path, repairs)


def _are_lists(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(is_list(cell) for cell in filled) and not _are_tag_cells(cells)


def _are_tag_cells(cells: Sequence[str]) -> bool:
    """Several tags in each cell, `B-PER I-PER O` or `['B-PER', 'O']`."""
    split = [tags_cell("", cell, "") for cell in cells if cell.strip()]
    tags = [tag for cell in split for _, tag in cell]
    return len(tags) > len(split) and find_style(tags) is not None


def _are_tags(cells: Sequence[str]) -> bool:
    return find_style([cell for cell in cells if cell.strip()]) is not None


_BY_CELLS = (
    ("entities listed in a cell", ("text", "entities", "id"), _are_lists, _read_lists),
    ("tags in a cell", ("text", "entities", "id"), _are_tag_cells, _read_tags_in_cells),
    ("one row a token", ("token", "tag", "sentence"), _are_tags, _read_tokens),
)


def is_table(header: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether the first row names columns, or the rows have a shape."""
    return is_header(header) or find_shape(header, rows) is not None
