"""A head that classifies every token by the squares of its errors (Brier's score) in place of their logarithms."""

from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.models.heads.tagging import TagHead


@final
class BrierHead(TagHead):
    """Classifies each token by itself with Brier's score, which no single token can make very large.

    Args:
        scheme: name of the tagging scheme.
        labels: entity labels, in the order that numbers the tags.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, length, tags)``.
    """

    def sequence_loss(self, emissions: Any, tags: Any, mask: Any) -> Any:
        """Squared distances of the probabilities from the truth, summed over each row: ``(batch,)``."""
        probabilities = tf.nn.softmax(emissions)  # (batch, length, tags)
        wrong = probabilities - tf.one_hot(tf.where(mask, tags, 0), len(self.tagset))
        return tf.reduce_sum(tf.where(mask, tf.reduce_sum(wrong**2, axis=-1), 0), axis=1)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Log probabilities of the tags, ``(batch, length, tags)``."""
        return outputs - np.logaddexp.reduce(outputs, axis=-1, keepdims=True)
