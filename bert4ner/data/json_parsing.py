"""JSON text to values; what is broken, repeated, too long or too deep is refused with its place."""

import json
from pathlib import Path
from typing import Any

from bert4ner.data.showing import shown
from bert4ner.errors import DataError


class _RepeatedKey(ValueError):
    """One object has the same key twice: which of the two is meant, nobody knows."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _RepeatedKey(next(key for key in keys if keys.count(key) > 1))
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)


def parse_json(text: str, *, path: Path, first_line: int = 1) -> Any:  # noqa: ANN401  (JSON is of any type)
    """`text` as JSON; the error names the line in the file that it came from.

    Raises:
        DataError: it is no JSON, an object has a key twice, a number has too many digits, or it is nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        found = repr(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end"
        raise DataError(
            f"{path}:{line}: expected valid JSON, found {found} at column {error.colno} ({error.msg}); "
            "one whole record per line, or one list of records"
        ) from None
    except _RepeatedKey as error:
        place = _record_of_repeated_key(text)
        where = f"{path}: record {place}" if place else f"{path}:{first_line}"
        raise DataError(
            f"{where}: expected each key once in an object, found {shown(error.args[0])} twice; "
            "remove what is not meant"
        ) from None
    except ValueError:
        raise DataError(
            f"{path}:{first_line}: expected valid JSON, found a number of too many digits to read"
        ) from None
    except RecursionError:
        raise DataError(f"{path}:{first_line}: expected records, found JSON nested too deeply to read") from None


def _record_of_repeated_key(text: str) -> int | None:
    """The number of the record in a list that has a key twice; None where the text is no list."""
    position = len(text) - len(text.lstrip())
    if text[position : position + 1] != "[":
        return None
    number, blanks = 1, " \t\r\n,"
    position += 1
    while position < len(text):
        if text[position] in blanks:
            position += 1
            continue
        try:
            position = _DECODER.raw_decode(text, position)[1]
        except _RepeatedKey:
            return number
        number += 1
    return None
