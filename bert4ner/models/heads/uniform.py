"""The uniform distribution over all legal tag sequences, and the mean of their scores.

Sums over sequences run from both ends, as in `partition`. How often a tag is used depends only on the scheme and on the
number of tokens before and after it. From some number on, not even that matters: the counts of all tags then grow by
the same factor. So they are computed once, up to that number, and no loop over tokens remains.
"""

from typing import Any

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.text.schemes import TagSet


class UniformPaths:
    """The uniform distribution over the legal sequences of a tag set.

    Attributes:
        arriving: for each position, counted from the first, the number of legal beginnings that end with each tag,
            scaled to sum to 1; only as many positions as differ, ``(steps, tags)``.
        leaving: likewise the number of legal endings that begin with each tag, counted from the last position.
    """

    def __init__(self, tagset: TagSet):
        self.moves = tagset.transition_allowed.astype("float64")  # (tags_from, tags_to)
        self.arriving = _settled(tagset.start_allowed.astype("float64"), self.moves)
        self.leaving = _settled(tagset.end_allowed.astype("float64"), self.moves.T)

    def mean_score(self, emissions: Any, lengths: Any, transitions: Any, starts: Any, ends: Any) -> Any:
        """The mean log weight of all legal sequences, ``(batch,)``.

        Args:
            emissions: ``(batch, length, tags)`` float64, 0 beyond the lengths.
            lengths: ``(batch,)``, each at least 1.
            transitions: ``(tags_from, tags_to)`` float64, finite even where forbidden, like all others.
            starts: ``(tags,)`` float64.
            ends: ``(tags,)`` float64.
        """
        positions = tf.range(tf.shape(emissions)[1])
        before = tf.gather(self.arriving, tf.minimum(positions, len(self.arriving) - 1))  # (length, tags)
        left = tf.clip_by_value(lengths[:, None] - 1 - positions, 0, len(self.leaving) - 1)  # (batch, length)
        behind = tf.gather(self.leaving, left)  # (batch, length, tags)
        used = before * behind
        used /= tf.reduce_sum(used, axis=2, keepdims=True)  # the share of sequences that have each tag here
        real = tf.cast(positions < lengths[:, None], "float64")  # (batch, length)
        last = tf.gather(used, lengths - 1, batch_dims=1)  # (batch, tags)
        ways = tf.matmul(before[:-1], self.moves)  # (length - 1, tags): to each tag, from any
        scored = tf.matmul(before[:-1], self.moves * transitions)
        moved = tf.reduce_sum(scored * behind[:, 1:], axis=2) / tf.reduce_sum(ways * behind[:, 1:], axis=2)
        return (
            tf.reduce_sum(used * emissions, axis=[1, 2])
            + tf.reduce_sum(moved * real[:, 1:], axis=1)
            + tf.linalg.matvec(used[:, 0], starts)
            + tf.linalg.matvec(last, ends)
        )


def _settled(first: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """Shares (steps, tags): `first`, then after each further move, until they no longer change."""
    shares = [first / first.sum()]
    while True:
        following = shares[-1] @ moves
        following /= following.sum()
        if np.allclose(following, shares[-1], rtol=1e-14, atol=0):
            return np.array(shares)
        shares.append(following)
