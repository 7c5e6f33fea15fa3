"""Maximum mean discrepancy between windows with and without labels (Deep Domain Confusion)."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.train.modifiers.domains import BetweenDomains, shares

_SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)


@final
class MeanDiscrepancy(BetweenDomains):
    """Adds weight times the squared maximum mean discrepancy (MMD) between windows with and without labels.

    It is the mean of k(x, x') over all pairs of windows with labels, including x = x', plus the same without labels,
    minus twice the mean of k over mixed pairs. k(x, y) is the mean over f = 1/4, 1/2, 1, 2, 4 of
    exp(-|x - y|² / (f * m)). Here m is the median of |x - y|² over pairs of different windows of the batch, without a
    gradient. The discrepancy lies in [0, 2]. Its gradient is steep where windows hardly differ, as at the beginning, so
    choose the weight with care. `BetweenDomains` defines x, and what happens to batches without one kind of windows.

    Args:
        weight: weight of the discrepancy; 0 or more.

    Raises:
        ConfigError: `weight` is outside its range.

    References:
        Gretton et al. 2012, A Kernel Two-Sample Test (the biased estimate, the median); Tzeng et al. 2014, Deep Domain
        Confusion; Long et al. 2015, Learning Transferable Features with Deep Adaptation Networks (several kernels).
    """

    def __init__(self, weight: float = 0.1):
        super().__init__("mmd", weight)

    def distance(self, features: Any, labelled: Any) -> Any:
        """The squared discrepancy."""
        squares = _squares(features)
        median = tf.stop_gradient(_median(squares))
        kernel = tf.add_n([tf.exp(-tf.math.divide_no_nan(squares, scale * median)) for scale in _SCALES])
        signed = shares(labelled) - shares(~labelled)  # (batch,)
        both = tf.cast(tf.reduce_any(labelled) & tf.reduce_any(~labelled), "float32")
        return both * tf.einsum("a,ab,b->", signed, kernel, signed) / len(_SCALES)


def _squares(features: Any) -> Any:
    """The squared distances of all pairs of rows of (batch, width): (batch, batch)."""
    features -= tf.reduce_mean(features, axis=0)  # for numerical precision: it changes no distance
    norms = tf.reduce_sum(tf.square(features), axis=1)
    squares = norms[:, None] + norms[None, :] - 2 * tf.matmul(features, features, transpose_b=True)
    return tf.maximum(tf.linalg.set_diag(squares, tf.zeros_like(norms)), 0.0)


def _median(squares: Any) -> Any:
    """The median of the off-diagonal values of a symmetric (batch, batch); 0 for a single window."""
    others = tf.logical_not(tf.eye(tf.shape(squares)[0], dtype="bool"))
    values = tf.sort(tf.boolean_mask(squares, others))  # each pair occurs twice
    half = tf.shape(values)[0] // 2
    middle = tf.stack([tf.maximum(half - 1, 0), half])
    return tf.reduce_mean(tf.gather(tf.pad(values, [[0, 1]]), middle))
