"""The best path and the n best paths through emissions and transitions, in NumPy, whole batches at a time.

It only scores paths; probabilities are in `marginals`. It knows no tag names: -inf means forbidden.
"""

import numpy as np
from numpy.typing import ArrayLike

from bert4ner.decode.arrays import FloatArray, IntArray
from bert4ner.decode.nbest import list_viterbi


class ViterbiDecoder:
    """Finds the tag paths with the highest score: starts + emissions + transitions + ends.

    Arguments are copied; inputs are never changed. A score of -inf forbids. Subclasses may rely on the read-only
    attributes `transitions` (tags_from, tags_to), `starts` (tags,) and `ends` (tags,).

    Args:
        transitions: (tags_from, tags_to).
        starts: (tags,) score of beginning with a tag; 0 if not given.
        ends: (tags,) score of ending with a tag; 0 if not given.

    Raises:
        ValueError: shapes do not agree.

    Example:
        >>> from bert4ner import ViterbiDecoder
        >>> ViterbiDecoder([[0, 0], [-9, 0]]).decode([[0.0, 1.0], [0.5, 0.0]]).tolist()
        [1, 1]

    References:
        Viterbi 1967, Error bounds for convolutional codes; Forney 1973, The Viterbi algorithm. The n best paths:
        Seshadri and Sundberg 1994, List Viterbi decoding algorithms with applications.
    """

    def __init__(self, transitions: ArrayLike, starts: ArrayLike | None = None, ends: ArrayLike | None = None) -> None:
        self.transitions = _frozen(transitions)
        if self.transitions.ndim != 2 or len(set(self.transitions.shape)) != 1:
            raise ValueError(f"transitions must have shape (tags, tags), received {self.transitions.shape}")
        tags = len(self.transitions)
        self.starts = _frozen(np.zeros(tags, self.transitions.dtype) if starts is None else starts)
        self.ends = _frozen(np.zeros(tags, self.transitions.dtype) if ends is None else ends)
        for name, scores in (("starts", self.starts), ("ends", self.ends)):
            if scores.shape != (tags,):
                raise ValueError(f"{name} must have shape (tags,) = ({tags},), received {scores.shape}")

    def decode(self, emissions: ArrayLike) -> IntArray:
        """The best path, int32 (length,), of emissions (length, tags).

        Raises:
            ValueError: wrong shape, or no path is allowed.
        """
        checked = self._checked(emissions, "(length, tags)")
        return self.decode_batch(checked[None], [len(checked)])[0]

    def decode_batch(self, emissions: ArrayLike, lengths: ArrayLike) -> list[IntArray]:
        """The best path of each sequence, int32 (its length,); padding is ignored.

        Args:
            emissions: (batch, length, tags).
            lengths: (batch,) number of tokens in each sequence; 0 gives an empty path.

        Raises:
            ValueError: wrong shapes, or a sequence has no allowed path.
        """
        emissions = self._checked(emissions, "(batch, length, tags)")
        lengths, order, active = by_length(lengths, emissions.shape)
        num_steps = len(active)
        by_step = np.ascontiguousarray(emissions[order, :num_steps].transpose(1, 0, 2))  # (length, batch, tags)
        best = self._best_beginnings(by_step, active)  # (length, batch, tags)
        running = order[: active[0] if num_steps else 0]  # those with a token
        self._check_reachable(best[lengths[running] - 1, np.arange(len(running))] + self.ends, emissions.shape)
        paths = np.empty((len(order), num_steps), dtype=np.int32)  # (batch, length)
        paths[order] = self._traced(best, active)
        return [path[:length].copy() for path, length in zip(paths, lengths.tolist(), strict=True)]

    def _best_beginnings(self, by_step: FloatArray, active: list[int]) -> FloatArray:
        """The best score of all beginnings up to each tag with its emission, (length, batch, tags)."""
        tags = len(self.transitions)
        leaving = self.transitions[:, None, :]  # (tags_from, 1, tags_to)
        arrivals = np.empty((tags, by_step.shape[1], tags), dtype=by_step.dtype)  # (tags_from, batch, tags_to)
        best = np.zeros_like(by_step)  # (length, batch, tags)
        for step, num in enumerate(active):  # the first num sequences have this step
            if step == 0:
                best[0, :num] = self.starts + by_step[0, :num]
                continue
            np.add(best[step - 1, :num].T[:, :, None], leaving, out=arrivals[:, :num])
            np.maximum.reduce(arrivals[:, :num], axis=0, out=best[step, :num])
            best[step, :num] += by_step[step, :num]
        return best

    def _traced(self, best: FloatArray, active: list[int]) -> IntArray:
        """The best paths (batch, length) from best scores (length, batch, tags); 0 after a sequence's end.

        The tag that led to a score is only computed for the tags on the path.
        """
        arriving = np.ascontiguousarray(self.transitions.T)  # (tags_to, tags_from)
        paths = np.zeros((best.shape[1], len(active)), dtype=np.int32)  # (batch, length)
        going = 0  # sequences that have a later step
        for step in range(len(active) - 1, -1, -1):
            scores = best[step, : active[step]] + self.ends  # (num, tags)
            if going:
                scores[:going] = best[step, :going] + arriving[paths[:going, step + 1]]
            paths[: active[step], step] = scores.argmax(axis=-1)
            going = active[step]
        return paths

    def n_best(self, emissions: ArrayLike, n: int) -> list[tuple[IntArray, float]]:
        """The n best different paths with their scores, best first; fewer where fewer are allowed.

        Args:
            emissions: (length, tags).
            n: maximum number of paths.

        Raises:
            ValueError: wrong shape, n below 1, or no path is allowed.
        """
        checked = self._checked(emissions, "(length, tags)")
        return self.n_best_batch(checked[None], [len(checked)], n)[0]

    def n_best_batch(self, emissions: ArrayLike, lengths: ArrayLike, n: int) -> list[list[tuple[IntArray, float]]]:
        """As `n_best` for each sequence: int32 (its length,) and a score for each path; see `decode_batch`."""
        emissions = self._checked(emissions, "(batch, length, tags)")
        if n < 1:
            raise ValueError(f"n must be at least 1, received {n}")
        _, order, active = by_length(lengths, emissions.shape)
        by_step = emissions[order, : len(active)].transpose(1, 0, 2).astype(np.float64)  # (length, batch, tags)
        best = self._best_beginnings(np.ascontiguousarray(by_step), active)
        found = list_viterbi(best, self.transitions, self.ends, active, n)
        tops = np.array([scores[:1] if len(scores) else [-np.inf] for _, scores in found])
        self._check_reachable(tops, emissions.shape)
        nothing = (np.zeros((1, 0), dtype=np.int32), np.zeros(1))
        result: list[list[tuple[IntArray, float]]] = [[] for _ in order]
        for place, row in enumerate(order):
            paths, scores = found[place] if place < len(found) else nothing
            result[row] = list(zip(paths, scores.tolist(), strict=True))
        return result

    def _checked(self, emissions: ArrayLike, axes: str) -> FloatArray:
        return checked_emissions(emissions, axes, len(self.transitions), self.transitions.dtype)

    def _check_reachable(self, scores: FloatArray, shape: tuple[int, ...]) -> None:
        """Refuse rows of final scores (batch, tags) without a finite best."""
        if scores.size and not np.isfinite(scores.max(axis=-1)).all():
            raise ValueError(
                f"no path has a finite score: emissions {shape} with transitions {self.transitions.shape} forbid every "
                "path or contain NaN"
            )


