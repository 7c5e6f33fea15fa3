"""Forward and backward sums over all paths of a linear-chain CRF, and its partition function, in NumPy.

Computes in float64. Inputs and outputs are in log space; -inf in transitions, starts or ends forbids. Best paths are in
`viterbi`.

References:
    Rabiner 1989, A Tutorial on Hidden Markov Models, sections III.A and V.A (both directions, scaling).
"""

import numpy as np
from numpy.typing import ArrayLike

from bert4ner.decode.viterbi import by_length, checked_emissions

_SAFE = 1e-200  # a sum of products of factors up to 1 below this may have lost terms


class Lattice:
    """Forward and backward sums over all paths through a batch.

    Attributes:
        emissions: float64 (batch, length, tags).
        lengths: int64 (batch,).
        log_partition: (batch,), log of the total weight of all paths: 0 for a sequence of length 0, -inf where every
            path is forbidden.

    Raises:
        ValueError: the shapes do not agree.
    """

    def __init__(
        self,
        emissions: ArrayLike,
        lengths: ArrayLike,
        transitions: ArrayLike,
        starts: ArrayLike | None = None,
        ends: ArrayLike | None = None,
    ) -> None:
        self.transitions = np.array(transitions, dtype=np.float64)  # (tags_from, tags_to)
        tags = len(self.transitions)
        self.starts = np.zeros(tags) if starts is None else np.array(starts, dtype=np.float64)  # (tags,)
        self.ends = np.zeros(tags) if ends is None else np.array(ends, dtype=np.float64)  # (tags,)
        if self.transitions.shape != (tags, tags) or not self.starts.shape == self.ends.shape == (tags,):
            raise ValueError(
                "transitions must have shape (tags, tags), starts and ends (tags,), received "
                f"{self.transitions.shape}, {self.starts.shape}, {self.ends.shape}"
            )
        self.emissions = checked_emissions(emissions, "(batch, length, tags)", tags, np.float64)
        self.lengths, order, self._active = by_length(lengths, self.emissions.shape)
        self._place = np.argsort(order)  # (batch,) of a row in `order`
        self._emissions = self.emissions[order, : len(self._active)].transpose(1, 0, 2)  # (length, batch, tags)
        steps = np.arange(len(self._active))[:, None]
        sizes = self.lengths[order]  # (batch,)
        self._real = steps < sizes  # (length, batch)
        self._turned = np.where(self._real, sizes - 1 - steps, steps)  # (length, batch), from the end
        self._sum_up()
        running = np.flatnonzero(self.lengths)  # (rows,) those with a token
        last = self.alpha(running, self.lengths[running] - 1) + self.ends  # (rows, tags)
        self.log_partition = np.zeros(len(order))  # (batch,)
        self.log_partition[running] = log_sum_exp(last)

    def _sum_up(self) -> None:
        """The scaled sums that reach each tag from either side before its emission, with their scales."""
        tops = np.where(self._real, _finite(self._emissions.max(axis=-1)), 0.0)  # (length, batch)
        weights = np.exp(np.where(self._real[..., None], self._emissions - tops[..., None], 0.0))
        highest = _finite(self.transitions.max(initial=-np.inf))
        moves = np.exp(self.transitions - highest)  # (tags_from, tags_to)
        columns = np.arange(len(self._place))
        self._unsafe = np.zeros(len(self._place), dtype=bool)  # (batch,)
        self._reached: list[tuple[np.ndarray, np.ndarray]] = []
        self._in_logs: dict[int, list[np.ndarray]] = {}
        for number, (border, passing) in enumerate(((self.starts, moves), (self.ends, moves.T))):
            top = _finite(border.max(initial=-np.inf))
            given = weights[self._turned, columns] if number else weights
            arriving, totals = _messages(given, np.exp(border - top), passing, self._active)
            self._unsafe |= ~(np.where(self._real, totals, 1.0).min(axis=0, initial=1.0) > _SAFE)
            taken = tops[self._turned, columns] if number else tops  # (length, batch)
            with np.errstate(divide="ignore", invalid="ignore"):
                taken_out = top + np.cumsum(np.log(totals) + taken + highest, axis=0)
            taken_out = np.concatenate([np.full((1, len(columns)), top), taken_out[:-1]])[: len(totals)]
            self._reached.append((arriving, taken_out))

    def alpha(self, rows: np.ndarray, steps: np.ndarray, tags: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Log of the total weight of all path beginnings up to a tag, including its emission.

        (n,), (n,) and (n,) or all tags -> (n,) or (n, tags).
        """
        return np.asarray(self._logs(0, rows, steps, tags) + self.emissions[rows, steps, tags])

    def beta(self, rows: np.ndarray, steps: np.ndarray, tags: np.ndarray | slice = slice(None)) -> np.ndarray:
        """As `alpha`, for all continuations after a tag, without its emission."""
        return self._logs(1, rows, self.lengths[rows] - 1 - steps, tags)

    def _logs(self, side: int, rows: np.ndarray, steps: np.ndarray, tags: np.ndarray | slice) -> np.ndarray:
        """Log of the sums that reach tags from side 0 or 1 before their emissions; steps count from that side."""
        places = self._place[rows]
        arriving, taken_out = self._reached[side]
        found = arriving[steps, places, tags]
        offsets = taken_out[steps, places]
        with np.errstate(divide="ignore"):
            logs: np.ndarray = np.log(found) + (offsets if found.ndim == 1 else offsets[:, None])
        for number in np.flatnonzero(self._unsafe[places]):
            own_tags = tags if isinstance(tags, slice) else tags[number]
            logs[number] = self._summed_in_logs(int(rows[number]))[side][steps[number], own_tags]
        return logs

    def _summed_in_logs(self, row: int) -> list[np.ndarray]:
        """As `_sum_up` for one row, step by step in log space: slow, but no term is lost. (length, tags) each."""
        if row in self._in_logs:
            return self._in_logs[row]
        both = []
        emissions = self.emissions[row, : self.lengths[row]]
        for border, scores, passing in (
            (self.starts, emissions, self.transitions.T),
            (self.ends, emissions[::-1], self.transitions),
        ):
            arriving = np.tile(border, (len(scores), 1))  # (length, tags)
            for step in range(1, len(scores)):
                arriving[step] = log_sum_exp(arriving[step - 1] + scores[step - 1] + passing)
            both.append(arriving)
        self._in_logs[row] = both
        return both


def _messages(
    weights: np.ndarray, first: np.ndarray, moves: np.ndarray, active: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """The sums that reach each tag before its own weight, scaled so that the previous step sums to 1, with the scales.

    Args:
        weights: (length, rows, tags), not in logs.
        first: (tags,) sums that reach the first step.
        moves: (tags_from, tags_to).
        active: number of rows that have each step.

    Returns:
        (length, rows, tags), (length, rows): 0 and 1 where a row has ended.
    """
    arriving, totals = np.zeros_like(weights), np.ones(weights.shape[:2])
    arriving[:1] = first
    moves = np.ascontiguousarray(moves)
    with np.errstate(divide="ignore", invalid="ignore"):  # such rows are computed again in logs
        for step, num in enumerate(active):
            leaving = arriving[step, :num] * weights[step, :num]  # (num, tags)
            np.add.reduce(leaving, axis=-1, out=totals[step, :num])
            if step + 1 < len(active):
                going = active[step + 1]
                scaled = leaving[:going] / totals[step, :going, None]
                np.matmul(scaled, moves, out=arriving[step + 1, :going])
    return arriving, totals


def log_partition(
    emissions: ArrayLike,
    lengths: ArrayLike,
    transitions: ArrayLike,
    starts: ArrayLike | None = None,
    ends: ArrayLike | None = None,
) -> np.ndarray:
    """Log of the total weight of all paths, float64 (batch,); takes the arguments of `Lattice`."""
    return Lattice(emissions, lengths, transitions, starts, ends).log_partition


def log_sum_exp(scores: np.ndarray) -> np.ndarray:
    """Log of the sum of exponentials over the last axis; -inf where all are -inf, without a warning."""
    peak = scores.max(axis=-1, keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(scores - peak).sum(axis=-1)) + peak[..., 0])


def _finite(scores: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(scores), scores, 0.0)
