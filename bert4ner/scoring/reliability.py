"""Whether scores are reliable: are 80 % of the entities with a score around 0.8 right?

Pure numbers. Does not cover entities that were not found.
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
    """The entities with scores in [low, high); the last bin includes its upper end."""

    low: float
    high: float
    count: int
    mean_score: float
    share_right: float
    interval: tuple[float, float]
    """The 95 % confidence interval of the true share (Wilson)."""


@dataclass(frozen=True)
class Reliability:
    """Scores compared with the truth: the non-empty bins, and summaries."""

    bins: list[Bin]
    count: int
    mean_score: float
    share_right: float
    error: float
    """Expected calibration error: the mean distance between score and share right, weighted by entities per bin."""


def reliability(scores: Sequence[float], right: Sequence[bool], *, num_bins: int = 10) -> Reliability:
    """Bins of equal width over [0, 1].

    Args:
        scores: for each predicted entity, the probability that it is right; values in [0, 1].
        right: whether it is right.
        num_bins: number of bins.

    Raises:
        ValueError: the numbers of scores and truths differ or are 0, or a score is outside [0, 1].
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
    """The 95 % interval of a probability with an observed `share` in `count` trials."""
    z2 = _QUANTILE_95**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = _QUANTILE_95 / (1 + z2 / count) * math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    return max(0.0, min(share, centre - reach)), min(1.0, max(share, centre + reach))  # share: rounding aside


def score_reliability(pairs: Iterable[tuple[Document, Document]]) -> Reliability | None:
    """The reliability of the scores in predicted documents, given as (gold, predicted); None without scores."""
    scores, right = [], []
    for gold, predicted in pairs:
        wanted = set(gold.entities)
        for entity in predicted.entities:
            if entity.score is not None:
                scores.append(min(max(entity.score, 0.0), 1.0))
                right.append(entity in wanted)
    return reliability(scores, right) if scores else None
