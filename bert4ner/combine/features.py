"""What rescoring sees of a candidate: log-odds of members, numbers about document and annotated texts, and marks."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from bert4ner.combine import context
from bert4ner.combine.candidates import Evidence
from bert4ner.combine.learning import BoolArray, FloatArray, log_odds
from bert4ner.entities import Document
from bert4ner.runs.rescorer import MEMBER
from bert4ner.text.gazetteer import Gazetteer

_FROM_WORDS = ("annotated so", "annotated", "seen", "share of the label", "share annotated")
_OF_RIVALS = ("share of this span", "share containing", "share contained", "share overlapping")
NUMBERS = (*context.FEATURES, *_FROM_WORDS, *_OF_RIVALS)
"""Names of the columns that hold numbers. `_OF_RIVALS` are "share annotated" of other candidates at the same place."""
_SHRINK = 0.3  # additional annotations of every word: words that are rarely seen get middling shares
_LEAST = 0.02  # added to counts and shares before their logarithm
_COMMON, _FEWEST = 0.0025, 10  # of candidates beside a character: columns of rarer ones would be mostly noise


class Columns(NamedTuple):
    """Which features to compute, apart from those of members and labels."""

    numbers: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


def active(evidence: Evidence, gazetteer: Gazetteer) -> BoolArray:
    """Which candidates members proposed, or are annotated texts, bool (candidates,)."""
    return evidence.proposed | (_counts(evidence, gazetteer)[:, 0] > 0)


def feature_names(members: int, labels: Sequence[str], columns: Columns) -> tuple[str, ...]:
    """The name of each column, in their order."""
    beside = (*(f"before {each}" for each in columns.before), *(f"after {each}" for each in columns.after))
    return (*(f"{MEMBER}{number}" for number in range(members)), *columns.numbers, *labels, *beside)


def features(evidence: Evidence, gazetteer: Gazetteer, columns: Columns) -> FloatArray:
    """The columns of `feature_names`, (candidates, features)."""
    numbers = _numbers(evidence, gazetteer)
    return np.column_stack(
        [
            log_odds(evidence.probabilities).T,
            *(numbers[name] for name in columns.numbers),
            _marks([each.label for each in evidence.document.entities], gazetteer.labels),
            *(_marks(*each) for each in zip(_neighbours(evidence.document), columns[1:], strict=True)),
        ]
    )


def _numbers(evidence: Evidence, gazetteer: Gazetteer) -> dict[str, FloatArray]:
    """The columns of `NUMBERS`, (candidates,) each."""
    so, annotated, seen = _counts(evidence, gazetteer).T  # (candidates,) each
    share = (so + _SHRINK) / (seen + 1)
    entities = evidence.document.entities
    rivals = context.greatest_of_rivals(entities, np.where(seen > 0, share, 0.0)) if entities else np.zeros((4, 0))
    shares = np.log(np.vstack([so, annotated, seen, so / np.maximum(annotated, 1), share, rivals]) + _LEAST)
    return dict(zip(NUMBERS, [*evidence.surroundings.T, *shares], strict=True))


def _marks(found: Sequence[str], known: Sequence[str]) -> FloatArray:
    """Which of the known ones each found one is, (found, known) of 0 and 1; an unknown one has a row of 0."""
    places = {each: place for place, each in enumerate(known)}
    marks = np.zeros((len(found), len(known)))
    for row, each in zip(marks, found, strict=True):
        if each in places:
            row[places[each]] = 1
    return marks


def _neighbours(document: Document) -> tuple[list[str], list[str]]:
    """The character before each candidate, and the one after it; "" at the edges of the text."""
    text = document.text
    before = [text[each.start - 1 : each.start] if each.start else "" for each in document.entities]
    return before, [text[each.end : each.end + 1] for each in document.entities]


def common_neighbours(evidence: Sequence[Evidence]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The characters before, and those after, enough of what members propose; sorted."""
    counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for each in evidence:
        for count, found in zip(counts, _neighbours(each.document), strict=True):
            count.update(np.array(found, dtype=object)[np.broadcast_to(each.proposed, len(found))].tolist())
    least = max(_FEWEST, _COMMON * counts[0].total())
    before, after = (tuple(sorted(one for one, n in count.items() if n >= least)) for count in counts)
    return before, after


def _counts(evidence: Evidence, gazetteer: Gazetteer) -> FloatArray:
    """How often each candidate's text is annotated with its label, with any, and how often it occurs, (candidates, 3).

    All 0 for texts that are never annotated.
    """
    document, columns = evidence.document, {label: column for column, label in enumerate(gazetteer.labels)}
    found = np.zeros((len(document.entities), 3))
    for row, entity in zip(found, document.entities, strict=True):
        number = gazetteer.places.get(document.mention(entity))
        if number is not None and entity.label in columns:
            annotated = gazetteer.counts.annotated[number]
            row[:] = annotated[columns[entity.label]], annotated.sum(), gazetteer.counts.seen[number]
    return found
