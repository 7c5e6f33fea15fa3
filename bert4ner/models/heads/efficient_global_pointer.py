"""Efficient GlobalPointer: one matrix scores spans for all labels; terms per label and token score the label."""

from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.decode.activations import logistic
from bert4ner.models.heads.base import built, scaled
from bert4ner.models.heads.pair_targets import unpack_targets
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_loss import allowed_spans, loss_of_entities
from bert4ner.models.heads.span_matrix import SpanMatrixHead
from bert4ner.models.heads.text import text_positions

_LARGEST = 200.0  # bound of each part of a logit in the loss: the exponential of their sum fits float64


@final
class EfficientGlobalPointerHead(SpanMatrixHead):
    """Scores a span by q_i . k_j / sqrt(head_size) for all labels, plus a term of each label for i and one for j.

    The label terms are linear in [q; k] of the token, so the number of weights hardly grows with the labels. Neither
    does the work: the parts of the logits stay separate. The sums of exp(s_ij + a_lj + b_li) over last tokens j are a
    matrix product, exp(s) . exp(a_l), times exp(b_l). No array of size labels x length x length is ever made.

    Args:
        labels: entity labels, in the order of their ids.
        head_size: width of q and k, even.
        nesting: which entities may share tokens; of conflicting ones, the set with the highest total score wins.
        label_weights: factor on the loss of each label's spans, positive and negative; default 1.
        dropout: share of features to drop in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns ``(batch, length, length + 2 * labels)``: for each
            token i its s_ij for every j, its a_l as last token, and its b_l as first token.

    References:
        Su Jianlin 2022, https://kexue.fm/archives/8877.
    """

    kind = "parts of span logits"
    token_axes = (1, 2)

    def cells(self, length: int) -> int:
        """Number of values for a window of this length."""
        return 2 * length * (length + len(self.labels))  # the loss computes in float64

    def build(self, input_shape: Any) -> None:
        """Creates the projection to queries and keys and the terms of every label."""
        dense, size = keras.layers.Dense, 2 * self.head_size
        self.projection = built(dense, size, input_shape[-1], "projection", kernel_initializer="lecun_normal")
        self.labelling = built(dense, 2 * len(self.labels), size, "labelling", kernel_initializer="lecun_normal")
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Logit parts (batch, length, length + 2 * labels) from features (batch, length, width)."""
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
        """Loss of each window, ``(batch,)``, equal to that of a head with full span matrices.

        Pairs of tokens that are, or may be, an entity of some label are excluded from the product. They are added label
        by label, without labels that are right or open. Nothing is subtracted, so no precision is lost.
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
        every = tf.where(listed[..., None], every, 0.0)  # unused places may hold any value, even NaN
        found = tf.where(real, tf.gather(every, labels, batch_dims=2), np.inf)  # (batch, cells)
        others = _sums(tf.where(allowed_spans(inside), spans, -np.inf), lasts, firsts, places)
        wrong = _wrong(every, labels, starts, ends, listed)  # (batch, cells, labels)
        others = tf.tensor_scatter_nd_add(others, places[..., :2], wrong)
        entities = loss_of_entities(found, starts * number + labels, width * number)  # by label and first token
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
        # Pairs that even the best label terms of both tokens do not lift above `least` are out for all labels.
        most = spans + lasts.max(axis=1, initial=-np.inf) + firsts.max(axis=1, initial=-np.inf)[:, None]
        starts, ends = np.nonzero(np.triu(most > least))
        logits = spans[starts, ends][:, None] + lasts[ends] + firsts[starts]  # (pairs, labels)
        rows, labels = np.nonzero(logits > least)
        return (labels, starts[rows], ends[rows]), logistic(logits[rows, labels])

    def _logit(self, window: np.ndarray, cell: tuple[int, int, int]) -> float:
        (label, first, last), (spans, lasts, firsts) = cell, self._parts(window)
        return float(spans[first, last] + lasts[last, label] + firsts[first, label])


def _sums(spans: Any, lasts: Any, firsts: Any, places: Any) -> Any:
    """The sums of exp(logit) over the spans that begin at each token, for each label, without those in `places`.

    Args:
        spans: the parts s of token pairs, ``(batch, length, length)``; -inf marks pairs that are no spans.
        lasts: the label terms a, ``(batch, length, labels)``, which is also the shape of the sums.
        firsts: the label terms b, of the same shape.
        places: row, first and last token of the spans to leave out, ``(batch, cells, 3)``.
    """
    spans = tf.tensor_scatter_nd_update(spans, places, tf.fill(tf.shape(places)[:-1], np.float64(-np.inf)))
    return tf.exp(firsts) * tf.matmul(tf.exp(spans), tf.exp(lasts))


def _wrong(every: Any, labels: Any, starts: Any, ends: Any, real: Any) -> Any:
    """exp(logit) of the pairs that are entities, for all labels that they do not have, ``(batch, cells, labels)``.

    A pair that is an entity of several labels counts once; the other times it is 0.

    Args:
        every: logits of all labels, ``(batch, cells, labels)``.
        labels: label ids of the entities, ``(batch, cells)``.
        starts: their first tokens, of the same shape.
        ends: their last tokens.
        real: which of them are real.
    """
    place = starts * (tf.reduce_max(ends) + 1) + ends  # an id for each pair
    same = tf.equal(place[:, :, None], place[:, None]) & real[:, None] & real[:, :, None]  # (batch, cells, cells)
    once = real & ~tf.reduce_any(tf.linalg.band_part(same, -1, 0) & ~tf.linalg.band_part(same, 0, 0), axis=-1)
    kinds = tf.one_hot(labels, tf.shape(every)[-1], dtype="float64")  # (batch, cells, labels)
    right = tf.matmul(tf.cast(same, "float64"), kinds) > 0
    return tf.where(once[..., None] & ~right, tf.exp(every), 0.0)
