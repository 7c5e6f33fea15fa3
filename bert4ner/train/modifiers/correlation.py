"""CORAL: aligns the covariances of features of windows with and without labels."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.train.modifiers.domains import BetweenDomains, shares


@final
class Correlation(BetweenDomains):
    """Adds weight * |C - D|² / (4 d²): C and D the covariances of windows with and without labels, d their width.

    |.|² is the sum of squares of all elements. Covariances are sample covariances, divided by the number of windows
    minus 1; a batch with fewer than two windows of either kind adds 0. `BetweenDomains` defines a window's vector.

    Args:
        weight: weight of the distance; 0 or more.

    Raises:
        ConfigError: `weight` is outside its range.

    References:
        Sun and Saenko 2016, Deep CORAL: Correlation Alignment for Deep Domain Adaptation.
    """

    def __init__(self, weight: float = 1.0):
        super().__init__("coral", weight)

    def distance(self, features: Any, labelled: Any) -> Any:
        """The distance between the covariances."""
        apart = _covariance(features, labelled) - _covariance(features, ~labelled)
        enough = tf.reduce_all(tf.math.count_nonzero(tf.stack([labelled, ~labelled]), axis=1) > 1)
        return tf.cast(enough, "float32") * tf.reduce_sum(tf.square(apart)) / (4.0 * features.shape[-1] ** 2)


def _covariance(features: Any, chosen: Any) -> Any:
    """The covariance (width, width) of the chosen rows (batch,) of features (batch, width); 0 for fewer than two."""
    mean = tf.linalg.matvec(features, shares(chosen), transpose_a=True)  # (width,)
    counted = tf.cast(chosen, "float32")
    centred = (features - mean) * counted[:, None]
    return tf.math.divide_no_nan(tf.matmul(centred, centred, transpose_a=True), tf.reduce_sum(counted) - 1.0)
