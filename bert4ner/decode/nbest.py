"""The n best paths of a whole batch at once, in NumPy: list Viterbi that goes backwards with exact bounds.

The best scores of all beginnings bound the score that an ending can still reach. Of the endings that begin at one step,
only the n most promising of each sequence can belong to its n best paths: each of these completes to a path at least as
good as any path of the others. This module does not know tag names or probabilities.

References:
    Soong and Huang 1991, A Tree-Trellis Based Fast Search for Finding the N Best Sentence Hypotheses.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bert4ner.decode.arrays import FloatArray, IntArray

_LOWEST = np.finfo(np.float64).min  # above -inf, which means forbidden


class _Endings(NamedTuple):
    """Endings that begin at one step, grouped by sequence in the order of sequences."""

    rows: IntArray  # (endings,) index of the sequence
    tags: IntArray  # (endings,) at this step
    scores: FloatArray  # (endings,) of the best path with this ending
    parents: IntArray  # (endings,) index among the endings of the next step; -1 where the sequence ends here

    def picked(self, places: IntArray | NDArray[np.bool_]) -> "_Endings":
        return _Endings(self.rows[places], self.tags[places], self.scores[places], self.parents[places])


def list_viterbi(
    best: FloatArray, transitions: FloatArray, ends: FloatArray, active: list[int], n: int
) -> list[tuple[IntArray, FloatArray]]:
    """The n best different paths of each sequence with their scores, best first; fewer where fewer are allowed.

    Args:
        best: float64 (length, batch, tags), the score of the best beginning that has this tag at this step, with its
            emission; sequences from long to short.
        transitions: (tags_from, tags_to).
        ends: (tags,).
        active: number of sequences that have each step.
        n: at least 1.

    Returns:
        int32 (paths, its length) and float64 (paths,) for each sequence that has a step.
    """
    num_rows, num_tags = (active[0] if active else 0), best.shape[-1]
    least = np.full(num_rows, _LOWEST)  # for each sequence, a lower bound of its n best paths
    layers: list[_Endings] = []  # last step first
    none = np.zeros(0, np.int64)
    endings = _Endings(none, none, np.zeros(0), none)
    running = 0
    for step in range(len(active) - 1, -1, -1):
        if running:
            endings = _extended(endings, best[step, :running], transitions, least)
        if active[step] > running:
            endings = _joined(endings, best[step, running : active[step]] + ends, running, num_tags)
            running = active[step]
        endings = _most_promising(endings, n, least)
        layers.append(endings)
    return _paths(layers[::-1], active)


def _extended(endings: _Endings, best: FloatArray, transitions: FloatArray, least: FloatArray) -> _Endings:
    """All endings one step longer that may still be among the best, from `best` (rows, tags_from) of that step."""
    arrivals = best[:, None, :] + transitions.T  # (rows, tags_to, tags_from)
    with np.errstate(invalid="ignore"):  # for unreachable tags
        losses = arrivals.max(axis=-1, keepdims=True) - arrivals
    scores = endings.scores[:, None] - losses[endings.rows, endings.tags]  # (endings, tags_from)
    kept = np.flatnonzero(scores >= least[endings.rows][:, None])
    parents, tags = np.divmod(kept, scores.shape[1])
    return _Endings(endings.rows[parents], tags, scores.ravel()[kept], parents)


def _joined(endings: _Endings, last: FloatArray, first_row: int, num_tags: int) -> _Endings:
    """The endings, then those of the sequences from `first_row` on, for which this is the last step (rows, tags)."""
    allowed = np.flatnonzero(last > -np.inf)
    rows, tags = np.divmod(allowed, num_tags)
    new = _Endings(rows + first_row, tags, last.ravel()[allowed], np.full(len(allowed), -1))
    return _Endings(*(np.concatenate(parts) for parts in zip(endings, new, strict=True)))


def _most_promising(endings: _Endings, n: int, least: FloatArray) -> _Endings:
    """The n endings of each sequence with the highest scores; `least` is raised to the lowest of n."""
    if len(least) == 1 and len(endings.scores) > n:
        kept = np.argpartition(-endings.scores, n - 1)[:n]
        least[0] = endings.scores[kept].min()
        return endings.picked(kept)
    counts = np.bincount(endings.rows, minlength=len(least))  # (rows,)
    if counts.max(initial=0) <= n:
        return endings
    ordered = endings.picked(np.lexsort((-endings.scores, endings.rows)))
    ranks = np.arange(len(ordered.rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    nth = ordered.picked(ranks == n - 1)
    least[nth.rows] = nth.scores
    return ordered.picked(ranks < n)


def _paths(layers: list[_Endings], active: list[int]) -> list[tuple[IntArray, FloatArray]]:
    """Follows the endings from the first step on, where they are whole paths."""
    if not layers:
        return []
    whole = layers[0].picked(np.lexsort((-layers[0].scores, layers[0].rows)))
    paths = np.zeros((len(layers), len(whole.rows)), dtype=np.int32)  # (length, paths)
    paths[0], places = whole.tags, whole.parents
    lengths = np.searchsorted(-np.array(active), -np.arange(active[0]), side="left")  # (rows,)
    for step in range(1, len(layers)):
        running = int(np.searchsorted(whole.rows, active[step]))  # sequences from long to short
        places = places[:running]
        paths[step, :running], places = layers[step].tags[places], layers[step].parents[places]
    borders = np.searchsorted(whole.rows, np.arange(active[0] + 1))
    return [
        (
            np.ascontiguousarray(paths[: lengths[row], borders[row] : borders[row + 1]].T),
            whole.scores[borders[row] : borders[row + 1]],
        )
        for row in range(active[0])
    ]
