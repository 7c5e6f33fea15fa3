"""The meaning of the columns of tagged lines, found by content and not by place: separator, token, tag, numbers.

A file does not name its columns; the column with tags in nine of ten lines has the tags. Reads no file.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from bert4ner.data.peek import MANY
from bert4ner.data.tag_styles import BARE_LABEL, STYLES, Tag, is_usual

DOCUMENT_START = "-DOCSTART-"
COMMENT = "#"
WIDTH = 32  # columns that are examined

NumberKind = Literal["tokens", "sentences", "pairs"]
"""Numbers of tokens (1, 2, 3), of their sentences (1, 1, 2), or of both (1-1, 1-2, 2-1)."""
NUMBER = re.compile(r"[0-9]{1,9}(?:[-.][0-9]{1,9})?")


@dataclass(frozen=True)
class Layout:
    """The columns of each line."""

    separator: str = " "
    """A tab; a comma; or a blank, which stands for any number of blanks and tabs."""
    token: int = 0
    tag: int = -1
    style: str = "B-LABEL"
    numbers: tuple[tuple[int, NumberKind], ...] = ()
    """Columns of numbers before the tokens, and their meaning."""
    further_tags: int = 0
    """Other columns with tags."""
    width: int = 2

    def split(self, line: str) -> list[str]:
        """The columns of a line; if the token itself is a blank, a separator follows it."""
        return _SPLITTERS[self.separator](line)

    def tag_text(self, fields: Sequence[str]) -> str | None:
        """The text in the column of the tag; None if the line has too few columns."""
        least = max(2, self.token + 1, self.tag + 1, -self.tag)
        return fields[self.tag] if len(fields) >= least else None

    def read_tag(self, fields: Sequence[str]) -> Tag | None:
        """Prefix and label; None if there is no tag of the file's style."""
        text = self.tag_text(fields)
        return None if text is None else STYLES[self.style](text)

    def describe(self) -> str:
        """Deviations from the usual layout, in a few words; "" if there are none."""
        column = self.tag + 1 if self.tag >= 0 else self.width + self.tag + 1
        said = [
            "commas between the columns" if self.separator == "," else "",
            "" if self.tag == -1 else f"tags in column {column} of {self.width}",
            "" if self.style == "B-LABEL" else f"tags as {self.style}",
            f"one label, {BARE_LABEL}" if self.style == "B" else "",
        ]
        return ", ".join(part for part in said if part)


def _split_tabs(line: str) -> list[str]:
    return ["\t", *line[2:].split("\t")] if line.startswith("\t\t") else line.split("\t")


def _split_blanks(line: str) -> list[str]:
    fields = [part for part in line.replace("\t", " ").split(" ") if part]
    if line[:1] in (" ", "\t"):
        fields.insert(0, line[0] if line[1:2] in (" ", "\t") else "")
    return fields


def _split_commas(line: str) -> list[str]:
    if '"' in line:
        try:
            return next(csv.reader([line], strict=True))
        except (csv.Error, StopIteration):  # a quote that is a token, as it is
            pass
    return [",", *line[2:].split(",")] if line.startswith(",,") else line.split(",")


_SPLITTERS = {"\t": _split_tabs, " ": _split_blanks, ",": _split_commas}


def find_layout(counts: Mapping[str, int], head: Sequence[str]) -> Layout | None:
    """The layout of lines, given the count of each line and the first ones in order; None without tags."""
    lines = [line for line in counts if not is_aside(line)]
    tabs = bool(lines) and all("\t" in line for line in lines)
    for separator in ("\t", " ", ",") if tabs else (" ", ","):
        rows = [(tuple(_SPLITTERS[separator](line)), counts[line]) for line in lines]
        width = min(Counter(map(len, (fields for fields, _ in rows))).most_common(1)[0][0] if rows else 0, WIDTH)
        if width < 2:
            continue
        found = _find_tags(rows, width, needs_entity=separator == ",")
        if found is not None:
            return _place(separator, found, rows, head, width)
    return None


def is_aside(line: str) -> bool:
    """Whether a line is no row: blank, a comment, or the start of a document."""
    return not line.strip() or line.startswith((COMMENT, DOCUMENT_START))


Rows = list[tuple[tuple[str, ...], int]]


def _find_tags(rows: Rows, width: int, *, needs_entity: bool) -> tuple[int, str] | None:
    """Column and style of the tags: the last column if it has them, then the first, then from right to left."""
    for style in STYLES:
        for column in (-1, 0, *range(-2, -width, -1)):
            values = _values(rows, column)
            if _are_tags(values, style, needs_entity=needs_entity or column != -1):
                return column, style
    return None


def _values(rows: Rows, column: int) -> Counter[str]:
    least = column + 1 if column >= 0 else -column
    values: Counter[str] = Counter()
    for fields, count in rows:
        values[fields[column] if len(fields) >= max(least, 2) else ""] += count
    return values


def _are_tags(values: Counter[str], style: str, *, needs_entity: bool) -> bool:
    tagged, prefixes = 0, set()
    for value, count in values.items():
        tag = STYLES[style](value)
        if tag is not None:
            tagged += count
            prefixes.add(tag[0])
    if tagged < MANY * values.total() or not prefixes:
        return False
    if style == "B" and not {"O", "B"} <= prefixes:
        return False
    if style == "b-label" and any(map(is_usual, values)):
        return False
    return bool(prefixes - {"O"}) or (style == "B-LABEL" and not needs_entity)


def find_style(tags: Iterable[str]) -> str | None:
    """The style of single tags; None if they are not tags, or all are O.

    Example:
        >>> find_style(["B-PER", "O"]), find_style(["I", "B", "O"]), find_style(["good", "O"])
        ('B-LABEL', 'B', None)
    """
    values = Counter(tag.strip() for tag in tags)
    return next((style for style in STYLES if values and _are_tags(values, style, needs_entity=True)), None)


def _place(separator: str, found: tuple[int, str], rows: Rows, head: Sequence[str], width: int) -> Layout:
    tag, style = found
    own = tag % width
    others = [column for column in range(width) if column != own]
    digits = [column for column in others if _share(_values(rows, column), NUMBER.fullmatch) >= MANY]
    token = next((column for column in others if column not in digits), others[0])
    sample = [_SPLITTERS[separator](line) for line in head if not is_aside(line)]
    kinds = {column: _kind(sample, column) for column in digits if column < token}
    numbers = tuple((column, kind) for column, kind in kinds.items() if kind is not None)
    if len(numbers) < len(kinds):  # numbers that neither run nor repeat are the text
        token, numbers = others[0], ()
    more = [
        column for column in others if column != token and _are_tags(_values(rows, column), style, needs_entity=True)
    ]
    return Layout(separator, token, tag, style, numbers, len(more), width)


def _share(values: Counter[str], test: Callable[[str], object]) -> float:
    return sum(count for value, count in values.items() if test(value)) / values.total()


def _kind(sample: Sequence[list[str]], column: int) -> NumberKind | None:
    """The meaning of numbers; None if they count nothing."""
    texts = [fields[column] for fields in sample if len(fields) > column]
    values = [int(text) for text in texts if text.isdecimal() and NUMBER.fullmatch(text)]
    if 2 * len(values) < len(texts):
        return "pairs"
    steps = Counter(after - before for before, after in pairwise(values))
    if not values or steps[0] + steps[1] < steps.total() / 2:
        return None
    return "tokens" if steps[1] > steps[0] else "sentences"
