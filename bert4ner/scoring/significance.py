"""Whether the difference between two predictions of the same documents is significant. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bert4ner.entities import Document
from bert4ner.scoring.bootstrap import counts_table, document_counts, resampled_sums


@dataclass(frozen=True)
class Difference:
    """How much better `one` is than `other` on some documents, and the p-value of this difference."""

    documents: int
    f1: float
    """Micro F1 of `one` minus that of `other`."""
    p_value: float
    """Two-sided; 1 if they do not differ."""


def paired_bootstrap(
    gold: Iterable[Document], one: Iterable[Document], other: Iterable[Document], *, samples: int = 2000, seed: int = 0
) -> Difference:
    """Compare the micro F1 of two predictions by drawing documents with replacement, the same ones for both.

    The p-value is the share of draws whose difference is as far from the observed one as that is from 0. It does not
    cover
    seeds: two trainings with the same configuration may differ, too.

    Raises:
        DataError: the documents differ, see `pair_documents`.
        ValueError: `samples` is below 1.

    References:
        Berg-Kirkpatrick, Burkett and Klein 2012, An Empirical Investigation of Statistical Significance in NLP.
    """
    gold = list(gold)
    sides = [counts_table(document_counts(gold, predicted)) for predicted in (one, other)]
    return bootstrap_difference(*sides, samples=samples, seed=seed)


def bootstrap_difference(
    one: NDArray[np.int64], other: NDArray[np.int64], *, samples: int = 2000, seed: int = 0
) -> Difference:
    """As `paired_bootstrap`, from the `counts_table` of the same documents, (documents, 2) each."""
    if samples < 1:
        raise ValueError(f"expected samples >= 1, got {samples}")
    table = np.concatenate([one, other], axis=1)  # (documents, 4)
    found = _difference(table.sum(axis=0))
    if not found:
        return Difference(len(table), 0.0, 1.0)
    draws = resampled_sums(table, samples=samples, seed=seed)
    further = sum(abs(_difference(sums) - found) >= abs(found) for sums in draws)
    return Difference(len(table), found, (further + 1) / (samples + 1))


def _difference(sums: NDArray[np.int64]) -> float:
    """Micro F1 of one minus that of the other, from hits and entities of both, (4,)."""
    return float(2 * sums[0] / max(sums[1], 1) - 2 * sums[2] / max(sums[3], 1))
