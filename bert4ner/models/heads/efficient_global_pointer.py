"""Efficient GlobalPointer: one matrix says which spans are entities, a term of each label and token of which label."""

from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.decode.chances import logistic
from bert4ner.models.heads.base import built, scaled
from bert4ner.models.heads.pair_targets import unpack_targets
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_loss import allowed_spans, loss_of_entities
from bert4ner.models.heads.span_matrix import SpanMatrixHead
from bert4ner.models.heads.text import text_positions

_LARGEST = 200.0  # of each part of a logit in the loss: float64 knows the exponential of all three


@final
class EfficientGlobalPointerHead(SpanMatrixHead):
    """Scores a span by q_i . k_j / sqrt(head_size) for all labels, plus a term of each label for i and one for j.

    The terms of the labels are linear in [q; k] of the token, so that the weights hardly grow with the labels. Nor does
    the work: the parts of the logits stay apart, and the sums of exp(s_ij + a_lj + b_li) over last tokens j are a
    product of matrices, exp(s) . exp(a_l), times exp(b_l). Nothing as large as labels x length x length is made, in
    training or after.

    Args:
        labels: entity labels, in the order that numbers them.
        head_size: width of q and k, even.
        nesting: which entities may share tokens; of those that may not, the heaviest choice is decoded.
        label_weights: what the loss of a label's spans, right ones and others, is multiplied by; by default 1.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns ``(batch, length, length + 2 * labels)``: of each
            token i its s_ij for every j, its a_l as the last one, and its b_l as the first one of a span.

    References:
        Su Jianlin 2022, https://kexue.fm/archives/8877.
    """

    kind = "parts of span logits"
    token_axes = (1, 2)

    def cells(self, length: int) -> int:
        """Number of values of a window of so many tokens."""
        return 2 * length * (length + len(self.labels))  # the loss computes in float64

    def build(self, input_shape: Any) -> None:
        """Creates the projection to queries and keys and the terms of every label."""
        dense, size = keras.layers.Dense, 2 * self.head_size
        self.projection = built(dense, size, input_shape[-1], "projection", kernel_initializer="lecun_normal")
        self.labelling = built(dense, 2 * len(self.labels), size, "labelling", kernel_initializer="lecun_normal")
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Parts (batch, length, length + 2 * labels), which `logits` adds up, from features (batch, length, width)."""
        projected = self.projection(self.dropout_layer(features))  # (batch, length, 2 * size)
        queries, keys = rotate(projected[..., ::2]), rotate(projected[..., 1::2])
        spans = tf.matmul(queries / self.head_size**0.5, keys, transpose_b=True)  # (batch, length, length)
        terms = self.labelling(projected) / 2  # (batch, length, 2 * labels)
        firsts = terms[..., 1::2] + self.prior[:, 0, 0]
        return tf.concat([spans, terms[..., ::2], firsts], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (batch, length, length + 2 * labels)."""
        length = input_shape[1]
        return (input_shape[0], length, length and length + 2 * len(self.labels))

    def _parts(self, outputs: Any) -> tuple[Any, Any, Any]:
        """The parts s (…, length, length), a and b (…, length, labels)."""
        labels = len(self.labels)
        return outputs[..., : -2 * labels], outputs[..., -2 * labels : -labels], outputs[..., -labels:]

    def logits(self, outputs: Any) -> Any:
        """The parts added up: (batch, labels, length, length)."""
        spans, lasts, firsts = self._parts(outputs)
        lasts, firsts = tf.transpose(lasts, [0, 2, 1]), tf.transpose(firsts, [0, 2, 1])  # (batch, labels, length)
        return spans[:, None] + lasts[:, :, None] + firsts[..., None]

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``, the same as of all span matrices.

        The pairs of tokens that are, or may be, an entity of some label are taken out of the product and added label by
        label, those labels left out that are right or open: nothing is subtracted, so that no digits are lost.
        """
        lengths, rows, cells, real, left_open = unpack_targets(targets)
        listed = real | left_open
        width, number = tf.shape(outputs)[1], len(self.labels)
        spans, lasts, firsts = (
            tf.clip_by_value(tf.cast(part, "float64"), -_LARGEST, _LARGEST) for part in self._parts(outputs)
        )
        inside = text_positions(lengths, width)  # (batch, length)
        lasts, firsts = (tf.where(inside[..., None], part, 0.0) for part in (lasts, firsts))
        labels, starts, ends = tf.unstack(tf.where(listed[..., None], cells, 0), axis=-1)  # (batch, cells) each
        places = tf.stack([rows, starts, ends], axis=-1)
        terms = tf.gather(lasts, ends, batch_dims=1) + tf.gather(firsts, starts, batch_dims=1)
        every = tf.gather_nd(spans, places)[..., None] + terms  # (batch, cells, labels)
        every = tf.where(listed[..., None], every, 0.0)  # what no cell was read from may be anything, NaN, too
        found = tf.where(real, tf.gather(every, labels, batch_dims=2), np.inf)  # (batch, cells)
        others = _sums(tf.where(allowed_spans(inside), spans, -np.inf), lasts, firsts, places)
        wrong = _wrong(every, labels, starts, ends, listed)  # (batch, cells, labels)
        others = tf.tensor_scatter_nd_add(others, places[..., :2], wrong)
        entities = loss_of_entities(found, starts * number + labels, width * number)  # of label and first token
        others = tf.math.log1p(others)
        if self.label_weights:
            weights = tf.cast(self.weight_of_label, "float64")
            others *= weights
            entities *= tf.tile(weights, [width])
        losses = tf.reduce_sum(others, axis=[1, 2]) + tf.reduce_sum(entities, axis=1)
        return tf.cast(scaled(losses, inside), "float32")

    def _spans_above(self, least: float, window: np.ndarray, length: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        spans, lasts, firsts = self._parts(window)
        spans, lasts, firsts = spans[:length, :length], lasts[:length], firsts[:length]
        # What the best label of either token does not lift above `least`, no label does.
        most = spans + lasts.max(axis=1, initial=-np.inf) + firsts.max(axis=1, initial=-np.inf)[:, None]
        starts, ends = np.nonzero(np.triu(most > least))
        logits = spans[starts, ends][:, None] + lasts[ends] + firsts[starts]  # (pairs, labels)
        rows, labels = np.nonzero(logits > least)
        return (labels, starts[rows], ends[rows]), logistic(logits[rows, labels])

    def _logit(self, window: np.ndarray, cell: tuple[int, int, int]) -> float:
        (label, first, last), (spans, lasts, firsts) = cell, self._parts(window)
        return float(spans[first, last] + lasts[last, label] + firsts[first, label])


def _sums(spans: Any, lasts: Any, firsts: Any, places: Any) -> Any:
    """The sums of exp(logit) over spans that begin with a token, of each label, but for those in `places`.

    Args:
        spans: the part of the pairs of tokens, ``(batch, length, length)``; -inf is no span.
        lasts: a part of the labels, ``(batch, length, labels)``, which is the shape of the sums, too.
        firsts: the other part, of the same shape.
        places: row, first and last token of the spans to leave out, ``(batch, cells, 3)``.
    """
    spans = tf.tensor_scatter_nd_update(spans, places, tf.fill(tf.shape(places)[:-1], np.float64(-np.inf)))
    return tf.exp(firsts) * tf.matmul(tf.exp(spans), tf.exp(lasts))


def _wrong(every: Any, labels: Any, starts: Any, ends: Any, real: Any) -> Any:
    """exp(logit) of the pairs that are entities, for the labels of which they are none, ``(batch, cells, labels)``.

    A pair that is an entity of several labels counts once, the other times it is 0.

    Args:
        every: logits of all labels, ``(batch, cells, labels)``.
        labels: numbers of the entities' labels, ``(batch, cells)``.
        starts: their first tokens, of the same shape.
        ends: their last tokens.
        real: which of them there are.
    """
    place = starts * (tf.reduce_max(ends) + 1) + ends  # a number for each pair
    same = tf.equal(place[:, :, None], place[:, None]) & real[:, None] & real[:, :, None]  # (batch, cells, cells)
    once = real & ~tf.reduce_any(tf.linalg.band_part(same, -1, 0) & ~tf.linalg.band_part(same, 0, 0), axis=-1)
    kinds = tf.one_hot(labels, tf.shape(every)[-1], dtype="float64")  # (batch, cells, labels)
    right = tf.matmul(tf.cast(same, "float64"), kinds) > 0
    return tf.where(once[..., None] & ~right, tf.exp(every), 0.0)
