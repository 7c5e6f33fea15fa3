"""A table under its header, and the meaning of its rows and columns. Reads nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bert4ner.data.alignment import Align
from bert4ner.data.peek import share
from bert4ner.data.repairs import Repairs
from bert4ner.entities import Document

Row = tuple[int, list[str]]
"""The number of a line (or row), and its cells."""
DIVIDERS = str.maketrans(dict.fromkeys("，；、,;|\n", "\t"))
"""What divides several mentions in one cell."""


@dataclass
class Table:
    """A table under its header."""

    path: Path
    header: list[str]
    rows: Iterable[Row]
    unit: str = ""
    """The word before a row's number in places: "" for lines, "row " in a workbook."""

    begins: int = 1
    """The number of the header's line."""

    align: Align = "all"
    """The occurrences that mentions stand for where the table has no offsets."""

    beside: str = ""
    """What the file holds besides the table, for messages about its header."""

    def where(self, number: int) -> str:
        """The place of a row, for messages."""
        return f"{self.path}:{self.unit}{number}"


@dataclass
class Shape:
    """The meaning of a row, and the role of each column."""

    name: str
    columns: dict[str, int] = field(default_factory=dict)
    read: "Callable[[Table, Shape, Repairs], Iterator[Document]] | None" = None


def cell(row: Sequence[str], columns: dict[str, int], role: str) -> str:
    """The cell of a role in a row; "" where there is none."""
    column = columns.get(role, -1)
    return row[column] if 0 <= column < len(row) else ""


def holds_mentions(rows: Sequence[Row], text: int, column: int) -> bool:
    """Whether most filled cells of a column are words of their row's text; an empty text is the one above.

    Example:
        >>> holds_mentions([(2, ["气血亏虚", "亏虚"]), (3, ["", "气血；亏虚"])], 0, 1)
        True
    """
    pairs, current = [], ""
    for _, row in rows:
        if len(row) > max(text, column):
            current = row[text] or current
            words = [word.strip() for word in row[column].translate(DIVIDERS).split("\t") if word.strip()]
            pairs += [(current, words)] if words and not row[column].strip().isdecimal() else []
    return share(pairs, lambda pair: all(word in pair[0] for word in pair[1])) > 0.5
