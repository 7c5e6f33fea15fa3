"""Which rows of a table are one document: those of one id, or of one text where no id says it. Reads no cells' content.

A column that looks like ids may number the rows instead, as a spreadsheet's first column often does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bert4ner.data.headers import columns_named
from bert4ner.data.records import Record
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_parts import Row, Table, cell
from bert4ner.data.table_rows import HEADER
from bert4ner.errors import DataError, shown

ANNOTATION = ("start", "end", "label", "mention")
NEARLY_ALL = 0.95  # share of rows with an id of their own: a row that was pasted twice changes nothing


@dataclass
class Group:
    """One document, and its rows."""

    record: Record
    rows: list[Row] = field(default_factory=list)


def grouped(table: Table, columns: dict[str, int], repairs: Repairs) -> list[Group]:
    """The rows by document, documents in the order in which they first occur; counts what was joined or filled in.

    Raises:
        DataError: an id has two texts.
    """
    rows = list(table.rows)
    numbered = not _is_written_here(table.header) and number_rows(rows, columns)
    groups: dict[tuple[str, str], Group] = {}
    key = ("text", "")
    for number, row in rows:
        where, text, id = table.where(number), cell(row, columns, "text"), cell(row, columns, "id")
        above = groups.get(key)
        if id and not numbered:
            key = ("id", id)
        elif text and (above is None or text != above.record.text):  # else a cell that spans several rows is empty
            key = ("text", text)
        name = id or f"{table.path.stem}-{len(groups) + 1}"
        group = groups.setdefault(key, Group(Record(where, name, text)))
        if text and text != group.record.text:
            raise DataError(
                f"{where}: expected the text of {shown(id)} as in {group.record.where}, found another; "
                "give each its id, or remove the column if it numbers rows"
            )
        if not text and group.record.text and _is_annotated(row, columns):
            repairs.note(f"empty cells of {table.header[columns['text']]} filled from a row above", where)
        if numbered and group.rows:
            repairs.note(
                "rows joined with others of the same text, "
                f"because the column {table.header[columns['id']]} numbers rows, not documents",
                where,
            )
        group.rows.append((number, row))
    return list(groups.values())


def _is_written_here(header: Sequence[str]) -> bool:
    """Whether this library wrote the table: its ids are those of documents, even where each has one row."""
    return tuple(name for name in header if name) == HEADER  # a sheet's rows are wider


def _is_annotated(row: Sequence[str], columns: dict[str, int]) -> bool:
    return any(cell(row, columns, role) for role in ANNOTATION)


def number_rows(rows: Iterable[Row], columns: dict[str, int]) -> bool:
    """Whether ids differ from row to row while texts repeat, mostly with other annotation.

    Documents that only happen to have the same text have the same annotation, so they keep their ids.

    Example:
        >>> columns = {"id": 0, "text": 1, "start": 2}
        >>> number_rows([(2, ["1", "气血", "0"]), (3, ["2", "气血", "1"])], columns)
        True
        >>> number_rows([(2, ["1", "气血", "0"]), (3, ["2", "气血", "0"])], columns)
        False
    """
    ids: list[str] = []
    seen: dict[str, set[tuple[str, ...]]] = {}
    repeated = different = 0
    text = ""
    for _, row in rows:
        ids.append(cell(row, columns, "id"))
        found = tuple(cell(row, columns, role) for role in ANNOTATION)
        text = cell(row, columns, "text") or (text if any(found) else "")
        earlier = seen.setdefault(text, set()) if text else set()
        repeated += bool(earlier)
        different += bool(earlier) and any(found) and found not in earlier
        earlier.add(found)
    return all(ids) and len(set(ids)) >= NEARLY_ALL * len(ids) and 2 * different > repeated


def with_best_id(header: Sequence[str], rows: Sequence[Row], columns: dict[str, int]) -> dict[str, int]:
    """The columns, with the first one of those for ids that says which rows are one document, if any does."""
    taken = {column for role, column in columns.items() if role != "id"}
    choices = [columns | {"id": column} for column in columns_named(header, "id") if column not in taken]
    return next((choice for choice in choices if not number_rows(rows, choice) and _is_steady(rows, choice)), columns)


def _is_steady(rows: Iterable[Row], columns: dict[str, int]) -> bool:
    """Whether each id has one text."""
    texts: dict[str, str] = {}
    for _, row in rows:
        id, text = cell(row, columns, "id"), cell(row, columns, "text")
        if id and text and texts.setdefault(id, text) != text:
            return False
    return True
