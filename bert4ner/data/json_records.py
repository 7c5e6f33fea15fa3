"""JSON records with their place, in any frame: one per line, one list, a list in an object, rows of Parquet.

A record is an object; spaCy's pairs, `["text", {"entities": ...}]`, become objects with that text.
"""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from bert4ner.data.arrow_rows import holds_rows, rows_of
from bert4ner.data.docbin import docbin_records, is_docbin
from bert4ner.data.files import first_character, read_lines, read_text
from bert4ner.data.json_parsing import parse_json
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.unread import refuse_unread
from bert4ner.errors import DataError

TEXTS = (
    "text", "content", "sentence", "originalText", "tokens", "words", "tokenized_text", "input", "messages",
    "conversations", "data", "paragraphs",
)  # fmt: skip
"""Keys that hold the text of a record in some format, or an object with the text."""
ANNOTATIONS = ("entities", "spans", "ents", "label", "labels", "annotations", "entity_list", "result_list", "ner")


def json_records(
    path: Path, repairs: Repairs, *, reads: Collection[str] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file, each with its place; for JSON lines, one in memory at a time.

    Args:
        path: a file of JSON.
        repairs: counts what is repaired.
        reads: the keys that the caller reads, or knows to hold no annotation for it. Any other key with what looks like
            annotation is refused: otherwise it would be lost in silence.

    Raises:
        DataError: with `path:line`: the JSON is broken, or an item is not an object.
    """
    for where, value in _values(path, repairs):
        record = as_record(value)
        if record is None:
            raise DataError(f'{where}: expected a JSON object such as {{"text": ...}}, found {type(value).__name__}')
        if reads is not None:
            refuse_unread(record, reads, where)
        yield where, record


def _values(path: Path, repairs: Repairs) -> Iterator[tuple[str, object]]:
    if holds_rows(path):
        yield from rows_of(path)
        return
    if is_docbin(path):
        yield from docbin_records(path)
        return
    frame = frame_of(path)
    if frame == "lines":
        for number, line in read_lines(path, repairs):
            if line.strip():
                yield f"{path}:{number}", parse_json(line, path=path, first_line=number)
        return
    whole = parse_json(read_text(path, repairs), path=path)
    listed = wrapped(whole) if frame == "wrapped" else whole
    for number, value in enumerate(released(listed or []), start=1):
        yield f"{path}: record {number}", value


def frame_of(path: Path) -> str:
    """The frame of the records in a JSON file: "lines", "list", or "wrapped" in one object."""
    first_line = next((line for _, line in read_lines(path, Repairs()) if line.strip()), "")
    if first_character(path) == "[":
        return "lines" if opens_pair(first_line) and is_pair(_loaded(first_line)) else "list"
    first = _loaded(first_line)
    if isinstance(first, dict):
        return "wrapped" if wrapped(first) and _has_one_line(path) else "lines"
    try:
        return "wrapped" if wrapped(_loaded(read_text(path, Repairs()))) else "lines"
    except DataError:
        return "lines"


def _loaded(text: str) -> object:
    """`text` as JSON, None if it is not JSON: the error is reported when the file is really read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _has_one_line(path: Path) -> bool:
    lines = (line for _, line in read_lines(path, Repairs()) if line.strip())
    return next(lines, None) is not None and next(lines, None) is None


def as_record(value: object) -> dict[str, Any] | None:
    """An object as it is, a pair of a text and an object as one object, None for anything else."""
    if isinstance(value, dict):
        return value
    return {"text": value[0], **value[1]} if isinstance(value, list) and is_pair(value) else None


def opens_pair(line: str) -> bool:
    """Whether a list begins with a text, and so may be one of spaCy's pairs; cheaper than reading it."""
    return line.lstrip()[1:].lstrip().startswith('"')


def is_pair(value: object) -> bool:
    """A text with an object about it, as in spaCy's training data."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], dict)
        and "text" not in value[1]
    )


def wrapped(value: object) -> list[Any] | None:
    """The list of records inside an object that is not a record itself, `{"data": [...]}`.

    None if there is no list or several: then the meaning is unclear.
    """
    if not isinstance(value, dict) or any(isinstance(value.get(key), str) for key in TEXTS):
        return None
    lists = [found for key, found in value.items() if key not in ANNOTATIONS and _lists_records(found)]
    return lists[0] if len(lists) == 1 else None


def _lists_records(found: object) -> bool:
    return isinstance(found, list) and bool(found) and all(_is_record(each) for each in found)


def _is_record(value: object) -> bool:
    return is_pair(value) or (
        isinstance(value, dict)
        and "role" not in value
        and any(isinstance(value.get(k), str | list | dict) for k in TEXTS)
    )
