"""Independent classification of every token: the simplest head. Decoding still obeys the tagging scheme."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.decode.activations import log_softmax
from bert4ner.models.heads.class_loss import ClassLoss
from bert4ner.models.heads.label_weights import label_weights_of
from bert4ner.models.heads.tagging import TagHead, emissions_under


@final
class SoftmaxHead(TagHead):
    """Classifies each token by itself; decodes the most probable legal sequence.

    Args:
        scheme: name of the tagging scheme.
        labels: entity labels, in the order of the tag ids.
        label_smoothing: share of the target that is spread over all tags.
        focal: exponent of the focal loss, see `ClassLoss`.
        dice: share of the dice loss, see `ClassLoss`.
        label_weights: factor on the loss of tokens in entities of each label; 1 for other tokens.
        dropout: share of features to drop in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, length, tags)``.
    """

    leaves_open = True

    def __init__(
        self,
        scheme: str,
        labels: Sequence[str],
        label_weights: Mapping[str, float] | None = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        token_loss = ClassLoss.taken_from(kwargs)
        super().__init__(scheme, labels, dropout, **kwargs)
        self.token_loss = token_loss
        self.label_weights = dict(label_weights or {})
        self._weights = np.append(
            label_weights_of(self.labels, self.label_weights), np.float32(1)
        )  # the last: no label

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of this head from a configuration."""
        label_weights = config.losses.label_weights
        return {**TagHead.options(config), **ClassLoss.options(config), "label_weights": label_weights}

    def get_config(self) -> dict[str, Any]:
        """The arguments of the head, as Keras saves them."""
        return {**super().get_config(), **self.token_loss.arguments(), "label_weights": self.label_weights}

    def sequence_loss(self, emissions: Any, tags: Any, mask: Any) -> Any:
        """The loss of the tags, summed over tokens, ``(batch,)``."""
        logits, tags = emissions_under(mask, emissions), tf.where(mask, tags, 0)
        if self.token_loss.plain:  # in one operation
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tags, logits)  # (batch, length)
        else:
            losses = self.token_loss(logits, tags, mask)
        if self.label_weights:
            losses *= tf.gather(self._weights[self.tagset.label_numbers], tags)
        return tf.reduce_sum(tf.where(mask, losses, 0), axis=1)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """The log probability of every tag of every token."""
        return log_softmax(outputs)
