"""Lines that look annotated but fit no format: reported, so that none is read as plain text in silence."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from bert4ner.data.files import open_bytes
from bert4ner.data.headers import NEEDED, foreign_sign, header_cure, shown_cells
from bert4ner.data.peek import MANY, OLD_WORKBOOK, Peek, not_text, share
from bert4ner.data.workbooks import is_workbook
from bert4ner.errors import shown

SHOWN = 3
SUFFIXES = {".csv": ",;", ".tsv": "\t"}
"""Suffixes of tables, with what divides their cells."""
LEAST = 3  # lines divided alike by blanks or commas; fewer can look alike by accident
NARROW = 6  # values of a column per ten lines, at most: tags repeat, words of prose do not
SLASHED = re.compile(r"[^\s/]+/[A-Za-z][\w-]*")
MARKED = re.compile(
    r"<([A-Za-z_][\w-]{0,40})[^<>]{0,80}>[^<>]+</\1>|\{\{?[^{}\s:]{1,40}:[^{}]+\}\}?|\[[^\[\]\s]+\]\([A-Za-z_]+\)"
)


def refusal(seen: Peek) -> str:
    """The message for a file whose lines look annotated, or that is not text; "" if they may be plain text."""
    if seen.kind != "lines":
        return ""
    binary = not_text(seen.start)
    if binary:
        return _binary_refusal(seen.path, binary)
    header = _unknown_header(seen)
    if header:
        cure = header_cure(
            header, "name the columns in the first line, or write one token and its tag (O, B-X, I-X) a line"
        )
        return (
            f"{seen.path}:1: {NEEDED}; found {shown_cells(header)}; {cure}; to read each line as text without "
            "entities, name the format text"
        )
    named = next((name for name, looks in LOOKS.items() if looks(seen.lines)), "")
    if not named:
        return ""
    begins = " / ".join(map(shown, seen.lines[:SHOWN]))
    return (
        f"{seen.path}: {named}, but no format is sure of it; it begins {begins}; expected one token and its tag "
        "(O, B-X, I-X) a line, or a table whose header names its columns; to read each line as text without entities, "
        "name the format text"
    )


def _binary_refusal(path: Path, binary: str) -> str:
    with open_bytes(path) as handle:
        if is_workbook(handle):
            return f"{path}: expected a workbook's name to end in .xlsx, found {path.name}; rename it"
    if binary == OLD_WORKBOOK:
        return (
            f'{path}: expected .xlsx or CSV, found {binary}; open it in Excel or WPS, save it as .xlsx or "CSV UTF-8"'
        )
    return f"{path}: expected text, found {binary}; export it as text, CSV or JSON"


def _unknown_header(seen: Peek) -> list[str]:
    """The first row of what is a table by its suffix and its rows of the same width, or by words with other signs."""
    if len(seen.lines) > 1 and foreign_sign([seen.lines[0]]):
        return [seen.lines[0]]
    for separator in SUFFIXES.get(seen.path.suffix.lower(), ""):
        try:
            rows = [row for row in csv.reader(seen.lines, delimiter=separator) if row]
        except csv.Error:
            continue
        if rows and len(rows[0]) > 1 and _same_number(seen.lines[: len(rows)], [len(row) - 1 for row in rows]):
            return rows[0]
    return []


def _has_tabs(lines: Sequence[str]) -> bool:
    return _same_number(lines, [line.rstrip("\t").count("\t") for line in lines])


def _has_commas(lines: Sequence[str]) -> bool:
    tight = share(lines, lambda line: ", " not in line) >= MANY
    return tight and len(lines) >= LEAST and _same_number(lines, [line.count(",") for line in lines])


def _has_blanks(lines: Sequence[str]) -> bool:
    fields = [line.split() for line in lines]
    if len(lines) < LEAST or not _same_number(lines, [len(each) - 1 for each in fields]):
        return False
    columns = list(zip(*(each for each in fields if len(each) > 1), strict=False))
    narrow = any(len(set(column)) * 10 <= NARROW * len(column) for column in columns)
    labels = share(columns[-1], str.isascii) >= MANY and share(columns[0], str.isascii) < 1 - MANY
    return (narrow or labels) and share(columns[0], lambda token: len(token) == 1) > share(
        columns[0], lambda token: len(token) > 4
    )


def _same_number(lines: Sequence[str], counts: Sequence[int]) -> bool:
    """Whether nearly all lines have the most frequent number of separators, at least one."""
    most, times = Counter(counts).most_common(1)[0]
    return most > 0 and times >= MANY * len(lines)


def _has_slashes(lines: Sequence[str]) -> bool:
    words = [word for line in lines for word in line.split()]
    return len(words) >= LEAST and share(words, SLASHED.fullmatch) >= MANY


def _has_marks(lines: Sequence[str]) -> bool:
    return share(lines, MARKED.search) > 0.5


def _ends_in_dividers(lines: Sequence[str]) -> bool:
    return share(lines, lambda line: line.endswith("|||")) >= MANY


LOOKS: dict[str, Callable[[Sequence[str]], bool]] = {
    "looks like lines of CMeEE (text|||) without entities, which is read as the format cmeee": _ends_in_dividers,
    "looks like columns with tabs between them": _has_tabs,
    "looks like columns with commas between them": _has_commas,
    "looks like words with tags behind a slash": _has_slashes,
    "looks like columns with blanks between them": _has_blanks,
    "looks like text with marks in it": _has_marks,
}
"""Phrases for what lines look like."""
