"""The styles in which people write tags: B-PER, B_PER and B:PER, b-per, PER-B, NER=B-PER, and B alone.

Reads one tag at a time; `columns` finds the style of a file.
"""

import re
from collections.abc import Callable
from functools import lru_cache

BARE_LABEL = "ENTITY"
"""The label of all entities if tags have none."""
Tag = tuple[str, str]
"""The prefix of a tag (O, B, I, E, S) and its label."""

ALIASES = {"M": "I", "L": "E", "U": "S", "W": "S"}  # BMES and BILOU use other letters than BIOES
_PREFIXED = re.compile(r"([BIMELSUW])[-_:](\S+)")
_SUFFIXED = re.compile(r"(\S+)[-_:]([BIMELSUW])")
_KEYED = re.compile(r"(?:^|\|)(?:ner|ne|ner_?tag|named_?entity|entity)=([^|]+)", re.IGNORECASE)
_OUTSIDE: Tag = ("O", "")


def _made(letter: str, label: str) -> Tag:
    return ALIASES.get(letter, letter), label


@lru_cache(maxsize=4096)
def _prefixed(text: str) -> Tag | None:
    if text == "O":
        return _OUTSIDE
    match = _PREFIXED.fullmatch(text)
    return _made(match[1], match[2]) if match else None


def _lower(text: str) -> Tag | None:
    return _prefixed(text[:1].upper() + text[1:]) if text[:1].islower() else None


def _suffixed(text: str) -> Tag | None:
    match = _SUFFIXED.fullmatch(text)
    return _OUTSIDE if text == "O" else _made(match[2], match[1]) if match else None


def _bare(text: str) -> Tag | None:
    upper = text.upper()
    if len(text) != 1 or upper not in "BIMELSUWO":
        return None
    return _OUTSIDE if upper == "O" else _made(upper, BARE_LABEL)


def _keyed(text: str) -> Tag | None:
    """CoNLL-U keeps tags among other features: `SpaceAfter=No|NER=B-PER`."""
    match = _KEYED.search(text)
    if match is None:
        return _OUTSIDE if text == "_" or "=" in text else None
    return _prefixed(match[1])


STYLES: dict[str, Callable[[str], Tag | None]] = {
    "B-LABEL": _prefixed,
    "b-label": _lower,
    "LABEL-B": _suffixed,
    "NER=B-LABEL": _keyed,
    "B": _bare,
}
"""Styles of tags, with the function that reads one; it returns None for other texts."""


def is_usual(text: str) -> bool:
    """Whether a text is a tag in the usual style: O or B-LABEL."""
    return _prefixed(text) is not None
