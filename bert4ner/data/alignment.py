"""Finds mentions without offsets in their text: every occurrence, the first one, or one after another.

The longest mentions are placed first. A mention is placed inside longer ones only if it stands nowhere in the text by
itself: then the entities are meant to be nested.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bert4ner.data.records import Span
from bert4ner.errors import DataError

MOST = 16  # entities per character of a text: more are not annotation, and would fill the memory

Align = Literal["all", "first", "order"]
"""Which occurrences a mention stands for: all, the first, or the next one after the mention listed before it."""
Mention = tuple[str, str]
"""The characters and the label."""


@dataclass
class Aligned:
    """Spans of mentions, the mentions that were not found, and those found more than once if that matters."""

    spans: list[Span]
    missing: list[Mention]
    repeated: list[Mention]
    crossing: list[Mention]
    """Mentions that occur only across the end of another mention; they are left out."""


def align(text: str, mentions: Sequence[Mention], how: Align = "all") -> Aligned:
    """The spans of some mentions in a text.

    Example:
        >>> [(span.start, span.end) for span in align("北京大学在北京", [("北京", "LOC"), ("北京大学", "ORG")]).spans]
        [(0, 4), (5, 7)]
    """
    if how == "order":
        return _in_order(text, mentions)
    result = Aligned([], [mention for mention in mentions if not mention[0] or mention[0] not in text], [], [])
    taken = bytearray(len(text))  # characters that belong to a longer mention
    unique = dict.fromkeys(mentions)
    surfaces = sorted({surface for surface, _ in unique if surface}, key=lambda each: (-len(each), each))
    labels: dict[str, list[str]] = {}
    for surface, label in unique:
        labels.setdefault(surface, []).append(label)
    for surface in surfaces:
        places = _places(text, surface)
        free = [start for start in places if not any(taken[start : start + len(surface)])]
        chosen = free or [start for start in places if all(taken[start : start + len(surface)])]
        if places and not chosen:
            result.crossing.extend((surface, label) for label in labels[surface])
        if len(chosen) > 1:
            result.repeated.extend((surface, label) for label in labels[surface])
        for start in chosen[:1] if how == "first" else chosen:
            end = start + len(surface)
            taken[start:end] = b"\x01" * len(surface)
            result.spans.extend(Span(start, end, label, surface) for label in labels[surface])
            if len(result.spans) > MOST * (len(text) + 1):
                raise DataError(
                    f"found more than {MOST} entities for each character of the text; remove those that are not meant"
                )
    return result


def _places(text: str, surface: str) -> list[int]:
    """The starts of a mention, from left to right, without overlaps."""
    places, position = [], text.find(surface)
    while position >= 0:
        places.append(position)
        position = text.find(surface, position + len(surface))
    return places


def _in_order(text: str, mentions: Sequence[Mention]) -> Aligned:
    """Each mention after the previous one, or else inside that one."""
    result = Aligned([], [], [], [])
    start = end = 0
    for surface, label in mentions:
        place = text.find(surface, end) if surface else -1
        if place < 0 and surface:
            place = text.find(surface, start)
        if place < 0:
            result.missing.append((surface, label))
            continue
        start, end = place, max(end, place + len(surface))
        result.spans.append(Span(place, place + len(surface), label, surface))
    return result
