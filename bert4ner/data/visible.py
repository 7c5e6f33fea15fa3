"""Text that is safe for a terminal: escapes what would move the cursor, change colours or turn lines around."""

import unicodedata

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format (U+202E, zero width), half of a pair, line separators


def visible(text: str) -> str:
    r"""The text with characters that are invisible, or act on a terminal, as ``\u202e``; line breaks and tabs stay.

    Example:
        >>> print(visible("气\u202e血\x1b[31m"))
        气\u202e血\x1b[31m
    """
    if text.isprintable():
        return text
    return "".join(_spelled(character) for character in text)


def _spelled(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in UNSEEN:
        return character
    return ascii(character)[1:-1]
