"""The content of a file that is read whole: bytes within a bound, and JSON within bounds.

What is no regular file is not opened: a pipe would be waited for without end. What stands in JSON is checked elsewhere.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

LARGEST = 64_000_000
"""Bytes of a file that is read whole: twice the largest published vocabulary."""
MOST_PARTS = 1_000_000
"""Objects and lists in JSON, of some 60 bytes each; a published vocabulary has 600,000."""
MOST_VALUES = 16
"""Values for each of these parts, in JSON of the largest size."""
_POINTER = b"version https://git-lfs"


class Unreadable(ValueError):
    """Why a file cannot be read, without its name."""


class RepeatedKey(ValueError):
    """An object has the same key twice, so its meaning is unclear."""


def read_bytes(path: Path, *, largest: int | None = LARGEST) -> bytes:
    """The content of a file; with `largest` None only its beginning, to see that it can be read.

    Raises:
        Unreadable: there is none, it cannot be read, is a pointer of Git or larger than `largest`.
    """
    try:
        state = os.stat(path)
        if not stat.S_ISREG(state.st_mode):
            raise Unreadable(f"cannot be read ({'Is a directory' if stat.S_ISDIR(state.st_mode) else 'no file'})")
        with open(path, "rb") as file:
            most = len(_POINTER) if largest is None else largest + 1
            content = file.read(most) if largest is None or state.st_size <= largest else b""
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror or type(error).__name__})") from None
    if content.startswith(_POINTER):
        raise Unreadable("a pointer of Git LFS, the file itself was not fetched; run: git lfs pull")
    if largest is not None and max(len(content), state.st_size) > largest:
        raise Unreadable(f"{state.st_size} bytes, expected at most {largest} of such a file")
    return content


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these keys and values, for parsers; raises RepeatedKey with the key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise RepeatedKey(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _no_number(word: str) -> NoReturn:
    raise Unreadable(f"{word} is no number in JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=object_of, parse_constant=_no_number)


def parse_json(content: bytes | str, *, most_parts: int = MOST_PARTS) -> Any:  # noqa: ANN401  # what JSON holds
    """What JSON says.

    Raises:
        Unreadable: it is none, is nested too deeply, has too many parts, a key twice, or a number of thousands of
            digits; says where.
    """
    opened = (b"[", b"{", b",") if isinstance(content, bytes) else ("[", "{", ",")
    parts, values = sum(map(content.count, opened[:2])), content.count(opened[2])  # type: ignore[arg-type]
    if parts > most_parts or values > MOST_VALUES * most_parts:
        raise Unreadable(f"more than {most_parts} lists and objects, or {MOST_VALUES} times as many values")
    try:
        return _DECODER.decode(content.decode("utf-8") if isinstance(content, bytes) else content)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 in byte {error.start}") from None
    except RepeatedKey as error:
        raise Unreadable(f"the key {error.args[0][:60]!r} stands there twice") from None
    except json.JSONDecodeError as error:
        raise Unreadable(str(error)) from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None
    except ValueError as error:
        raise error if isinstance(error, Unreadable) else Unreadable("a number of too many digits to read") from None
