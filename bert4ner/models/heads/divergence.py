"""The divergence of two outputs of one head for the same windows: the mean of both Kullback-Leibler divergences.

For probabilities p and q it is half the sum of (p - q) * (log p - log q). It and its gradient are exactly 0 where both
are equal.
"""

from typing import Any

from bert4ner.backend.frameworks import tf


def of_classes(one: Any, other: Any, counted: Any) -> Any:
    """The divergence of softmax distributions over the last axis, summed over those that count, ``(batch,)``.

    Args:
        one: logits, ``(batch, …, classes)``; where they do not count, any value, even NaN.
        other: likewise.
        counted: which distributions count, ``(batch, …)``.
    """
    logs = [tf.nn.log_softmax(tf.where(counted[..., None], logits, 0)) for logits in (one, other)]
    return _half_of_both((tf.exp(logs[0]) - tf.exp(logs[1])) * (logs[0] - logs[1]))


def of_binary(one: Any, other: Any, counted: Any) -> Any:
    """The divergence of independent binary variables, summed over those that count, ``(batch,)``.

    Args:
        one: their logits, ``(batch, …)``; where they do not count, any value, even NaN.
        other: likewise.
        counted: which variables count, bool of that shape, or of one that broadcasts to it.
    """
    one, other = (tf.where(counted, logits, 0) for logits in (one, other))
    return _half_of_both((tf.sigmoid(one) - tf.sigmoid(other)) * (one - other))  # log p / (1 - p) is the logit


def _half_of_both(terms: Any) -> Any:
    return tf.reduce_sum(terms, axis=list(range(1, terms.shape.rank))) / 2
