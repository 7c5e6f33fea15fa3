"""Machine reading comprehension: for each label, find where entities begin and end, and which ends match."""

from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.decode.activations import logistic
from bert4ner.models.heads.base import built, scaled
from bert4ner.models.heads.divergence import of_binary
from bert4ner.models.heads.pair_targets import unpack_targets
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_loss import allowed_spans
from bert4ner.models.heads.span_matrix import SpanCellsHead
from bert4ner.models.heads.text import text_positions
from bert4ner.models.reading.queries import QueryReading

_START, _END = -2, -1  # the last rows of the outputs, after one row of matches per first token
_ENDS = 2
_PRIOR = -4.0  # initial logit of first and last tokens; with 0, half of all tokens would start as both
_LENGTH = 4.0  # norm of the query's difference from the others; a larger one lets a step move its label farther


@final
class MRCHead(SpanCellsHead):
    """Classifies every token as first and as last token of an entity of the queried label, and pairs as matching.

    The encoder reads each window once for each label, after a query that describes the label (`QueryReading`). All
    labels share one set of weights, since the query is part of the text. Features f of tokens become f * (1 + G c) +
    S c, where c, of norm 4, is the difference of the query's mean embedding from those of the other queries. G and S
    start at 0. First and last tokens are linear in these features. The match of tokens i and j is
    q_i . k_j / sqrt(head_size) with rotary positions, plus a term of each token.

    The loss is the sum of three binary cross entropies: of first tokens, of last tokens, and of the matches of pairs
    whose first and last token are right or predicted. Ends of unsure spans that end no gold span, and their matches,
    are ignored. An entity is a pair whose three logits are above 0; its score is the product of the three
    probabilities. Entities may be nested or cross. It is slow: each window takes one pass of the joint layers per
    label.

    Args:
        labels: entity labels, in the order of their ids.
        head_size: width of q and k, even.
        nesting: which entities may share tokens; of conflicting ones, the set with the highest total score wins.
        label_weights: factor on the loss of all questions about each label; default 1.
        dropout: share of features to drop in training.

    Call arguments:
        features: vectors ``(batch, labels, length, width)``, of each query first, then of the tokens; returns logits
            ``(batch, labels, length + 2, length)``: a row of matches for each first token, then a row for first tokens
            and a row for last tokens.

    References:
        Li et al. 2020, A Unified MRC Framework for Named Entity Recognition. Its match is linear in both vectors,
        concatenated; see docs/decisions/0005-mrc.md. Perez et al. 2018, FiLM: Visual Reasoning with a General
        Conditioning Layer (scale and shift).
    """

    kind = "start, end and match logits"
    reading = QueryReading
    token_axes = (2, 3)

    def cells(self, length: int) -> int:
        """Number of values for a window of this length."""
        return len(self.labels) * (length + _ENDS) * length

    def build(self, input_shape: Any) -> None:
        """Creates the projection, and the scale and shift that the query controls."""
        dense, width = keras.layers.Dense, input_shape[-1]
        few = [0.0] * (2 * self.head_size) + [_PRIOR, _PRIOR, 0.0, 0.0]
        self.projection = built(
            dense,
            len(few),
            width,
            "projection",
            kernel_initializer="lecun_normal",
            bias_initializer=keras.initializers.Constant(few),
        )
        self.conditions = built(dense, 2 * width, width, "conditions", use_bias=False, kernel_initializer="zeros")
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Logits (batch, labels, length + 2, length): matches, then first tokens, then last tokens."""
        projected = self.projection(self.dropout_layer(self._conditioned(features)))  # (batch, labels, length, …)
        size = self.head_size
        queries, keys = tf.split(rotate(projected[..., : 2 * size], size), 2, axis=-1)
        matches = tf.matmul(queries / size**0.5, keys, transpose_b=True)
        # Logits of first and of last tokens, and the match terms of both.
        starts, ends, firsts, lasts = tf.unstack(projected[..., 2 * size :], axis=-1)  # (batch, labels, length)
        matches += firsts[..., None] + lasts[:, :, None]  # (batch, labels, length, …)
        return tf.concat([matches, starts[:, :, None], ends[:, :, None]], axis=2)

    def _conditioned(self, features: Any) -> Any:
        """Features scaled and shifted by their query's difference from the other queries; unchanged with one query.

        An encoder that is not trained for queries gives nearly the same vectors after each of them; this distinguishes
        labels from the first steps on.
        """
        asked = features[:, :, :1]  # (batch, labels, 1, width)
        asked -= tf.reduce_mean(asked, axis=1, keepdims=True)
        asked *= _LENGTH * tf.math.rsqrt(tf.reduce_sum(asked**2, axis=-1, keepdims=True) + 1e-3)
        gains, shifts = tf.split(self.conditions(asked), 2, axis=-1)
        return features * (1 + gains) + shifts

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (batch, labels, length + 2, length)."""
        length = input_shape[-2]
        return (input_shape[0], len(self.labels), length and length + _ENDS, length)

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``; their mean is the loss per real token, summed over labels."""
        lengths, rows, cells, real, left_open = unpack_targets(targets)
        batch, width = tf.shape(outputs)[0], tf.shape(outputs)[-1]
        inside = text_positions(lengths, width)
        spans = allowed_spans(inside)[:, None]  # (batch, 1, length, length)
        inside = inside[:, None]  # (batch, 1, length)
        listed = (real | left_open)[..., None]
        labels, firsts, lasts = tf.unstack(tf.where(listed, cells, 0), axis=-1)  # (batch, cells) each
        total, questionable = tf.zeros([batch]), []
        for row, tokens in ((_START, firsts), (_END, lasts)):
            gold, either = (
                _marked((rows, labels, tokens), which, tf.shape(outputs[:, :, row])) for which in (real, left_open)
            )
            logits = tf.where(inside, outputs[:, :, row], 0)  # (batch, labels, length)
            losses = tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(gold, "float32"), logits)
            if self.label_weights:
                losses *= self.weight_of_label[:, None]
            total += tf.reduce_sum(tf.where(inside & (gold | ~either), losses, 0), axis=[1, 2])  # (batch,)
            questionable.append(gold | (logits > 0))
        pairs = questionable[0][..., None] & questionable[1][:, :, None] & spans  # (batch, labels, length, …)
        places = (rows, labels, firsts, lasts)
        pairs = tf.cond(
            tf.reduce_any(left_open),  # otherwise no target array as large as the pairs is made
            lambda: pairs & ~_marked(places, left_open, tf.shape(pairs)),
            lambda: pairs,
        )
        # Cross entropy is log(1 + exp(s)), minus s where a pair is right: so indices suffice, without a target array.
        losses = tf.where(pairs, tf.nn.softplus(tf.where(pairs, outputs[:, :, :_START], 0)), 0)
        right = tf.gather_nd(outputs, tf.stack(places, axis=-1))  # (batch, cells)
        if self.label_weights:
            losses *= self.weight_of_label[:, None, None]
            right *= tf.gather(self.weight_of_label, labels)
        right = tf.reduce_sum(tf.where(real, right, 0), axis=1)  # (batch,)
        return scaled(total + tf.reduce_sum(losses, axis=[1, 2, 3]) - right, inside)

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """The divergence of first tokens, last tokens, and matches of pairs that either output considers.

        The mean over windows is per real token, summed over labels.
        """
        lengths, rows, cells, real, _ = unpack_targets(targets)
        inside = text_positions(lengths, tf.shape(outputs)[-1])
        spans = allowed_spans(inside)[:, None]  # (batch, 1, length, length)
        labels, firsts, lasts = tf.unstack(tf.where(real[..., None], cells, 0), axis=-1)  # (batch, cells) each
        total, questionable = 0.0, []
        for row, tokens in ((_START, firsts), (_END, lasts)):
            one, other = outputs[:, :, row], others[:, :, row]  # (batch, labels, length)
            total += of_binary(one, other, inside[:, None])
            questionable.append(_marked((rows, labels, tokens), real, tf.shape(one)) | (one > 0) | (other > 0))
        pairs = questionable[0][..., None] & questionable[1][:, :, None] & spans  # (batch, labels, length, …)
        return scaled(total + of_binary(outputs[:, :, :_START], others[:, :, :_START], pairs), inside)

    def _spans_above(self, least: float, window: np.ndarray, length: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """As in the base class: spans whose first token, last token and match are all above `least`."""
        starts, ends, matches = (window[:, rows, :length] for rows in (_START, _END, slice(length)))
        (labels, firsts), (labels_of_ends, lasts) = np.nonzero(starts > least), np.nonzero(ends > least)
        firsts_of, lasts_of = np.nonzero((labels[:, None] == labels_of_ends) & (firsts[:, None] <= lasts))
        labels, firsts, lasts = labels[firsts_of], firsts[firsts_of], lasts[lasts_of]  # (pairs,)
        found = matches[labels, firsts, lasts] > least
        labels, firsts, lasts = spans = labels[found], firsts[found], lasts[found]
        return spans, logistic(starts[labels, firsts]) * logistic(ends[labels, lasts]) * logistic(matches[spans])

    def _probability(self, window: np.ndarray, cell: tuple[int, int, int]) -> float:
        label, first, last = cell
        return float(np.prod(logistic(window[label, [_START, _END, first], [first, last, last]])))


def _marked(places: tuple[Any, ...], real: Any, shape: Any) -> Any:
    """A bool array of `shape`, true at the places whose indices (batch, cells) are `real`."""
    return tf.scatter_nd(tf.stack(places, axis=-1), tf.cast(real, "int32"), shape) > 0
