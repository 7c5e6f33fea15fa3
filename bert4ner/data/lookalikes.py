"""Lines that look annotated, though no format knows them: named, so that none is read as plain text in silence."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from bert4ner.data.peek import MANY, Peek, share

SHOWN = 3
WIDTH = 60
LEAST = 3  # lines that divided by blanks or commas look alike; fewer do by chance
NARROW = 6  # values of a column for each ten lines, at most: tags repeat, words of prose do not
BINARY = {
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old .xls",
}
SLASHED = re.compile(r"[^\s/]+/[A-Za-z][\w-]*")
MARKED = re.compile(
    r"<([A-Za-z_][\w-]{0,40})[^<>]{0,80}>[^<>]+</\1>|\{\{?[^{}\s:]{1,40}:[^{}]+\}\}?|\[[^\[\]\s]+\]\([A-Za-z_]+\)"
)


def refusal(seen: Peek) -> str:
    """What to tell of a file whose lines look annotated, or that is no text; "" where they may be plain text."""
    if seen.kind != "lines":
        return ""
    binary = next((name for start, name in BINARY.items() if seen.start.startswith(start)), "")
    if binary or b"\0" in seen.start:
        return f"{seen.path}: expected text, found {binary or 'a file that is no text'}; export it as text, CSV or JSON"
    named = next((name for name, looks in LOOKS.items() if looks(seen.lines)), "")
    if not named:
        return ""
    shown = " / ".join(repr(line[:WIDTH] + "…" * (len(line) > WIDTH)) for line in seen.lines[:SHOWN])
    return (
        f"{seen.path}: {named}, but no format is sure of it; it begins {shown}; expected one token and its tag "
        "(O, B-X, I-X) a line, or a table whose header names its columns; to read each line as text without entities, "
        "name the format text"
    )


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
    """Whether nearly all lines are divided as often as most are, at least once."""
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
"""What lines can look like, in words."""
