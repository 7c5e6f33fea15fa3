"""How far micro F1 would vary with other documents of the same kind: documents drawn with replacement."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bert4ner.entities import Document
from bert4ner.scoring.counts import Counts, count_matches
from bert4ner.scoring.metrics import Scores, pair_documents


def bootstrap_interval(
    gold: Iterable[Document],
    predicted: Iterable[Document],
    *,
    samples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Interval of micro F1 when documents are drawn with replacement: (low, high) quantiles around `level`.

    Raises:
        DataError: see `pair_documents`.
        ValueError: `samples` or `level` out of range.
    """
    if samples < 1 or not 0 < level < 1:
        raise ValueError(f"expected samples >= 1 and 0 < level < 1, got samples={samples} and level={level}")
    return interval_of_counts(document_counts(gold, predicted), samples=samples, seed=seed, level=level)


def document_counts(gold: Iterable[Document], predicted: Iterable[Document]) -> list[Counts]:
    """The counts of each document, over all labels.

    Raises:
        DataError: see `pair_documents`.
    """
    return [Scores(count_matches(a.entities, b.entities)).total for a, b in pair_documents(gold, predicted)]


def counts_table(counts: Sequence[Counts]) -> np.ndarray:
    """Per document, hits, and gold plus predicted entities, int64 (documents, 2): the input of micro F1."""
    return np.array([(each.hits, each.gold + each.predicted) for each in counts], dtype=np.int64).reshape(-1, 2)


def resampled_sums(table: np.ndarray, *, samples: int, seed: int) -> Iterator[np.ndarray]:
    """Sums over rows of a table (documents, columns) drawn with replacement, (columns,) per draw."""
    rng = np.random.default_rng(seed)
    for _ in range(samples):  # one at a time: all draws at once would need samples x documents numbers
        drawn = rng.integers(len(table), size=len(table))  # (documents,)
        yield np.bincount(drawn, minlength=len(table)) @ table


def interval_of_counts(
    counts: Sequence[Counts], *, samples: int = 1000, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """As `bootstrap_interval`, from the counts of each document; (0, 0) without documents."""
    if not counts:
        return 0.0, 0.0
    sums = np.array(list(resampled_sums(counts_table(counts), samples=samples, seed=seed)))  # (samples, 2)
    f1 = 2.0 * sums[:, 0] / np.maximum(sums[:, 1], 1)  # (samples,)
    low, high = np.quantile(f1, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
