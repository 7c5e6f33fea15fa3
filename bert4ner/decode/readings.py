"""Readings: whole ways to read a text, each with its probability, joined from those of its windows. Knows no models."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4ner.entities import Entity
from bert4ner.text.windows import Window, stitch


@dataclass(frozen=True)
class Reading:
    """All entities of a text as one path of tags has them, sorted, and the probability of that path."""

    entities: tuple[Entity, ...]
    probability: float


def merge_readings(readings: Iterable[Reading]) -> list[Entity]:
    """Every entity of any reading, sorted; its score is the summed probability of the readings that hold it.

    Of all readings there are it would be the entity's own probability; of some it is less.

    Example:
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
    """At most n readings of a document, likeliest first, from those of its windows, which count as independent.

    The n likeliest choices of one reading for each window are stitched as results of windows are; what differs only
    where another window is believed becomes one reading with the sum of both probabilities.

    Args:
        bounds: the windows of one document, in its order.
        windows: for each of them its readings, at least one, entities in characters of the document.
        n: the most readings to give.
    """
    choices, logs = _likeliest([np.array([each.probability for each in readings]) for readings in windows], n)
    joined: dict[tuple[Entity, ...], float] = {}
    for choice, log in zip(choices, logs, strict=True):
        chosen = [readings[place].entities for readings, place in zip(windows, choice, strict=True)]
        entities = tuple(stitch(bounds, chosen))
        joined[entities] = joined.get(entities, 0.0) + float(np.exp(log))
    return [Reading(*each) for each in sorted(joined.items(), key=lambda item: (-item[1], item[0]))]


def _likeliest(probabilities: Sequence[NDArray[np.float64]], n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The n likeliest choices of one of each, int (choices, windows), and the logs of their probabilities."""
    choices, logs = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
    for options in probabilities:
        with np.errstate(divide="ignore"):
            sums = logs[:, None] + np.log(options)  # (choices, options)
        best = np.argsort(-sums, axis=None, kind="stable")[:n]
        before, place = np.divmod(best, len(options))
        choices, logs = np.column_stack([choices[before], place]), sums.ravel()[best]
    return choices, logs