def checked_emissions(emissions: ArrayLike, axes: str, tags: int, least: np.dtype | type) -> FloatArray:
    """Emissions in a floating type of at least `least`; `axes` names the expected shape.

    Raises:
        ValueError: the number of axes or of tags is wrong.
    """
    emissions = np.asarray(emissions)
    if emissions.ndim != axes.count(",") + 1 or emissions.shape[-1] != tags:
        raise ValueError(f"emissions must have shape {axes} with {tags} tags, received {emissions.shape}")
    return emissions.astype(np.result_type(emissions, least), copy=False)


def by_length(lengths: ArrayLike, shape: tuple[int, ...]) -> tuple[IntArray, IntArray, list[int]]:
    """Check lengths (batch,) against emissions of `shape`, and order sequences from long to short.

    Returns:
        the lengths (batch,), the order from long to short (batch,), and the number of sequences that have each step.

    Raises:
        ValueError: not one length for each sequence, or one outside [0, length].
    """
    lengths = np.asarray(lengths)  # (batch,)
    if lengths.shape != shape[:1]:
        raise ValueError(f"lengths must have shape (batch,) = ({shape[0]},), received {lengths.shape}")
    if len(lengths) and not (lengths.min() >= 0 and lengths.max() <= shape[1]):
        raise ValueError(f"lengths must be in [0, {shape[1]}], received {lengths.min()} to {lengths.max()}")
    lengths = lengths.astype(np.int64)
    order = np.argsort(-lengths, kind="stable")  # (batch,)
    steps = np.arange(lengths.max(initial=0))  # (length,)
    active = len(lengths) - np.searchsorted(np.sort(lengths), steps, side="right")  # (length,)
    return lengths, order, active.tolist()


def _frozen(scores: ArrayLike) -> FloatArray:
    scores = np.array(scores)
    if scores.dtype != np.float32:
        scores = scores.astype(np.float64)
    scores.setflags(write=False)
    return scores
