"""Units of offsets in other tools: UTF-16 code units, bytes, line ends as two characters or one."""

from itertools import accumulate
from typing import Literal

Offsets = Literal["auto", "characters", "utf16"]
"""The unit of offsets: decided by mentions, else characters with a warning in doubt (`auto`); or as given."""


def utf16_widths(text: str) -> list[int]:
    """The width of each character in UTF-16: two units beyond U+FFFF."""
    return [2 if ord(character) > 0xFFFF else 1 for character in text]


def _windows_ends(text: str) -> list[int]:
    return [2 if c == "\n" and (i == 0 or text[i - 1] != "\r") else 1 for i, c in enumerate(text)]


def _unix_ends(text: str) -> list[int]:
    return [0 if c == "\r" and text[i + 1 : i + 2] == "\n" else 1 for i, c in enumerate(text)]


def _both(text: str) -> list[int]:
    return [wide + ends - 1 for wide, ends in zip(utf16_widths(text), _windows_ends(text), strict=True)]


def _bytes(text: str) -> list[int]:
    return [len(character.encode("utf-8", "surrogatepass")) for character in text]


UNITS = (
    ("UTF-16 code units", utf16_widths, 0),
    ("characters with Windows line ends (CRLF)", _windows_ends, 0),
    ("characters with line ends as one character", _unix_ends, 0),
    ("UTF-16 code units with Windows line ends (CRLF)", _both, 0),
    ("characters with a byte order mark", lambda text: [1] * len(text), 1),
    ("UTF-8 bytes", _bytes, 0),
)
"""A name, the width of each character in a text, and the width before the first one."""


def positions(widths: list[int], shift: int) -> dict[int, int]:
    """The character position of each offset, given the widths of all characters in the unit."""
    offsets = accumulate(widths, initial=shift)
    found: dict[int, int] = {}
    for position, offset in enumerate(offsets):
        found.setdefault(offset, position)  # the first: characters without width come after the offset
    return found
