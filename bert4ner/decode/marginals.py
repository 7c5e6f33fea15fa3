"""Exact probabilities under a linear-chain CRF: the partition function, and that of a span of tags, in numpy.

Everything is in log space and float64; -inf transitions, starts or ends forbid. Best paths are in `viterbi`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bert4ner.decode.viterbi import by_length, checked_emissions

TaggedSpan = tuple[int, int, Sequence[int] | np.ndarray]
"""Tokens [i, j) and the tag numbers (j - i,) that they must have."""


class Lattice:
    """All paths through a batch, summed up forwards and backwards.

    Attributes:
        emissions: float64 (batch, length, tags).
        lengths: int64 (batch,).
        alphas: (batch, length, tags), log of the summed scores of all beginnings up to a tag, its emission counted.
        betas: (batch, length, tags), the same for all continuations after a tag, its emission not counted.
        log_partition: (batch,), log of the summed scores of all paths: 0 for a sequence of length 0, -inf where every
            path is forbidden. In padding `alphas` and `betas` are -inf.

    Raises:
        ValueError: shapes that do not agree.
    """

    def __init__(
        self, emissions: ArrayLike, lengths: ArrayLike, transitions: ArrayLike, starts: ArrayLike | None = None,
        ends: ArrayLike | None = None,
    ) -> None:
        self.transitions = np.array(transitions, dtype=np.float64)                      # (tags_from, tags_to)
        tags = len(self.transitions)
        self.starts = np.zeros(tags) if starts is None else np.array(starts, dtype=np.float64)      # (tags,)
        self.ends = np.zeros(tags) if ends is None else np.array(ends, dtype=np.float64)            # (tags,)
        if self.transitions.shape != (tags, tags) or not self.starts.shape == self.ends.shape == (tags,):
            raise ValueError(
                "transitions must have shape (tags, tags), starts and ends (tags,), received "
                f"{self.transitions.shape}, {self.starts.shape}, {self.ends.shape}"
            )
        self.emissions = checked_emissions(emissions, "(batch, length, tags)", tags, np.float64)
        self.lengths, order, active = by_length(lengths, self.emissions.shape)
        batch = len(order)
        self.alphas = np.full(self.emissions.shape, -np.inf)                            # (batch, length, tags)
        self.betas = np.full(self.emissions.shape, -np.inf)                             # (batch, length, tags)
        self.log_partition = np.zeros(batch)                                            # (batch,)
        if active:
            self._forward(order, active)
            self._backward(order, active)
            rows = order[: active[0]]                                                   # those with a token
            last = self.alphas[rows, self.lengths[rows] - 1]                            # (rows, tags)
            self.log_partition[rows] = log_sum_exp(last + self.ends)

    def _forward(self, order: np.ndarray, active: list[int]) -> None:
        rows = order[: active[0]]
        alphas = self.starts + self.emissions[rows, 0]                                  # (rows, tags)
        self.alphas[rows, 0] = alphas
        for step, num in enumerate(active[1:], start=1):
            rows = order[:num]
            alphas = _log_product(alphas[:num], self.transitions) + self.emissions[rows, step]
            self.alphas[rows, step] = alphas

    def _backward(self, order: np.ndarray, active: list[int]) -> None:
        betas = np.tile(self.ends, (len(order), 1))                                     # (batch, tags)
        returning = np.ascontiguousarray(self.transitions.T)                            # (tags_to, tags_from)
        for step in range(len(active) - 1, -1, -1):
            if step + 1 < len(active):
                num = active[step + 1]                                                  # those that do not end here
                betas[:num] = _log_product(self.emissions[order[:num], step + 1] + betas[:num], returning)
            self.betas[order[: active[step]], step] = betas[: active[step]]


def log_partition(
    emissions: ArrayLike, lengths: ArrayLike, transitions: ArrayLike, starts: ArrayLike | None = None,
    ends: ArrayLike | None = None,
) -> np.ndarray:
    """Log of the summed scores of all paths, float64 (batch,); arguments as for `Lattice`."""
    return Lattice(emissions, lengths, transitions, starts, ends).log_partition


def span_probabilities(
    lattice: Lattice, spans: Sequence[Sequence[TaggedSpan]], continues: np.ndarray
) -> list[list[float]]:
    """The probability of each span: that its tokens have exactly these tags and that the entity ends there.

    It ends where the sequence does or the next tag does not go on with the last one. That it begins there is said by
    its first tag.

    Args:
        lattice: of a batch.
        spans: for each sequence of the batch its spans (i, j, tag numbers).
        continues: bool (tags_from, tags_to), does the second tag go on with the entity of the first?

    Returns:
        for each sequence the probabilities in [0, 1] in the order of its spans; 0 where every path is forbidden.

    Raises:
        ValueError: not one list for each sequence, a span outside its sequence, or not one tag for each token.
    """
    if len(spans) != len(lattice.lengths):
        raise ValueError(f"spans must hold {len(lattice.lengths)} lists, one for each sequence, received {len(spans)}")
    flat = [(row, *span) for row, sequence in enumerate(spans) for span in sequence]
    for row, start, end, tag_ids in flat:
        if not 0 <= start < end <= lattice.lengths[row] or len(tag_ids) != end - start:
            raise ValueError(
                f"a span must be tokens in [0, {lattice.lengths[row]}) with one tag each, received [{start}, {end}) "
                f"with {len(tag_ids)} tags in sequence {row}"
            )
    probabilities = iter(_probabilities(lattice, flat, np.asarray(continues, dtype=bool)).tolist() if flat else [])
    return [[next(probabilities) for _ in sequence] for sequence in spans]


def _probabilities(lattice: Lattice, flat: list[tuple], continues: np.ndarray) -> np.ndarray:
    """The probability of each of some spans (row, start, end, tags), all at once: (spans,)."""
    rows = np.array([span[0] for span in flat])                                         # (spans,)
    starts = np.array([span[1] for span in flat])                                       # (spans,)
    ends = np.array([span[2] for span in flat])                                         # (spans,)
    tag_ids = np.concatenate([np.asarray(span[3], dtype=np.int64) for span in flat])    # (tokens of all spans,)
    sizes = ends - starts
    firsts = np.cumsum(sizes) - sizes                                                   # (spans,) places in tag_ids
    last = tag_ids[firsts + sizes - 1]                                                  # (spans,)

    inner = np.delete(np.arange(len(tag_ids)), firsts)                                  # all but the first tokens
    owners = np.repeat(np.arange(len(flat)), sizes)[inner]                              # (inner,) number of the span
    places = starts[owners] + inner - firsts[owners]                                    # (inner,)
    steps = (lattice.transitions[tag_ids[inner - 1], tag_ids[inner]]
             + lattice.emissions[rows[owners], places, tag_ids[inner]])                 # (inner,)
    scores = lattice.alphas[rows, starts, tag_ids[firsts]] + np.bincount(owners, steps, minlength=len(flat))

    finished = ends == lattice.lengths[rows]                                            # (spans,)
    following = np.minimum(ends, lattice.lengths[rows] - 1)                             # (spans,)
    leaving = lattice.transitions[last] + lattice.emissions[rows, following] + lattice.betas[rows, following]
    leaving = log_sum_exp(np.where(continues[last], -np.inf, leaving))                  # (spans, tags) -> (spans,)
    totals = lattice.log_partition[rows]                                                # (spans,)
    scores = scores + np.where(finished, lattice.ends[last], leaving) - np.where(np.isfinite(totals), totals, 0.0)
    return np.exp(np.minimum(scores, 0.0))


def log_sum_exp(scores: np.ndarray) -> np.ndarray:
    """Log of the summed exponentials over the last axis; -inf where all are -inf, without a warning."""
    peak = scores.max(axis=-1, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    with np.errstate(divide="ignore"):
        return np.log(np.exp(scores - peak).sum(axis=-1)) + peak[..., 0]


def _log_product(scores: np.ndarray, transitions: np.ndarray) -> np.ndarray:
    """Log of exp(scores) @ exp(transitions): (rows, tags_from), (tags_from, tags_to) -> (rows, tags_to).

    A matrix product of numbers scaled to at most 1 is right wherever its result is far from underflow; the rows where
    it is not (all that is not forbidden hangs on scores hundreds below the best) are summed term by term.
    """
    peak = scores.max(axis=-1, keepdims=True)                                           # (rows, 1)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    scale = transitions.max(initial=-np.inf)
    scale = scale if np.isfinite(scale) else 0.0
    summed = np.exp(scores - peak) @ np.exp(transitions - scale)                        # (rows, tags_to)
    with np.errstate(divide="ignore"):
        result = np.log(summed) + peak + scale
    unsafe = np.flatnonzero((summed < 1e-200).any(axis=-1))
    if len(unsafe):
        result[unsafe] = log_sum_exp(scores[unsafe, None, :] + transitions.T)
    return result
