"""Biaffine span scores: for each label, a bilinear form of first and last token, plus a term of the span's size."""

from typing import Any, final

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.heads.base import built
from bert4ner.models.heads.span_matrix import SpanMatrixHead

SIZES = 32
"""Number of distinct span sizes, in tokens; the last one includes all greater sizes."""


@final
class BiaffineHead(SpanMatrixHead):
    """Scores a span by [s_i; 1] U_label [e_j; 1]; s and e each come from their own layer with a leaky ReLU.

    The ones make the form affine: besides the product it has a term for each token and a constant. The form alone does
    not know how far apart the tokens are, and it learns labels slowly. So each label also has a term of the span's
    size, and a term of each token that is linear in its features. The published model has a softmax over labels and
    "no entity". Here each label is decided separately, with the loss of all span matrices.

    Args:
        labels: entity labels, in the order of their ids.
        head_size: width of s and e.
        nesting: which entities may share tokens; of conflicting ones, the set with the highest total score wins.
        label_weights: factor on the loss of each label's spans, positive and negative; default 1.
        dropout: share of features to drop in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, labels, length, length)``.

    References:
        Dozat and Manning 2017, Deep Biaffine Attention for Neural Dependency Parsing; Yu, Bohnet and Poesio 2020, Named
        Entity Recognition as Dependency Parsing; Eberts and Ulges 2020, Span-based Joint Entity and Relation Extraction
        with Transformer Pre-training (sizes of spans).
    """

    def build(self, input_shape: Any) -> None:
        """Creates the layers for first and last tokens, the bilinear forms and the added terms."""
        dense, normal = keras.layers.Dense, keras.initializers.RandomNormal
        labels, width = len(self.labels), input_shape[-1]
        self.starts = built(dense, self.head_size, width, "starts")
        self.ends = built(dense, self.head_size, width, "ends")
        self.terms = built(dense, 2 * labels, width, "terms", use_bias=False, kernel_initializer=normal(stddev=0.02))
        size = self.head_size + 1
        initializer = normal(stddev=1 / size)  # a standard deviation near 1 before training
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
        steps = tf.clip_by_value(positions - positions[:, None], 0, SIZES - 1)  # span size - 1
        terms = tf.gather(self.sizes, steps, axis=1) + self.prior  # (labels, length, length)
        return products + terms + firsts[..., None] + lasts[:, :, None]


def _with_one(vectors: Any) -> Any:
    """Vectors (batch, length, size) with a 1 appended to each."""
    return tf.concat([vectors, tf.ones_like(vectors[..., :1])], axis=-1)
