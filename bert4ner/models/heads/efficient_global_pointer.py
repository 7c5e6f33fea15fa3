"""Efficient GlobalPointer: one matrix says which spans are entities, a term of each label and token of which label."""

from typing import Any, final

from bert4ner.compat.frameworks import keras, tf
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_matrix import SpanMatrixHead


@final
class EfficientGlobalPointerHead(SpanMatrixHead):
    """Scores a span by q_i . k_j / sqrt(head_size) for all labels, plus a term of each label for i and one for j.

    The terms of the labels are linear in [q; k] of the token, so that the weights hardly grow with the labels.

    Args:
        labels: entity labels, in the order that numbers them.
        head_size: width of q and k, even.
        flat: decode, of entities that overlap, the choice with the greatest sum of scores.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, labels, length, length)``.

    References:
        Su Jianlin 2022, https://kexue.fm/archives/8877.
    """

    def build(self, input_shape: Any) -> None:
        self.projection = self._dense("projection", 2 * self.head_size)
        self.labelling = self._dense("labelling", 2 * len(self.labels))
        for dense, width in ((self.projection, input_shape[-1]), (self.labelling, 2 * self.head_size)):
            with tf.name_scope(dense.name):                         # else both have variables of one name
                dense.build((None, None, width))
        super().build(input_shape)

    def _dense(self, name: str, units: int) -> Any:
        return keras.layers.Dense(units, kernel_initializer="lecun_normal", name=name, dtype="float32")

    def call(self, features: Any) -> Any:
        projected = self.projection(self.dropout_layer(features))                          # (batch, length, 2 * size)
        queries, keys = rotate(projected[..., ::2]), rotate(projected[..., 1::2])
        spans = tf.matmul(queries, keys, transpose_b=True) / self.head_size**0.5           # (batch, length, length)
        terms = tf.transpose(self.labelling(projected), [0, 2, 1]) / 2                     # (batch, 2 * labels, length)
        lasts, firsts = terms[:, ::2, None, :], terms[:, 1::2, :, None]
        return spans[:, None] + lasts + (firsts + self.prior)
