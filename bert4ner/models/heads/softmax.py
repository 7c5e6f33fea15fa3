"""Independent classification of every token: the plain head. Decoding still obeys the scheme's table."""

from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.decode.chances import log_softmax
from bert4ner.models.heads.tagging import TagHead, emissions_under


@final
class SoftmaxHead(TagHead):
    """Classifies each token by itself with cross entropy; decodes the best legal sequence of those probabilities.

    Args:
        scheme: name of the tagging scheme.
        labels: entity labels, in the order that numbers the tags.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, length, tags)``.
    """

    def sequence_loss(self, emissions: Any, tags: Any, mask: Any) -> Any:
        """The cross entropy of the tags, summed over the tokens: (batch,)."""
        logits = emissions_under(mask, emissions)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(mask, tags, 0), logits)  # (batch, length)
        return tf.reduce_sum(tf.where(mask, losses, 0), axis=1)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """The log probabilities of the tags of every token."""
        return log_softmax(outputs)
