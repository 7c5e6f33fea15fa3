"""The best path and the n best paths through emissions and transitions, in numpy, whole batches at a time.

Scores of paths only; probabilities are in `marginals`. Knows no tag names: what is forbidden comes in as -inf.
"""

import numpy as np
from numpy.typing import ArrayLike


class ViterbiDecoder:
    """Finds the tag paths with the highest score: starts + emissions + transitions + ends.

    Arguments are copied and inputs never written to. -inf anywhere forbids. Subclasses may rely on the read-only
    attributes `transitions` (tags_from, tags_to), `starts` (tags,) and `ends` (tags,).

    Args:
        transitions: (tags_from, tags_to).
        starts: (tags,) score of beginning with a tag; 0 if not given.
        ends: (tags,) score of ending with a tag; 0 if not given.

    Raises:
        ValueError: shapes that do not agree.

    Example:
        >>> ViterbiDecoder([[0, 0], [-9, 0]]).decode([[0.0, 1.0], [0.5, 0.0]]).tolist()
        [1, 1]
    """

    def __init__(
        self, transitions: ArrayLike, starts: ArrayLike | None = None, ends: ArrayLike | None = None
    ) -> None:
        self.transitions = _frozen(transitions)
        if self.transitions.ndim != 2 or len(set(self.transitions.shape)) != 1:
            raise ValueError(f"transitions must have shape (tags, tags), received {self.transitions.shape}")
        tags = len(self.transitions)
        self.starts = _frozen(np.zeros(tags, self.transitions.dtype) if starts is None else starts)
        self.ends = _frozen(np.zeros(tags, self.transitions.dtype) if ends is None else ends)
        for name, scores in (("starts", self.starts), ("ends", self.ends)):
            if scores.shape != (tags,):
                raise ValueError(f"{name} must have shape (tags,) = ({tags},), received {scores.shape}")

    def decode(self, emissions: ArrayLike) -> np.ndarray:
        """The best path, int32 (length,), of emissions (length, tags).

        Raises:
            ValueError: wrong shape, or no path is allowed.
        """
        checked = self._checked(emissions, "(length, tags)")
        return self.decode_batch(checked[None], [len(checked)])[0]

    def decode_batch(self, emissions: ArrayLike, lengths: ArrayLike) -> list[np.ndarray]:
        """The best path of each sequence, int32 (its length,); what stands in padding does not matter.

        Args:
            emissions: (batch, length, tags).
            lengths: (batch,) tokens that count; 0 gives an empty path.

        Raises:
            ValueError: wrong shapes, or a sequence has no allowed path.
        """
        emissions = self._checked(emissions, "(batch, length, tags)")
        lengths, order, active = by_length(lengths, emissions.shape)
        num_steps, tags = len(active), len(self.transitions)
        by_step = np.ascontiguousarray(emissions[order, :num_steps].transpose(1, 0, 2))  # (length, batch, tags)
        leaving = self.transitions[:, None, :]                                          # (tags_from, 1, tags_to)
        arrivals = np.empty((tags, len(order), tags), dtype=by_step.dtype)              # (tags_from, batch, tags_to)
        best = np.zeros_like(by_step)                                                   # (length, batch, tags)
        for step, num in enumerate(active):                                             # the first num still run
            if step == 0:
                best[0, :num] = self.starts + by_step[0, :num]
                continue
            np.add(best[step - 1, :num].T[:, :, None], leaving, out=arrivals[:, :num])
            np.maximum.reduce(arrivals[:, :num], axis=0, out=best[step, :num])
            best[step, :num] += by_step[step, :num]
        running = order[: active[0] if num_steps else 0]                                # those with a token
        self._check_reachable(best[lengths[running] - 1, np.arange(len(running))] + self.ends, emissions.shape)
        paths = np.empty((len(order), num_steps), dtype=np.int32)                       # (batch, length)
        paths[order] = self._traced(best, active)
        return [path[:length].copy() for path, length in zip(paths, lengths.tolist(), strict=True)]

    def _traced(self, best: np.ndarray, active: list[int]) -> np.ndarray:
        """From best scores (length, batch, tags) the best paths (batch, length); 0 after a sequence's end.

        Which tag led to a score is found again for the one tag of each step that is on the path.
        """
        arriving = np.ascontiguousarray(self.transitions.T)                             # (tags_to, tags_from)
        paths = np.zeros((best.shape[1], len(active)), dtype=np.int32)                  # (batch, length)
        going = 0                                                                       # rows that run on
        for step in range(len(active) - 1, -1, -1):
            scores = best[step, : active[step]] + self.ends                             # (num, tags)
            if going:
                scores[:going] = best[step, :going] + arriving[paths[:going, step + 1]]
            paths[: active[step], step] = scores.argmax(axis=-1)
            going = active[step]
        return paths

    def n_best(self, emissions: ArrayLike, n: int) -> list[tuple[np.ndarray, float]]:
        """The n best different paths with their scores, best first; fewer where fewer are allowed.

        Args:
            emissions: (length, tags).

        Raises:
            ValueError: wrong shape, n below 1, or no path is allowed.
        """
        emissions = self._checked(emissions, "(length, tags)")
        if n < 1:
            raise ValueError(f"n must be at least 1, received {n}")
        length, tags = emissions.shape
        if not length:
            return [(np.zeros(0, dtype=np.int32), 0.0)]
        best = (self.starts + emissions[0]).astype(np.float64)[:, None]                 # (tags, ranks)
        pointers = []                                                                   # flat (tags_from * ranks)
        widths = [1]
        for step in range(1, length):
            arrivals = best[:, :, None] + self.transitions[:, None, :]                  # (tags_from, ranks, tags_to)
            chosen, best = _top(arrivals.reshape(-1, tags).T, n)                        # (tags_to, ranks)
            best = best + emissions[step][:, None]
            pointers.append(chosen)
            widths.append(best.shape[1])
        places, scores = _top((best + self.ends[:, None]).reshape(1, -1), n)            # (1, n)
        places, scores = places[0], scores[0]                                           # (n,)
        self._check_reachable(scores[None], emissions.shape)
        paths = np.zeros((len(places), length), dtype=np.int32)                         # (n, length)
        for step in range(length - 1, -1, -1):
            paths[:, step], ranks = np.divmod(places, widths[step])
            if step:
                places = pointers[step - 1][paths[:, step], ranks]
        return [(path, score) for path, score in zip(paths, scores.tolist(), strict=True) if score > -np.inf]

    def _checked(self, emissions: ArrayLike, axes: str) -> np.ndarray:
        return checked_emissions(emissions, axes, len(self.transitions), self.transitions.dtype)

    def _check_reachable(self, scores: np.ndarray, shape: tuple[int, ...]) -> None:
        """Refuse rows of final scores (batch, tags) without a finite best."""
        if scores.size and not np.isfinite(scores.max(axis=-1)).all():
            raise ValueError(
                f"no path has a finite score: emissions {shape} with transitions {self.transitions.shape} forbid every "
                "path or hold values that are no numbers"
            )


