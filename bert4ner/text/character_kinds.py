"""White space and combining marks in a text, found for all its characters at once."""

import functools
import unicodedata

import numpy as np

OTHER, SPACE, MARK = 0, 1, 2
_LETTERS, _TAGS = range(0x20000), range(0xE0000, 0xE0200)  # the planes that hold either


def codepoints(text: str) -> np.ndarray:
    """The characters of a text as numbers, surrogates too; uint32 (length,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


@functools.cache
def kinds() -> np.ndarray:
    """SPACE, MARK or OTHER for every codepoint, uint8 (codepoints,)."""
    table = np.full(0x110000, OTHER, dtype=np.uint8)
    for codepoint in (*_LETTERS, *_TAGS):
        character = chr(codepoint)
        if character.isspace():
            table[codepoint] = SPACE
        elif unicodedata.category(character)[0] == "M":
            table[codepoint] = MARK
    return table


def next_other(text: str, kind: int) -> np.ndarray:
    """For each character and the end of a text the first place from there that is not of a kind, (length + 1,)."""
    found = np.append(kinds()[codepoints(text)] != kind, True)  # (length + 1,)
    nearest = np.where(found, np.arange(len(found)), len(text))
    return np.minimum.accumulate(nearest[::-1])[::-1]
