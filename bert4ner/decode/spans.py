"""Chooses which of overlapping scored spans to keep. It does not know models or characters."""

from bisect import bisect_right
from collections.abc import Sequence

from bert4ner.entities import Nesting
from bert4ner.text.token_spans import TokenSpan


def heaviest_disjoint(spans: Sequence[TokenSpan]) -> list[TokenSpan]:
    """The non-overlapping spans with the greatest sum of scores, sorted.

    Dynamic programming over spans by their end (weighted interval scheduling), O(n log n). Of choices with equal sums,
    it takes the one whose spans come first by (end, start, label).

    Example:
        >>> spans = [TokenSpan(0, 4, "A", 0.9), TokenSpan(0, 2, "B", 0.6), TokenSpan(2, 4, "B", 0.7)]
        >>> [span.place[:3] for span in heaviest_disjoint(spans)]
        [(0, 2, 'B'), (2, 4, 'B')]
    """
    ordered = sorted(spans, key=lambda span: (span.end, span.start, span.label))
    ends = [span.end for span in ordered]
    sums = [0.0]  # sums[k]: the best of the first k spans
    before = [bisect_right(ends, span.start, hi=number) for number, span in enumerate(ordered)]
    for span, compatible in zip(ordered, before, strict=True):
        sums.append(max(sums[-1], sums[compatible] + (span.score or 0.0)))
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
    """Compatible spans, sorted; of conflicting ones, the set with the highest total score.

    Example:
        >>> spans = [TokenSpan(0, 4, "A", 0.9), TokenSpan(0, 2, "A", 0.6), TokenSpan(0, 2, "B", 0.7)]
        >>> [span.place[:3] for span in heaviest(spans, "labels")]
        [(0, 2, 'B'), (0, 4, 'A')]
    """
    if nesting == "any":
        return sorted(spans, key=lambda span: span.place)
    if nesting == "none":
        return heaviest_disjoint(spans)
    labels = {span.label for span in spans}
    kept = [span for label in labels for span in heaviest_disjoint([each for each in spans if each.label == label])]
    return sorted(kept, key=lambda span: span.place)