def checked_emissions(emissions: ArrayLike, axes: str, tags: int, least: np.dtype | type) -> np.ndarray:
    """Emissions in a floating type of at least `least`; `axes` names the shape expected.

    Raises:
        ValueError: the number of axes or of tags is another.
    """
    emissions = np.asarray(emissions)
    if emissions.ndim != axes.count(",") + 1 or emissions.shape[-1] != tags:
        raise ValueError(f"emissions must have shape {axes} with {tags} tags, received {emissions.shape}")
    return emissions.astype(np.result_type(emissions, least), copy=False)


def by_length(lengths: ArrayLike, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Check lengths (batch,) against emissions of `shape`, and order sequences so that at each step the first run.

    Returns:
        the lengths (batch,), the order from long to short (batch,), and for each step how many sequences run.

    Raises:
        ValueError: not one length for each sequence, or one outside [0, length].
    """
    lengths = np.asarray(lengths)                                                       # (batch,)
    if lengths.shape != shape[:1]:
        raise ValueError(f"lengths must have shape (batch,) = ({shape[0]},), received {lengths.shape}")
    if len(lengths) and not (lengths.min() >= 0 and lengths.max() <= shape[1]):
        raise ValueError(f"lengths must be in [0, {shape[1]}], received {lengths.min()} to {lengths.max()}")
    lengths = lengths.astype(np.int64)
    order = np.argsort(-lengths, kind="stable")                                         # (batch,)
    steps = np.arange(lengths.max(initial=0))                                           # (length,)
    active = len(lengths) - np.searchsorted(np.sort(lengths), steps, side="right")      # (length,)
    return lengths, order, active.tolist()


def _top(scores: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The places and values of the n largest of each row of (rows, places), largest first: (rows, n) each."""
    places = np.argsort(-scores, axis=-1, kind="stable")[:, :n]
    return places, np.take_along_axis(scores, places, axis=-1)


def _frozen(scores: ArrayLike) -> np.ndarray:
    scores = np.array(scores)
    if scores.dtype != np.float32:
        scores = scores.astype(np.float64)
    scores.setflags(write=False)
    return scores
