"""A first look at a file or folder, taken once; every format bases its certainty on it.

Checks nothing: the reader reports broken lines. If nothing could be recognized, it says what is wrong.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from bert4ner.data.arrow_rows import holds_rows, rows_of
from bert4ner.data.decoding import BOM, TWO_BYTE_MARKS, decode
from bert4ner.data.files import existing, open_bytes, read_text
from bert4ner.data.json_parsing import parse_json
from bert4ner.data.json_records import as_record, is_pair, opens_pair, wrapped
from bert4ner.data.known_shapes import nearest_shape
from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown_keys
from bert4ner.errors import DataError, shown

LINES = 1000
START = 4096
OLD_WORKBOOK = "an old .xls"
BINARY = {
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "a Parquet file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": OLD_WORKBOOK,
}
"""What the first bytes of a file that is not text stand for."""
MANY = 0.9  # share of lines that must look alike: the reader reports a broken line
ANNOTATIONS = ("label", "labels", "annotations", "entities")  # keys under which most JSON formats list their entities
NO_OBJECT = re.compile(r"\{(?:\{|[\t ,]+[^\s\"'}]+\s*$)")
"""A line of columns whose token is a brace, or text with marks in braces: JSON never begins so."""

Thing = TypeVar("Thing")
Kind = Literal["folder", "lines", "records", "list", "object", "none"]


@dataclass(frozen=True)
class Peek:
    """What is seen of a file or folder; fields that do not apply are empty."""

    path: Path
    kind: Kind
    """A folder; lines of text; JSON, an object a line, a list of them, or one object alone; or nothing readable."""
    files: tuple[str, ...] = ()
    """The content of the folder, as sorted names."""
    start: bytes = b""
    """The first bytes of the file, which identify files that are not text."""
    lines: tuple[str, ...] = ()
    """The first lines that are not blank, of any text, including JSON."""
    records: tuple[dict[str, object], ...] = ()
    """The first objects of JSON lines or of a JSON list."""
    pairs: bool = False
    """Whether each record is a list of a text and an object about it (its text is under "text" here)."""
    whole: dict[str, object] | None = None
    """A JSON object that is the whole file and spans several lines."""
    problem: str = ""
    """The message for the user if no format recognizes the file."""

    @cached_property
    def items(self) -> tuple[object, ...]:
        """The first annotated entity of each record with any, under one of `ANNOTATIONS`."""
        listed = ([record.get(key) for key in ANNOTATIONS] for record in self.records)
        filled = ((each for each in lists if isinstance(each, list) and each) for lists in listed)
        return tuple(first[0] for first in (next(lists, None) for lists in filled) if first)

    @cached_property
    def has_text(self) -> bool:
        """Whether any record has a text under that name."""
        return any("text" in record for record in self.records)

    def items_with(self, key: str) -> float:
        """The share of `items` that are objects with a key."""
        return share(self.items, lambda item: isinstance(item, dict) and key in item)


def share(things: Iterable[Thing], test: Callable[[Thing], object]) -> float:
    """The share of things that pass a test, 0.0 if there are none.

    Example:
        >>> share("a1b2", str.isdigit)
        0.5
    """
    passed = [bool(test(thing)) for thing in things]
    return sum(passed) / len(passed) if passed else 0.0


def peek(path: str | Path) -> Peek:
    """Look at what is there, and no further than needed.

    Raises:
        DataError: nothing is there, or it cannot be opened.
    """
    path = existing(path)
    if holds_rows(path):
        return _look_at_rows(path)
    if path.is_dir():
        problem = f"{path}: expected a brat folder, found no .txt file in it; name a file to read"
        return Peek(path, "folder", files=tuple(sorted(os.listdir(path))), problem=problem)
    with open_bytes(path) as handle:
        start = handle.read(START)
    try:
        return _look_into(path, start)
    except DataError as problem:
        return Peek(path, "none", start=start, problem=str(problem))


def _look_at_rows(path: Path) -> Peek:
    try:
        records = tuple(record for _, record in islice(rows_of(path), LINES))
    except DataError as problem:
        return Peek(path, "none", problem=str(problem))
    if not records:
        return Peek(path, "none", problem=f"{path}: empty data set; expected at least one row, found none")
    return Peek(path, "list", records=records, problem=_unknown_records(path, records))


def _look_into(path: Path, start: bytes) -> Peek:
    """A file of text.

    Raises:
        DataError: it is empty, in another encoding, or broken JSON.
    """
    if start[:2] in TWO_BYTE_MARKS:
        decode(start, path, 1, Repairs())
    lines = tuple(_head(path, as_text=not_text(start) == ""))
    if not lines:
        raise DataError(f"{path}: empty data set; expected at least one document, found no text")
    opening = "" if NO_OBJECT.match(lines[0]) else lines[0].strip()[0]
    named_json = path.suffix in (".json", ".jsonl")
    if opening in ("[", "{"):
        values, kind = _json_values(path, lines)
        records = tuple(record for record in map(as_record, values[:LINES]) if record is not None)
        if records:
            found = Peek(path, kind, start=start, lines=lines, records=records, problem=_unknown_records(path, records))
            return replace(found, pairs=is_pair(values[0]))
        if kind == "object":
            problem = f"{path}: expected one JSON object per line or a list of them, found a single large object"
            whole = json.loads(read_text(path, Repairs()))
            return Peek(path, "object", start=start, lines=lines, whole=whole, problem=problem)
    if named_json and opening == "[":
        raise DataError(f"{path}: empty data set; expected a list of JSON objects, found none")
    if named_json:
        raise DataError(f"{path}:1: expected JSON, found {shown(lines[0])}; name the format if this is no JSON")
    return Peek(path, "lines", start=start, lines=lines, problem=f"{path}: expected annotated text, found none")


def not_text(start: bytes) -> str:
    """What a file is that begins so and is not text; "" for text in any encoding without NUL."""
    named = next((name for begins, name in BINARY.items() if start.startswith(begins)), "")
    return named or ("a file that is not text" if b"\0" in start else "")


def _head(path: Path, *, as_text: bool) -> Iterator[str]:
    """The first lines that are not blank.

    Raises:
        DataError: one is not UTF-8, though the file begins `as_text`.
    """
    count = 0
    with open_bytes(path) as handle:
        for number, data in enumerate(handle, start=1):
            text = decode(data, path, number, Repairs()) if as_text else data.decode("utf-8", "replace")
            line = text.removeprefix(BOM).rstrip("\r\n")
            if line.strip():
                yield line
                count += 1
            if count == LINES:
                return


def _json_values(path: Path, lines: tuple[str, ...]) -> tuple[list[Any], Kind]:
    """The content of a JSON file, and its frame; "object" and nothing for one object that is not a list of records.

    Raises:
        DataError: the JSON is broken.
    """
    values = list(_line_values(lines))
    if lines[0].lstrip()[0] == "{":
        if len(lines) == 1 and values:
            inside = wrapped(values[0])
            return (inside, "list") if inside else (values, "records")
        if values:
            return values, "records"
        inside = wrapped(_single_object(path, lines))
        return (inside, "list") if inside else ([], "object")
    if opens_pair(lines[0]) and values:
        return values, "list"
    if path.suffix == ".json" or _opens_list(lines):
        return parse_json(read_text(path, Repairs()), path=path), "list"
    return [], "none"


def _unknown_records(path: Path, records: tuple[dict[str, object], ...]) -> str:
    return (
        f"{path}: expected JSON records with a text, found the keys {shown_keys(records[0])}, "
        f"e.g. {shown(records[0])}; {nearest_shape(records[0])}"
    )


def _line_values(lines: Iterable[str]) -> Iterator[Any]:
    """The objects and pairs of the first lines, up to a line that is not JSON."""
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return
        if as_record(value) is not None:
            yield value


def _single_object(path: Path, lines: tuple[str, ...]) -> dict[str, object]:
    """JSON that begins with an object of several lines.

    Raises:
        DataError: the object never ends, or is broken; names the line.
    """
    try:
        whole: dict[str, object] = json.loads(read_text(path, Repairs()))
    except (ValueError, RecursionError):
        parse_json(lines[0], path=path)
        raise
    return whole


def _opens_list(lines: tuple[str, ...]) -> bool:
    """Whether a JSON list begins here, and not just a text such as [1] with words after it."""
    rest = "".join(lines[:2]).lstrip().removeprefix("[").lstrip()
    return rest[:1] == "{" or rest.startswith('["')
