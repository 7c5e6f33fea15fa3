"""Readings: complete analyses of a text with their probabilities, joined from its windows. It knows no models."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4ner.entities import Entity
from bert4ner.text.windows import Window, stitch


@dataclass(frozen=True)
class Reading:
    """All entities of a text on one path of tags, sorted, and the probability of that path."""

    entities: tuple[Entity, ...]
    probability: float


def merge_readings(readings: Iterable[Reading]) -> list[Entity]:
    """Every entity of any reading, sorted; its score is the total probability of the readings that contain it.

    With all possible readings it would be the entity's own probability; with fewer it is lower.

    Args:
        readings: ways to read one text, as `NamedEntityRecognizer.readings` gives them.

    Example:
        >>> from bert4ner import Entity, merge_readings
        >>> from bert4ner.decode.readings import Reading
        >>> drug, herb = Entity(0, 2, "DRUG"), Entity(0, 2, "HERB")
        >>> merge_readings([Reading((drug,), 0.5), Reading((), 0.25), Reading((herb,), 0.125)])
        [Entity(start=0, end=2, label='DRUG', score=0.5), Entity(start=0, end=2, label='HERB', score=0.125)]
    """
    sums: dict[Entity, float] = {}
    for reading in readings:
        for entity in reading.entities:
            sums[entity] = sums.get(entity, 0.0) + reading.probability
    return [Entity(e.start, e.end, e.label, min(sums[e], 1.0), e.fragments) for e in sorted(sums)]


def join_readings(bounds: Sequence[Window], windows: Sequence[Sequence[Reading]], n: int) -> list[Reading]:
    """At most n readings of a document, likeliest first, from the readings of its windows, taken as independent.

    The n likeliest choices of one reading per window are stitched like other window results. Choices that differ only
    where another window decides become one reading with the sum of their probabilities.

    Args:
        bounds: the windows of one document, in order.
        windows: the readings of each window, at least one; entities are in characters of the document.
        n: maximum number of readings.
    """
    choices, logs = _likeliest([np.array([each.probability for each in readings]) for readings in windows], n)
    joined: dict[tuple[Entity, ...], float] = {}
    for choice, log in zip(choices, logs, strict=True):
        chosen = [readings[place].entities for readings, place in zip(windows, choice, strict=True)]
        entities = tuple(stitch(bounds, chosen))
        joined[entities] = joined.get(entities, 0.0) + float(np.exp(log))
    return [Reading(*each) for each in sorted(joined.items(), key=lambda item: (-item[1], item[0]))]


def _likeliest(probabilities: Sequence[NDArray[np.float64]], n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The n likeliest choices of one option per window, int (choices, windows), and their log probabilities."""
    choices, logs = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
    for options in probabilities:
        with np.errstate(divide="ignore"):
            sums = logs[:, None] + np.log(options)  # (choices, options)
        best = np.argsort(-sums, axis=None, kind="stable")[:n]
        before, place = np.divmod(best, len(options))
        choices, logs = np.column_stack([choices[before], place]), sums.ravel()[best]
    return choices, logs
