"""GlobalPointer: for each label, the inner product of two rotated vectors scores the span."""

from typing import Any, final

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_matrix import SpanMatrixHead


@final
class GlobalPointerHead(SpanMatrixHead):
    """Scores a span by q_i . k_j / sqrt(head_size), with rotary q and k for each label.

    Rotary positions make the product depend on the distance j - i; without them the head learns almost nothing.

    Args:
        labels: entity labels, in the order of their ids.
        head_size: width of q and k, even.
        nesting: which entities may share tokens; of conflicting ones, the set with the highest total score wins.
        label_weights: factor on the loss of each label's spans, positive and negative; default 1.
        dropout: share of features to drop in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, labels, length, length)``.

    References:
        Su Jianlin 2021, https://kexue.fm/archives/8373; Su et al. 2022, Global Pointer: Novel Efficient Span-based
        Approach for Named Entity Recognition.
    """

    def build(self, input_shape: Any) -> None:
        """Creates the projection to queries and keys for every label."""
        self.projection = keras.layers.Dense(
            2 * self.head_size * len(self.labels), kernel_initializer="lecun_normal", name="projection", dtype="float32"
        )
        self.projection.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Logits (batch, labels, length, length) from features (batch, length, width)."""
        projected = self.projection(self.dropout_layer(features))
        batch, length = tf.shape(features)[0], tf.shape(features)[1]
        projected = tf.reshape(projected, [batch, length, len(self.labels), 2 * self.head_size])
        projected = rotate(tf.transpose(projected, [0, 2, 1, 3]), self.head_size)  # (batch, labels, length, …)
        queries, keys = tf.split(projected, 2, axis=-1)
        return tf.matmul(queries / self.head_size**0.5, keys, transpose_b=True) + self.prior
