"""Cuts a text into windows that fit an encoder, and merges the entities found in windows into one list.

All positions are characters of the document; this module knows no tokens or ids.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from bert4ner.entities import Entity, Nesting

SPECIAL_TOKENS = 2
"""[CLS] and [SEP] around the text of a window; the option for its length includes them."""
_SENTENCE_END = re.compile(r"[。！？；!?;…]+[”’」』】)）]*|\.+(?=\s)|\n+|<br\s*/?>")
_CLAUSE_END = re.compile(r"[，、,:：·)）\]】》〉」』”’\t ]+")


class Window(NamedTuple):
    """A range of characters [start, end) of a document."""

    start: int
    end: int


def cut_windows(text: str, *, size: int, overlap: int) -> list[Window]:
    """Cover a text with windows of at most `size` characters that end at the end of a sentence or at least of a clause.

    Some window holds every entity of at most `overlap` characters that crosses no sentence end: a window starts at a
    sentence end among the last `overlap` characters of the previous window. If there is none, it starts exactly
    `overlap` characters back (or at a clause end if the previous window ended with its sentence, because then nothing
    is at stake). With `overlap=0` windows are disjoint. An empty text has no window.

    Raises:
        ValueError: unless 0 <= overlap < size.
    """
    if not 0 <= overlap < size:
        raise ValueError(f"overlap must be in [0, size={size}), got {overlap}")
    if len(text) <= size:
        return [Window(0, len(text))] if text else []
    sentences = [match.end() for match in _SENTENCE_END.finditer(text)]
    clauses = [match.end() for match in _CLAUSE_END.finditer(text)]
    least = max(size // 2, overlap + 1)
    windows, start = [], 0
    while len(text) - start > size:
        cut = _last(sentences, start + least, start + size)
        whole = cut is not None
        if cut is None:
            cut = _last(clauses, start + least, start + size) or start + size
        windows.append(Window(start, cut))
        start = _next_start(sentences, clauses if whole else [], cut, overlap)
    windows.append(Window(start, len(text)))
    return windows


def _next_start(sentences: list[int], clauses: list[int], cut: int, overlap: int) -> int:
    if not overlap:
        return cut
    for boundaries in (sentences, clauses):
        place = bisect_left(boundaries, cut - overlap)
        if place < len(boundaries) and boundaries[place] < cut:
            return boundaries[place]
    return cut - overlap


def _last(boundaries: list[int], low: int, high: int) -> int | None:
    """The last boundary in [low, high]."""
    place = bisect_right(boundaries, high) - 1
    return boundaries[place] if place >= 0 and boundaries[place] >= low else None


def truncate(text: str, *, size: int, mode: str) -> list[Window]:
    """Keep `size` characters of a text: its `head`, its `tail`, or `head_tail`, half of each as two windows.

    Raises:
        ValueError: unknown mode, or a size below 1 (2 for `head_tail`).
    """
    if mode not in ("head", "tail", "head_tail"):
        raise ValueError(f"mode must be head, tail or head_tail, got {mode!r}")
    if size < (2 if mode == "head_tail" else 1):
        raise ValueError(f"size is too small for {mode}, got {size}")
    if len(text) <= size:
        return [Window(0, len(text))] if text else []
    if mode == "head":
        return [Window(0, size)]
    if mode == "tail":
        return [Window(len(text) - size, len(text))]
    return [Window(0, size - size // 2), Window(len(text) - size // 2, len(text))]


def window_entities(windows: Sequence[Window], spans: Sequence[Entity]) -> tuple[list[list[Entity]], list[Entity]]:
    """The entities that lie entirely in each window, in document characters; and those that lie in none.

    Args:
        windows: of one document, in order.
        spans: the entities of that document.
    """
    starts = [window.start for window in windows]
    ends = [window.end for window in windows]
    inside: list[list[Entity]] = [[] for _ in windows]
    outside = []
    for span in spans:
        holders = range(bisect_left(ends, span.end), bisect_right(starts, span.start))
        for number in holders:
            inside[number].append(span)
        if not holders:
            outside.append(span)
    return inside, outside


def stitch(
    windows: Sequence[Window],
    found: Sequence[Sequence[Entity]],
    *,
    nesting: Nesting = "none",
    candidates: bool = False,
) -> list[Entity]:
    """Merge the entities found in the windows of one document, sorted, each once.

    Neighbouring windows share characters, up to whose middle each window decides, because it has the longer context
    there: an entity counts if the window that owns its middle found it. Entities of different windows that still
    overlap are in conflict, unless one window found both (then they are nested): the higher score wins, then the longer
    one, then the earlier one; no score counts as 0.

    Args:
        windows: of one document, in order.
        found: the entities of each window, in document characters.
        nesting: which entities may lie in others; crossing entities of different windows are always in conflict.
        candidates: whether to keep all conflicting entities, for a later decision.

    Raises:
        ValueError: the number of lists is not the number of windows.
    """
    if len(windows) != len(found):
        raise ValueError(f"found must hold {len(windows)} lists, one for each window, got {len(found)}")
    owned = _owned(windows, found)
    if candidates or len(windows) < 2:
        return sorted(owned)
    rivals = _conflicts(owned, [set(entities) for entities in found], nesting)
    dropped: set[Entity] = set()
    for entity in sorted(rivals, key=_rank):
        if entity not in dropped:
            dropped.update(rivals[entity])
    return sorted(entity for entity in owned if entity not in dropped)


def _owned(windows: Sequence[Window], found: Sequence[Sequence[Entity]]) -> dict[Entity, int]:
    """The entities found by the window that owns their middle, with its number."""
    # Twice the middles of the shared ranges, against start + end of an entity: whole numbers, no rounding.
    seams = [before.end + after.start for before, after in pairwise(windows)]
    owned: dict[Entity, int] = {}
    for number, entities in enumerate(found):
        for entity in entities:
            if bisect_right(seams, entity.start + entity.end) == number:
                owned.setdefault(entity, number)
    return owned


def _conflicts(owned: dict[Entity, int], found: list[set[Entity]], nesting: Nesting) -> dict[Entity, list[Entity]]:
    """Overlapping entities of different windows, unless one window found both or they nest and may."""
    rivals: dict[Entity, list[Entity]] = {}
    active: list[Entity] = []
    for entity in sorted(owned):
        active = [other for other in active if other.end > entity.start]
        for other in active:
            first, last = sorted((owned[entity], owned[other]))
            together = first == last or any({entity, other} <= each for each in found[first : last + 1])
            if not together and not (_may_nest(entity, other, nesting) and _contains(entity, other)):
                rivals.setdefault(entity, []).append(other)
                rivals.setdefault(other, []).append(entity)
        active.append(entity)
    return rivals


def _may_nest(one: Entity, other: Entity, nesting: Nesting) -> bool:
    return nesting == "any" or (nesting == "labels" and one.label != other.label)


def _contains(one: Entity, other: Entity) -> bool:
    """Whether either of two overlapping entities lies in the other."""
    return (one.start <= other.start and other.end <= one.end) or (other.start <= one.start and one.end <= other.end)


def _rank(entity: Entity) -> tuple[float, int, int, str]:
    return -(entity.score or 0.0), entity.start - entity.end, entity.start, entity.label
