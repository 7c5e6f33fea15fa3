"""Biaffine spans: a bilinear form of each label over one vector of the first and one of the last token."""

from typing import Any, final

from bert4ner.compat.frameworks import keras, tf
from bert4ner.models.heads.span_matrix import SpanMatrixHead


@final
class BiaffineHead(SpanMatrixHead):
    """Scores a span by [s_i; 1] U_label [e_j; 1], with s and e each from a layer of their own and a leaky ReLU.

    The ones make the form affine: besides the product it holds a term of either token and a constant. Published with a
    softmax over labels and none; here each label decides for itself, with the loss of all span matrices.

    Args:
        labels: entity labels, in the order that numbers them.
        head_size: width of s and e.
        nesting: which entities may share tokens; of those that may not, the heaviest choice is decoded.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, labels, length, length)``.

    References:
        Dozat and Manning 2017, Deep Biaffine Attention for Neural Dependency Parsing; Yu, Bohnet and Poesio 2020, Named
        Entity Recognition as Dependency Parsing.
    """

    def build(self, input_shape: Any) -> None:
        self.starts = keras.layers.Dense(self.head_size, name="starts", dtype="float32")
        self.ends = keras.layers.Dense(self.head_size, name="ends", dtype="float32")
        for dense in (self.starts, self.ends):
            with tf.name_scope(dense.name):                         # else both have variables of one name
                dense.build(input_shape)
        size = self.head_size + 1
        initializer = keras.initializers.RandomNormal(stddev=1 / size)             # a spread near 1 before training
        self.forms = self.add_weight(name="forms", shape=(len(self.labels), size, size), initializer=initializer)
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        features = self.dropout_layer(features)
        starts, ends = (
            _with_one(tf.nn.leaky_relu(dense(features), 0.1)) for dense in (self.starts, self.ends)
        )                                                                          # (batch, length, size)
        forms = tf.einsum("bis,lst->blit", starts, self.forms)                     # (batch, labels, length, size)
        return tf.matmul(forms, ends[:, None], transpose_b=True) + self.prior


def _with_one(vectors: Any) -> Any:
    """Vectors (batch, length, size) with a 1 appended to each."""
    return tf.concat([vectors, tf.ones_like(vectors[..., :1])], axis=-1)
