"""Whether scores can be trusted: of the entities found with a score around 0.8, are 80 % right?

Pure numbers. Says nothing about entities that were not found.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4ner.entities import Document

_QUANTILE_95 = 1.959964  # of the normal distribution, two-sided


@dataclass(frozen=True)
class Bin:
    """The entities whose score lies in [low, high); the last bin has its upper end, too."""

    low: float
    high: float
    count: int
    mean_score: float
    share_right: float
    interval: tuple[float, float]
    """Where the true share lies with 95 % confidence (Wilson)."""


@dataclass(frozen=True)
class Reliability:
    """Scores held against the truth: bins that hold something, and what follows from them."""

    bins: list[Bin]
    count: int
    mean_score: float
    share_right: float
    error: float
    """Expected calibration error: the mean distance of score and share right, bins weighed by their entities."""


def reliability(scores: Sequence[float], right: Sequence[bool], *, num_bins: int = 10) -> Reliability:
    """Bins of equal width over [0, 1].

    Args:
        scores: for each entity found, the probability that it is right; values in [0, 1].
        right: whether it is.
        num_bins: how many they are.

    Raises:
        ValueError: not as many scores as truths, none at all, or one outside [0, 1].
    """
    values, truth = np.asarray(scores, dtype=float), np.asarray(right, dtype=bool)  # (entities,) each
    if values.shape != truth.shape or not values.size or values.min() < 0 or values.max() > 1:
        raise ValueError(f"expected as many scores in [0, 1] as truths, got {values.shape} and {truth.shape}")
    places = np.minimum((values * num_bins).astype(int), num_bins - 1)  # (entities,)
    bins = [
        _bin(place / num_bins, (place + 1) / num_bins, values[places == place], truth[places == place])
        for place in np.unique(places).tolist()
    ]
    error = sum(each.count * abs(each.mean_score - each.share_right) for each in bins) / values.size
    return Reliability(bins, int(values.size), float(values.mean()), float(truth.mean()), error)


def _bin(low: float, high: float, scores: NDArray[np.float64], right: NDArray[np.bool_]) -> Bin:
    share = float(right.mean())
    return Bin(low, high, len(scores), float(scores.mean()), share, wilson_interval(share, len(scores)))


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a probability of which `share` was seen in `count` trials."""
    z2 = _QUANTILE_95**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = _QUANTILE_95 / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach))  # share: rounding aside


def score_reliability(pairs: Iterable[tuple[Document, Document]]) -> Reliability | None:
    """The reliability of the scores in predicted documents, given as (gold, predicted); None where none has a score."""
    scores, right = [], []
    for gold, predicted in pairs:
        wanted = set(gold.entities)
        for entity in predicted.entities:
            if entity.score is not None:
                scores.append(min(max(entity.score, 0.0), 1.0))
                right.append(entity in wanted)
    return reliability(scores, right) if scores else None
