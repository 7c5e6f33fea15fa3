"""Spans with scores: which of overlapping ones to keep. Knows no models and no characters."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from bert4ner.entities import Nesting

TokenSpan = tuple[Any, ...]
"""Start, end (token positions, half open), label, score; then, for an entity in several pieces only, its pieces."""


def heaviest_disjoint(spans: Sequence[TokenSpan]) -> list[TokenSpan]:
    """Of some spans those that do not overlap and have the greatest sum of scores, sorted.

    Dynamic programming over the spans by their end (weighted interval scheduling), O(n log n). Among choices of equal
    sum the one of the spans that come first by (end, start, label).

    Example:
        >>> heaviest_disjoint([(0, 4, "A", 0.9), (0, 2, "B", 0.6), (2, 4, "B", 0.7)])
        [(0, 2, 'B', 0.6), (2, 4, 'B', 0.7)]
    """
    ordered = sorted(spans, key=lambda span: (span[1], span[0], span[2]))
    ends = [span[1] for span in ordered]
    sums = [0.0]  # sums[k]: the best of the first k spans
    before = [bisect_right(ends, span[0], hi=number) for number, span in enumerate(ordered)]
    for span, compatible in zip(ordered, before, strict=True):
        sums.append(max(sums[-1], sums[compatible] + span[3]))
    kept = []
    number = len(ordered)
    while number:
        if sums[number] > sums[number - 1]:
            kept.append(ordered[number - 1])
            number = before[number - 1]
        else:
            number -= 1
    return kept[::-1]


def heaviest(spans: Sequence[TokenSpan], nesting: Nesting) -> list[TokenSpan]:
    """Of some spans those that may stand together, sorted: all, or of those that may not overlap the heaviest choice.

    Example:
        >>> heaviest([(0, 4, "A", 0.9), (0, 2, "A", 0.6), (0, 2, "B", 0.7)], "labels")
        [(0, 2, 'B', 0.7), (0, 4, 'A', 0.9)]
    """
    if nesting == "any":
        return sorted(spans, key=_place)
    if nesting == "none":
        return heaviest_disjoint(spans)
    labels = {span[2] for span in spans}
    kept = [span for label in labels for span in heaviest_disjoint([each for each in spans if each[2] == label])]
    return sorted(kept, key=_place)


def _place(span: TokenSpan) -> tuple:
    return (*span[:3], span[4:])  # without the score
