"""Which rows of a table are one document: those of one id, or of one text where no id says it. Reads no cells' content.

A column that looks like ids may number the rows instead, as a spreadsheet's first column often does.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bert4ner.data.headers import columns_named
from bert4ner.data.records import Record
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_parts import Row, Table, cell
from bert4ner.data.table_rows import HEADER
from bert4ner.document_ids import NumberedId
from bert4ner.errors import DataError, shown

ANNOTATION = ("start", "end", "label", "mention")
NEARLY_ALL = 0.95  # share of rows with an id of their own: a row that was pasted twice changes nothing


@dataclass(slots=True)
class Group:
    """One document: the number of its first row, and its rows with annotation, None without any."""

    number: int
    id: str
    """Empty if the place among the documents names it."""
    text: str
    rows: list[Row] | None = None


def grouped(table: Table, columns: dict[str, int], repairs: Repairs) -> Iterator[tuple[Record, list[Row]]]:
    """The documents, each with its annotated rows, in the order in which they first occur; counts what was joined.

    Raises:
        DataError: an id has two texts.
    """
    for place, group in enumerate(released(_groups(table, columns, repairs)), start=1):
        id = group.id or NumberedId(table.path.stem, place)
        yield Record(table.where(group.number), id, group.text), group.rows or []


def _groups(table: Table, columns: dict[str, int], repairs: Repairs) -> list[Group]:
    """The rows by document; a row without annotation is released, because a table may have very many texts."""
    rows = list(table.rows)
    numbered = not _is_written_here(table.header) and number_rows(rows, columns)
    groups: list[Group] = []
    by_id: dict[str, Group] = {}
    by_text: dict[str, Group] = {}
    group: Group | None = None
    for number, row in released(rows):
        text, id = cell(row, columns, "text"), cell(row, columns, "id")
        known, key = (by_id, id) if id and not numbered else (by_text, text)
        if known is by_id or group is None or (text and text != group.text):
            group = known.get(key)  # else a cell that spans several rows is empty
        repeated = group is not None
        if group is None:
            group = known[key] = Group(number, id, text)
            groups.append(group)
        if text and text != group.text:
            raise DataError(
                f"{table.where(number)}: expected the text of {shown(id)} as in {table.where(group.number)}, "
                "found another; give each its id, or remove the column if it numbers rows"
            )
        annotated = _is_annotated(row, columns)
        if annotated and not text and group.text:
            title = table.header[columns["text"]]
            repairs.note(f"empty cells of {title} filled from a row above", table.where(number))
        if numbered and repeated:
            repairs.note(_joined(table.header[columns["id"]]), table.where(number))
        if annotated:
            if group.rows is None:
                group.rows = [(number, row)]
            else:
                group.rows.append((number, row))
    return groups


def _joined(title: str) -> str:
    return f"rows joined with others of the same text, because the column {title} numbers rows, not documents"


def _is_written_here(header: Sequence[str]) -> bool:
    """Whether this library wrote the table: its ids are those of documents, even where each has one row."""
    return tuple(name for name in header if name) == HEADER  # a sheet's rows are wider


def _is_annotated(row: Sequence[str], columns: dict[str, int]) -> bool:
    return any(cell(row, columns, role) for role in ANNOTATION)


def number_rows(rows: Sequence[Row], columns: dict[str, int]) -> bool:
    """Whether ids differ from row to row while texts repeat, mostly with other annotation.

    Documents that only happen to have the same text have the same annotation, so they keep their ids.

    Example:
        >>> columns = {"id": 0, "text": 1, "start": 2}
        >>> number_rows([(2, ["1", "气血", "0"]), (3, ["2", "气血", "1"])], columns)
        True
        >>> number_rows([(2, ["1", "气血", "0"]), (3, ["2", "气血", "0"])], columns)
        False
    """
    ids = [cell(row, columns, "id") for _, row in rows]
    if not all(ids) or len(set(ids)) < NEARLY_ALL * len(ids):
        return False
    seen: dict[str, set[tuple[str, ...]]] = {}
    repeated = different = 0
    text = ""
    for _, row in rows:
        found = tuple(cell(row, columns, role) for role in ANNOTATION)
        text = cell(row, columns, "text") or (text if any(found) else "")
        earlier = seen.setdefault(text, set()) if text else set()
        repeated += bool(earlier)
        different += bool(earlier) and any(found) and found not in earlier
        earlier.add(found)
    return 2 * different > repeated


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
