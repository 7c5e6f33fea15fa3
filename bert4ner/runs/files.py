"""The text files of a run, read with errors in one line, and the number that says how a file is to be understood."""

import json
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bert4ner.data.writing import atomic_write
from bert4ner.errors import RunError

_LARGEST = 1e38  # float32 goes up to it; what is shown of a number (percent, plots) can still be computed
FORMAT = "format"
"""The name of that number in a file; files of before there was one have format 1."""


def existing(path: Path) -> Path:
    """The path of a file that a complete run has.

    Raises:
        RunError: there is none.
    """
    if not path.is_file():
        raise RunError(
            f"{path.parent}: the run is incomplete, {path.name} is missing; run the command that made it again"
        )
    return path


def damaged(path: Path, what: object) -> RunError:
    """The error to raise for a file that is not as it was written."""
    return RunError(f"{path}: damaged, {what}; expected what the command that made the run wrote")


def read_text(path: Path) -> str:
    """A whole file.

    Raises:
        RunError: it is missing or no UTF-8.
    """
    try:
        return existing(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(path, error) from None


def parse(text: str, path: Path) -> object:
    """JSON from a file.

    Raises:
        RunError: it is none.
    """
    try:
        return json.loads(text)
    except ValueError as error:  # a number of thousands of digits, too
        raise damaged(path, error) from None
    except RecursionError:
        raise damaged(path, "JSON nested too deeply to read") from None


def read_json(path: Path, *, newest: int | None = None) -> dict[str, Any]:
    """The names and values of a JSON file.

    Args:
        path: the file.
        newest: the highest format that is understood, where the file has one.

    Raises:
        RunError: it is missing, damaged, or of a newer format.
    """
    values = required(parse(read_text(path), path), (), path)
    if newest is not None:
        _check_format(values.get(FORMAT, 1), newest, path)
    return values


def _check_format(found: object, newest: int, path: Path) -> None:
    if type(found) is not int or found < 1:
        raise damaged(path, f"its format is {reprlib.repr(found)}, which is no number from 1 on")
    if found > newest:
        raise RunError(
            f"{path}: has format {reprlib.repr(found)}, this version of bert4ner reads formats up to {newest}; "
            "install a newer one"
        )


def required(values: object, keys: Sequence[str], path: Path) -> dict[str, Any]:
    """Values by name, among them those of certain names.

    Raises:
        RunError: the values have no names, or one is missing.
    """
    if not isinstance(values, Mapping):
        raise damaged(path, f"expected names with values, found {type(values).__name__}")
    missing = [key for key in keys if key not in values]
    if missing:
        raise damaged(path, f"{missing[0]!r} is missing")
    return dict(values)


def number(value: object, name: str, path: Path, *, low: float = -_LARGEST, high: float = _LARGEST) -> float:
    """A finite number in a range; no bool.

    Raises:
        RunError: it is something else; `name` says what was expected.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _unexpected(name, "a number" if high == _LARGEST else f"a number in [{low:g}, {high:g}]", value, path)
    return value


def whole(value: object, name: str, path: Path, *, low: int = 0) -> int:
    """A whole number from `low` on; raises as `number`."""
    if type(value) is not int or not low <= value < 2**53:
        raise _unexpected(name, f"a whole number from {low} on", value, path)
    return value


def text(value: object, name: str, path: Path) -> str:
    """A text; raises as `number`."""
    if not isinstance(value, str):
        raise _unexpected(name, "a text", value, path)
    return value


def listed(value: object, name: str, path: Path) -> list[Any]:
    """A list of anything; raises as `number`."""
    if not isinstance(value, list):
        raise _unexpected(name, "a list", value, path)
    return value


def _unexpected(name: str, expected: str, found: object, path: Path) -> RunError:
    return damaged(path, f"{name} was to be {expected}, found {reprlib.repr(found)}")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    with atomic_write(path) as aside:
        aside.write(text)


def to_json(values: Mapping[str, object], *, indent: int = 2) -> str:
    """The text of a JSON file, made for readers."""
    return json.dumps(values, ensure_ascii=False, indent=indent) + "\n"
