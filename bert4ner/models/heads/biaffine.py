"""Biaffine spans: for each label a bilinear form over vectors of the first and the last token, and the span's size."""

from typing import Any, final

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.heads.base import built
from bert4ner.models.heads.span_matrix import SpanMatrixHead

SIZES = 32
"""How many sizes of spans are told apart, in tokens; the last is every greater one, too."""


@final
class BiaffineHead(SpanMatrixHead):
    """Scores a span by [s_i; 1] U_label [e_j; 1], with s and e each from a layer of their own and a leaky ReLU.

    The ones make the form affine: besides the product it holds a term of either token and a constant. What it does not
    know is how far apart they are, and it learns labels slowly: a term of either token straight from its features and
    one of the span's size are added for each label. Published with a softmax over labels and none; here each label
    decides for itself, with the loss of all span matrices.

    Args:
        labels: entity labels, in the order that numbers them.
        head_size: width of s and e.
        nesting: which entities may share tokens; of those that may not, the heaviest choice is decoded.
        label_weights: what the loss of a label's spans, right ones and others, is multiplied by; by default 1.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, labels, length, length)``.

    References:
        Dozat and Manning 2017, Deep Biaffine Attention for Neural Dependency Parsing; Yu, Bohnet and Poesio 2020, Named
        Entity Recognition as Dependency Parsing; Eberts and Ulges 2020, Span-based Joint Entity and Relation Extraction
        with Transformer Pre-training (sizes of spans).
    """

    def build(self, input_shape: Any) -> None:
        """Creates the layers of first and last tokens, the forms of all labels and the terms added to them."""
        dense, normal = keras.layers.Dense, keras.initializers.RandomNormal
        labels, width = len(self.labels), input_shape[-1]
        self.starts = built(dense, self.head_size, width, "starts")
        self.ends = built(dense, self.head_size, width, "ends")
        self.terms = built(dense, 2 * labels, width, "terms", use_bias=False, kernel_initializer=normal(stddev=0.02))
        size = self.head_size + 1
        initializer = normal(stddev=1 / size)  # a spread near 1 before training
        self.forms = self.add_weight(name="forms", shape=(labels, size, size), initializer=initializer)
        self.sizes = self.add_weight(name="sizes", shape=(labels, SIZES), initializer="zeros")
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Logits (batch, labels, length, length) from features (batch, length, width)."""
        features = self.dropout_layer(features)
        starts, ends = (
            _with_one(tf.nn.leaky_relu(dense(features), 0.1)) for dense in (self.starts, self.ends)
        )  # (batch, length, size)
        forms = tf.einsum("bis,lst->blit", starts, self.forms)  # (batch, labels, length, size)
        products = tf.matmul(forms, ends[:, None], transpose_b=True)  # (batch, labels, length, length)
        firsts, lasts = tf.split(tf.transpose(self.terms(features), [0, 2, 1]), 2, axis=1)
        positions = tf.range(tf.shape(features)[1])
        steps = tf.clip_by_value(positions - positions[:, None], 0, SIZES - 1)  # from the first to the last token
        terms = tf.gather(self.sizes, steps, axis=1) + self.prior  # (labels, length, length)
        return products + terms + firsts[..., None] + lasts[:, :, None]


def _with_one(vectors: Any) -> Any:
    """Vectors (batch, length, size) with a 1 appended to each."""
    return tf.concat([vectors, tf.ones_like(vectors[..., :1])], axis=-1)
