"""A first look at a file or folder, made once, by which every format says how sure it is that this is its own.

Checks nothing: one broken line is the reader's to report. Where nothing could be made out, it says what is wrong.
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
from bert4ner.data.showing import shown, shown_keys
from bert4ner.errors import DataError

LINES = 1000
START = 4096
MANY = 0.9  # of the lines that must look alike: one broken line is the reader's to report, not ours to trip over
ANNOTATIONS = ("label", "labels", "annotations", "entities")  # keys under which most JSON formats list their entities
NO_OBJECT = re.compile(r"\{(?:\{|[\t ,]+[^\s\"'}]+\s*$)")
"""A line of columns whose token is a brace, or text with marks in braces: no JSON begins so."""

Thing = TypeVar("Thing")
Kind = Literal["folder", "lines", "records", "list", "object", "none"]


@dataclass(frozen=True)
class Peek:
    """What is seen of a file or folder; what does not apply to its kind is empty."""

    path: Path
    kind: Kind
    """A folder; lines of text; JSON, an object a line, a list of them, or one object alone; or nothing readable."""
    files: tuple[str, ...] = ()
    """What is in the folder, sorted names."""
    start: bytes = b""
    """The first bytes of the file, by which files that are no text are known."""
    lines: tuple[str, ...] = ()
    """The first lines that are not blank, of any text, JSON too."""
    records: tuple[dict[str, object], ...] = ()
    """The first objects of JSON lines or of a JSON list."""
    pairs: bool = False
    """Whether each record is a text and an object about it, in a list of two (its text is under "text" here)."""
    whole: dict[str, object] | None = None
    """A JSON object that is the whole file and has more than one line."""
    problem: str = ""
    """What to tell the user if no format knows the file."""

    @cached_property
    def items(self) -> tuple[object, ...]:
        """The first annotated entity of each record that has any, under one of `ANNOTATIONS`."""
        listed = ([record.get(key) for key in ANNOTATIONS] for record in self.records)
        filled = ((each for each in lists if isinstance(each, list) and each) for lists in listed)
        return tuple(first[0] for first in (next(lists, None) for lists in filled) if first)

    @cached_property
    def has_text(self) -> bool:
        """Whether any of the records has a text under that name."""
        return any("text" in record for record in self.records)

    def items_with(self, key: str) -> float:
        """The share of `items` that are objects with a key."""
        return share(self.items, lambda item: isinstance(item, dict) and key in item)


def share(things: Iterable[Thing], test: Callable[[Thing], object]) -> float:
    """The share of things that pass a test, 0.0 where there are none.

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
        decode(start, where=f"{path}:1", repairs=Repairs())
    lines = tuple(_head(path))
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
        raise DataError(f"{path}:1: expected JSON, found {lines[0][:20]!r}; name the format if this is no JSON")
    return Peek(path, "lines", start=start, lines=lines, problem=f"{path}: expected annotated text, found none")


def _head(path: Path) -> Iterator[str]:
    """The first lines that are not blank."""
    count = 0
    with open_bytes(path) as handle:
        for data in handle:
            line = data.decode("utf-8", "replace").removeprefix(BOM).rstrip("\r\n")
            if line.strip():
                yield line
                count += 1
            if count == LINES:
                return


def _json_values(path: Path, lines: tuple[str, ...]) -> tuple[list[Any], Kind]:
    """What stands in a file of JSON, and how; "object" and nothing for one object that is no list of records.

    Raises:
        DataError: it is broken.
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
    """The objects and pairs of the first lines, up to one that is no JSON."""
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return
        if as_record(value) is not None:
            yield value


def _single_object(path: Path, lines: tuple[str, ...]) -> dict[str, object]:
    """JSON that begins with an object which the first line does not end.

    Raises:
        DataError: the object never ends, or is broken: the line says where.
    """
    try:
        whole: dict[str, object] = json.loads(read_text(path, Repairs()))
    except (ValueError, RecursionError):
        parse_json(lines[0], path=path)
        raise
    return whole


def _opens_list(lines: tuple[str, ...]) -> bool:
    """Does a JSON list begin here, or just a text such as "[1] ..."?"""
    rest = "".join(lines[:2]).lstrip().removeprefix("[").lstrip()
    return rest[:1] == "{" or rest.startswith('["')
