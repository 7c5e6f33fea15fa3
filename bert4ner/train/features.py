"""Captures the head's input features of windows without an extra forward pass or a permanent change to layers."""

from collections.abc import Callable
from typing import Any

from bert4ner.backend.calls import replaced_call
from bert4ner.backend.frameworks import tf
from bert4ner.models.heads.text import text_positions
from bert4ner.models.ner_model import NERModel
from bert4ner.text.windows import SPECIAL_TOKENS
from bert4ner.train.step import Batch, Loss


class Features:
    """A vector for each window: the mean of the head's input over the text of the window, before dropout.

    If the encoder reads a window after several queries (`mrc`), it is also the mean over the queries.

    Args:
        network: a network of `build_model`.
    """

    def __init__(self, network: Any):
        model = NERModel.of(network)
        self._head, self._padding = model.head, model.vocabulary.pad_id

    def noted(self, compute: Callable[[Batch], Loss], batch: Batch) -> tuple[Loss, Any]:
        """A loss, and the features of its windows in the first forward pass, ``(batch, width)`` float32.

        Args:
            compute: the computation that a modifier receives; it may make several forward passes.
            batch: its argument.
        """
        found: list[Any] = []
        own = self._head.call

        def call(features: Any, *args: Any, **kwargs: Any) -> Any:
            found.append(features)
            return own(features, *args, **kwargs)

        with replaced_call(self._head, call):
            loss = compute(batch)
        return loss, self._pooled(found[0], batch.inputs[0])

    def _pooled(self, features: Any, token_ids: Any) -> Any:
        """The means (batch, width) of features (batch, …, length, width) over the text and the axes between."""
        real = tf.cast(tf.not_equal(token_ids, tf.cast(self._padding, token_ids.dtype)), "int32")  # (batch, length)
        inside = text_positions(tf.reduce_sum(real, axis=1) - SPECIAL_TOKENS, tf.shape(token_ids)[1])
        features = tf.cast(features, "float32")
        features = tf.reduce_mean(features, axis=list(range(1, features.shape.rank - 2)))  # (batch, length, width)
        total = tf.reduce_sum(tf.where(inside[..., None], features, 0), axis=1)
        return tf.math.divide_no_nan(total, tf.reduce_sum(tf.cast(inside, "float32"), axis=1)[:, None])
