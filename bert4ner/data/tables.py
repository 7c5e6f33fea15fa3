"""From rows of a table to documents: one row per entity, document, token or text, as the header's words say.

Knows no file format: `csv_tables` and `xlsx` pass in the rows with their numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from bert4ner.data.columns import find_style
from bert4ner.data.entity_tables import checked_documents, read_entity_rows, read_mention_rows
from bert4ner.data.headers import NEEDED, find_roles, header_cure, is_header, shown_cells
from bert4ner.data.peek import LINES
from bert4ner.data.records import Record, make_document
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_cells import is_list, list_cell, spans_of, tags_cell
from bert4ner.data.table_groups import with_best_id
from bert4ner.data.table_parts import Row, Shape, Table, cell, holds_mentions
from bert4ner.data.token_rows import TokenRows, token_documents
from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document
from bert4ner.errors import DataError


def find_shape(header: Sequence[str], rows: Sequence[Row]) -> Shape | None:
    """The shape by the words of the header and, if these are ambiguous, by the first rows."""
    columns = find_roles(header, ("start", "end", "text", "label", "mention", "id", "score"))
    if {"start", "end", "text"} <= columns.keys():
        if "label" not in columns:
            columns["label"] = _label_column(rows, columns)
        columns = {role: column for role, column in columns.items() if role == "label" or column != columns["label"]}
        return Shape("one row an entity", with_best_id(header, rows, columns), read_entity_rows)
    for names, roles, test, read in _BY_CELLS:
        columns = find_roles(header, roles)
        cells = [row[columns[roles[1]]] for _, row in rows if roles[1] in columns and len(row) > columns[roles[1]]]
        if set(roles[:2]) <= columns.keys() and test(cells):
            return Shape(names, columns, read)
    columns = find_roles(header, ("text", "label", "mention", "id"))
    alone = {"text", "label", "mention"} <= columns.keys() and not find_roles(header, ("start", "end"))
    if alone and holds_mentions(rows, columns["text"], columns["mention"]):
        return Shape("mentions without offsets", with_best_id(header, rows, columns), read_mention_rows)
    columns = find_roles(header, ("text", "id"))
    words = ("start", "end", "entities", "label")
    annotated = any(role in words for role in find_roles(header, ("text", "id", *words)))
    return None if annotated or "text" not in columns else Shape("one row a text, no entities", columns, _read_texts)


def _label_column(rows: Sequence[Row], columns: dict[str, int]) -> int:
    """The column of labels under a word for mentions (entity), if its cells are not words of the text; else -1."""
    column = columns.get("mention", -1)
    return -1 if column < 0 or holds_mentions(rows, columns["text"], column) else column


def read_table(table: Table, repairs: Repairs) -> Iterator[Document]:
    """The documents of a table.

    Raises:
        DataError: with the row; or the header has no words that name the columns, or no rows.
    """
    rows = iter(table.rows)
    first = list(islice(rows, LINES))
    beside = f"; {table.beside}" if table.beside else ""
    if not any(any(row) for _, row in first) and is_table(table.header, first):
        found = f"{shown_cells(table.header)} and nothing below it"
        raise DataError(f"{table.path}: only a header, no rows; found {found}{beside}")
    shape = find_shape(table.header, first)
    if shape is None or shape.read is None:
        cure = header_cure(table.header, "name the columns by these words")
        raise DataError(
            f"{table.where(table.begins)}: {NEEDED}; found {shown_cells(table.header)} above "
            f"{shown_cells(first[0][1]) if first else 'nothing'}; {cure}{beside}"
        )
    if table.align != "all" and shape.read is not read_mention_rows:
        raise DataError(
            f"{table.path}: expected mentions without offsets to align ({table.align!r}), found {shape.name}; "
            "leave out align"
        )
    repairs.shape = shape.name
    _remark_on_unread(table, shape, first, repairs)
    rows = _whole_rows(table, chain(released(first), rows), blank="token" in shape.columns)
    yield from shape.read(replace(table, rows=rows), shape, repairs)


def _remark_on_unread(table: Table, shape: Shape, first: Sequence[Row], repairs: Repairs) -> None:
    """Name the columns that are not read, those apart whose cells look like entities: they may have been meant so."""
    unread = {column: name for column, name in enumerate(table.header) if name.strip()}
    unread = {column: name for column, name in unread.items() if column not in shape.columns.values()}
    text = shape.columns.get("text", -1)
    entities = [column for column in unread if text >= 0 and holds_mentions(first, text, column)]
    cure = ""
    if "start" in shape.columns and "mention" not in shape.columns:
        cure = "; if these are the entities' words, name the column mention (实体): offsets are then checked"
    elif shape.read is _read_texts:
        cure = "; words of the text stand there: if these are entities, write one row an entity, not one column a label"
    found = [unread.pop(column) for column in entities] if cure else []
    for names, hint in ((found, cure), (list(unread.values()), "")):
        if names:
            which = f"column {names[0]} is" if len(names) == 1 else f"columns {shown_cells(names)} are"
            repairs.remark(f"{which} not read{hint}", table.where(table.begins))


def _whole_rows(table: Table, rows: Iterable[Row], *, blank: bool) -> Iterator[Row]:
    """The rows, without blank ones unless these have a meaning.

    Raises:
        DataError: a row has not as many cells as the header.
    """
    for number, row in rows:
        if row and (len(row) < len(table.header) or any(row[len(table.header) :])):
            raise DataError(
                f"{table.where(number)}: expected {len(table.header)} cells as in the header, found {len(row)}: "
                f"{shown_cells(row)}; a separator within a cell stands between quotes"
            )
        if blank or any(row):
            yield number, row


def _read_lists(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    yield from checked_documents(_records(table, shape), repairs)


def _records(table: Table, shape: Shape) -> Iterator[Record]:
    for count, (number, row) in enumerate(table.rows, start=1):
        where = table.where(number)
        record = _record(table, shape, number, row, count)
        items = list_cell(cell(row, shape.columns, "entities"), where)
        record.spans = [span for item in items for span in spans_of(item, where)]
        yield record


def _record(table: Table, shape: Shape, number: int, row: Sequence[str], count: int) -> Record:
    id = cell(row, shape.columns, "id") or NumberedId(table.path.stem, count)
    return Record(table.where(number), id, cell(row, shape.columns, "text"))


def _read_texts(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    for count, (number, row) in enumerate(table.rows, start=1):
        yield make_document(_record(table, shape, number, row, count), repairs)


def _read_tags_in_cells(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    rows = TokenRows(table.unit)
    for number, row in table.rows:
        text, tags = (cell(row, shape.columns, role) for role in ("text", "entities"))
        for token, tag in tags_cell(text, tags, table.where(number)):
            rows.add(number, "", token, tag)
        rows.end_sentence()
    yield from token_documents(rows, table.path, repairs)


def _read_tokens(table: Table, shape: Shape, repairs: Repairs) -> Iterator[Document]:
    roles = ("sentence", "token", "tag")
    rows = TokenRows(table.unit)
    for number, row in table.rows:
        found = [cell(row, shape.columns, role) for role in roles]
        if any(found):
            rows.add(number, *found)
        else:
            rows.end_sentence()
    if rows.number_tokens():
        title = table.header[shape.columns["sentence"]]
        repairs.remark(f"column {title} numbers tokens, not sentences: not read", table.where(table.begins))
        rows.forget_sentences()
    yield from token_documents(rows, table.path, repairs)


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
