"""How far two outputs of one head for the same windows are apart: the mean of both Kullback-Leibler divergences.

With p and q the probabilities, that is half the sum of (p - q) * (log p - log q): where both are equal it is exactly 0,
and so is its gradient.
"""

from typing import Any

from bert4ner.backend.frameworks import tf


def of_classes(one: Any, other: Any, counted: Any) -> Any:
    """The divergence of softmax distributions over the last axis, summed over what is counted, ``(batch,)``.

    Args:
        one: logits, ``(batch, …, classes)``; what does not count may be anything, NaN, too.
        other: likewise.
        counted: which distributions count, ``(batch, …)``.
    """
    logs = [tf.nn.log_softmax(tf.where(counted[..., None], logits, 0)) for logits in (one, other)]
    return _half_of_both((tf.exp(logs[0]) - tf.exp(logs[1])) * (logs[0] - logs[1]))


def of_chances(one: Any, other: Any, counted: Any) -> Any:
    """The divergence of facts that each are so or not, summed over what is counted, ``(batch,)``.

    Args:
        one: logits of the facts, ``(batch, …)``; what does not count may be anything, NaN, too.
        other: likewise.
        counted: which facts count, of that shape or one that broadcasts to it.
    """
    one, other = (tf.where(counted, logits, 0) for logits in (one, other))
    return _half_of_both((tf.sigmoid(one) - tf.sigmoid(other)) * (one - other))  # log p / (1 - p) is the logit


def _half_of_both(terms: Any) -> Any:
    return tf.reduce_sum(terms, axis=list(range(1, terms.shape.rank))) / 2
