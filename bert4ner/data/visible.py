"""Text as it may go to a terminal: what would move the cursor, change colours or turn lines around is spelled out."""

import unicodedata

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, format (U+202E, zero width), half of a pair, line separators


def visible(text: str) -> str:
    r"""The text with characters that show nothing, or do something, as ``\u202e``; line breaks and tabs stay.

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
