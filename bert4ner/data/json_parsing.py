"""Parses JSON text; refuses what is broken, repeated, too long or too deep, with its place."""

import json
from pathlib import Path
from typing import Any

from bert4ner.errors import DataError, shown
from bert4ner.schema import RepeatedKey, object_of

_DECODER = json.JSONDecoder(object_pairs_hook=object_of)


def parse_json(text: str, *, path: Path, first_line: int = 1) -> Any:  # noqa: ANN401  (JSON is of any type)
    """`text` as JSON; errors name the line of the file.

    Raises:
        DataError: it is not JSON, an object has a key twice, a number has too many digits, or it is nested too deeply.
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
    except RepeatedKey as error:
        place = _record_of_repeated_key(text)
        where = f"{path}: record {place}" if place else f"{path}:{first_line}"
        raise DataError(
            f"{where}: expected each key once in an object, found {shown(error.args[0])} twice; remove the wrong one"
        ) from None
    except ValueError:
        raise DataError(
            f"{path}:{first_line}: expected valid JSON, found a number of too many digits to read"
        ) from None
    except RecursionError:
        raise DataError(f"{path}:{first_line}: expected records, found JSON nested too deeply to read") from None


def _record_of_repeated_key(text: str) -> int | None:
    """The number of the record with a repeated key in a list; None if the text is not a list."""
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
        except RepeatedKey:
            return number
        number += 1
    return None
