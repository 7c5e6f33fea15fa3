"""JSON records with their place, from one record a line or one list of all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert4ner.data.files import first_character, read_lines, read_text
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError


def json_records(path: Path, repairs: Repairs) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON-lines file (one line in memory at a time) or of one JSON list, each with its place.

    Raises:
        DataError: `path:line`, where the JSON is broken or where something else than an object stands.
    """
    if first_character(path) == "[":
        yield from _list_records(path, repairs)
        return
    for number, line in read_lines(path, repairs):
        if line.strip():
            where = f"{path}:{number}"
            yield where, _as_object(parse_json(line, path=path, first_line=number), where)


def _list_records(path: Path, repairs: Repairs) -> Iterator[tuple[str, dict[str, Any]]]:
    records: Any = parse_json(read_text(path, repairs), path=path)
    for number, record in enumerate(records, start=1):
        where = f"{path}: record {number}"
        yield where, _as_object(record, where)


def _as_object(record: object, where: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise DataError(f'{where}: expected a JSON object such as {{"text": ...}}, found {type(record).__name__}')
    return record


def parse_json(text: str, *, path: Path, first_line: int = 1) -> object:
    """`text` as JSON; the error names the line in the file that it came from."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        found = repr(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end"
        raise DataError(
            f"{path}:{line}: expected valid JSON, found {found} at column {error.colno} ({error.msg}); "
            "one whole record per line, or one list of records"
        ) from None
    except ValueError:
        raise DataError(
            f"{path}:{first_line}: expected valid JSON, found a number of too many digits to read"
        ) from None
    except RecursionError:
        raise DataError(f"{path}:{first_line}: expected records, found JSON nested too deeply to read") from None
