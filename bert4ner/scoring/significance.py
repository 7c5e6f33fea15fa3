"""Whether the difference between two predictions of the same documents is more than chance. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from bert4ner.entities import Document
from bert4ner.scoring.metrics import Scores, count_matches, pair_documents


@dataclass(frozen=True)
class Difference:
    """How much better `one` is than `other` on some documents, and how likely chance alone would make as much."""

    documents: int
    f1: float
    """Micro F1 of one minus that of the other."""
    p_value: float
    """Two-sided; 1 where they do not differ."""


def paired_bootstrap(
    gold: Iterable[Document], one: Iterable[Document], other: Iterable[Document], *, samples: int = 2000, seed: int = 0
) -> Difference:
    """Compare the micro F1 of two predictions by drawing documents again with replacement, both sides the same ones.

    The p-value is the share of draws whose difference is as far from the difference found as that is from 0. It says
    nothing of other seeds: two trainings of one configuration may differ, too.

    Raises:
        DataError: the documents are not the same, see `pair_documents`.
        ValueError: no sample is asked for.

    References:
        Berg-Kirkpatrick, Burkett and Klein 2012, An Empirical Investigation of Statistical Significance in NLP.
    """
    if samples < 1:
        raise ValueError(f"expected samples >= 1, got {samples}")
    gold = list(gold)
    table = np.concatenate([_counts(gold, one), _counts(gold, other)], axis=1)          # (documents, 4)
    found = float(_difference(table.sum(axis=0)))
    if not found:
        return Difference(len(gold), 0.0, 1.0)
    rng = np.random.default_rng(seed)
    further = 0
    for _ in range(samples):
        times = np.bincount(rng.integers(len(table), size=len(table)), minlength=len(table))       # (documents,)
        further += abs(float(_difference(times @ table)) - found) >= abs(found)
    return Difference(len(gold), found, (further + 1) / (samples + 1))


def _counts(gold: list[Document], predicted: Iterable[Document]) -> np.ndarray:
    """Of each document hits, and gold and predicted entities together, int64 (documents, 2)."""
    totals = [Scores(count_matches(a.entities, b.entities)).total for a, b in pair_documents(gold, predicted)]
    return np.array([(each.hits, each.gold + each.predicted) for each in totals], dtype=np.int64).reshape(-1, 2)


def _difference(sums: np.ndarray) -> float:
    """Micro F1 of one minus that of the other, from hits and entities of both, (4,)."""
    return 2 * sums[0] / max(sums[1], 1) - 2 * sums[2] / max(sums[3], 1)
