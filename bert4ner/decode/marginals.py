"""Exact probabilities that tokens have given tags under a linear-chain CRF, from the `lattice` of all its paths."""

from collections.abc import Sequence

import numpy as np

from bert4ner.decode.lattice import Lattice, log_sum_exp

TaggedSpan = tuple[int, int, Sequence[int] | np.ndarray]
"""Tokens [i, j) and the tag ids (j - i,) that they must have."""


def span_probabilities(
    lattice: Lattice, spans: Sequence[Sequence[TaggedSpan]], continues: np.ndarray
) -> list[list[float]]:
    """The probability of each span: its tokens have exactly these tags, and the entity ends there.

    It ends at the end of the sequence, or where the next tag does not continue the last one. The first tag itself marks
    the beginning of the entity.

    Args:
        lattice: of a batch.
        spans: the spans (i, j, tag ids) of each sequence of the batch.
        continues: bool (tags_from, tags_to), whether the second tag continues the entity of the first.

    Returns:
        the probabilities in [0, 1] for each sequence, in the order of its spans; 0 if every path is forbidden.

    Raises:
        ValueError: the number of lists or tags is wrong, or a span lies outside its sequence.
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


def _probabilities(
    lattice: Lattice, flat: list[tuple[int, int, int, Sequence[int] | np.ndarray]], continues: np.ndarray
) -> np.ndarray:
    """The probability of each of some spans (row, start, end, tags), all at once: (spans,)."""
    rows = np.array([span[0] for span in flat])  # (spans,)
    starts = np.array([span[1] for span in flat])  # (spans,)
    ends = np.array([span[2] for span in flat])  # (spans,)
    tag_ids = np.concatenate([np.asarray(span[3], dtype=np.int64) for span in flat])  # (tokens of all spans,)
    sizes = ends - starts
    firsts = np.cumsum(sizes) - sizes  # (spans,) places in tag_ids
    last = tag_ids[firsts + sizes - 1]  # (spans,)

    inner = np.delete(np.arange(len(tag_ids)), firsts)  # all but the first tokens
    owners = np.repeat(np.arange(len(flat)), sizes)[inner]  # (inner,) index of the span
    places = starts[owners] + inner - firsts[owners]  # (inner,)
    steps = (
        lattice.transitions[tag_ids[inner - 1], tag_ids[inner]]
        + lattice.emissions[rows[owners], places, tag_ids[inner]]
    )  # (inner,)
    scores = lattice.alpha(rows, starts, tag_ids[firsts]) + np.bincount(owners, steps, minlength=len(flat))

    finished = ends == lattice.lengths[rows]  # (spans,)
    following = np.minimum(ends, lattice.lengths[rows] - 1)  # (spans,)
    leaving = lattice.transitions[last] + lattice.emissions[rows, following] + lattice.beta(rows, following)
    leaving = log_sum_exp(np.where(continues[last], -np.inf, leaving))  # (spans, tags) -> (spans,)
    totals = lattice.log_partition[rows]  # (spans,)
    scores = scores + np.where(finished, lattice.ends[last], leaving) - np.where(np.isfinite(totals), totals, 0.0)
    return np.exp(np.minimum(scores, 0.0))
