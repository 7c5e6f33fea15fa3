"""Plans batches of windows with little padding, from the lengths of the windows alone."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

BUCKET = 8
"""Lengths are rounded up to a multiple of this: fewer shapes, and groups of windows to shuffle."""


def round_up(length: int, bucket: int) -> int:
    """The next multiple of `bucket`."""
    return -(-length // bucket) * bucket


def plan_batches(
    lengths: Sequence[int] | np.ndarray,
    *,
    batch_tokens: int,
    bucket: int = BUCKET,
    rng: np.random.Generator | None = None,
) -> list[np.ndarray]:
    """Group windows of similar length into batches of at most `batch_tokens` tokens, including padding.

    Windows are filled in from the longest to the shortest length rounded up to `bucket`; the next shorter length
    completes an incomplete batch. Each window is in exactly one batch; a window longer than `batch_tokens` is a batch
    of its own.

    Args:
        lengths: tokens of each window, (windows,).
        batch_tokens: the maximum number of tokens in a batch.
        bucket: lengths are rounded up to a multiple of this.
        rng: shuffles windows with the same rounded length, and the batches; sizes and number of batches do not depend
            on it. Without it, windows are sorted by length, shortest first.

    Returns:
        window numbers, int64 (batch,) each.
    """
    lengths = np.asarray(lengths, dtype=np.int64)  # (windows,)
    if not len(lengths):
        return []
    rounded = -(-lengths // bucket) * bucket  # (windows,)
    if rng is None:
        order = np.argsort(-lengths, kind="stable")
    else:
        order = np.lexsort((rng.permutation(len(lengths)), -rounded))
    batches = [order[start:end] for start, end in pairwise(_cuts(rounded[order], batch_tokens))]
    if rng is None:
        return batches[::-1]
    return [batches[number] for number in rng.permutation(len(batches))]


def _cuts(rounded: np.ndarray, batch_tokens: int) -> list[int]:
    """Where to cut windows with decreasing lengths; a last batch far from full gets part of the previous one."""
    cuts = [0]
    while cuts[-1] < len(rounded):
        cuts.append(min(len(rounded), cuts[-1] + max(1, batch_tokens // int(rounded[cuts[-1]]))))
    if len(cuts) > 2 and 2 * (cuts[-1] - cuts[-2]) < cuts[-2] - cuts[-3]:
        cuts[-2] = (cuts[-3] + cuts[-1] + 1) // 2
    return cuts
