"""Reading comprehension: the encoder is asked, label by label, where entities begin, end, and what belongs together."""

from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.decode.chances import logistic
from bert4ner.models.heads.base import built, scaled
from bert4ner.models.heads.divergence import of_chances
from bert4ner.models.heads.pair_targets import unpack_targets
from bert4ner.models.heads.rotary import rotate
from bert4ner.models.heads.span_loss import allowed_spans
from bert4ner.models.heads.span_matrix import SpanCellsHead
from bert4ner.models.heads.text import text_positions
from bert4ner.models.reading.queries import QueryReading

_START, _END = -2, -1  # rows of the outputs behind those of matches, of which every first token has one
_ENDS = 2
_PRIOR = -4.0  # logit of first and last tokens before training; from 0, half of all are both
_LENGTH = 4.0  # of what tells a query from the others: the longer, the farther a step moves its label


@final
class MRCHead(SpanCellsHead):
    """Classifies every token as first and as last of an entity of the label asked for, and pairs of both as matching.

    The encoder reads each window once for each label, after a query that describes it (`QueryReading`), and all labels
    share one set of weights: what is asked for stands in the text. Features f of its tokens are scaled and shifted to
    f * (1 + G c) + S c, where c, of length 4, is what tells the query's tokens, the mean of their vectors in the
    embedding, from those of the other queries; G and S start at 0. First and last tokens are linear in them; the match
    of tokens i and j is q_i . k_j / sqrt(head_size), turned by rotary positions, plus a term of either token.

    The loss is the sum of three binary cross entropies, of first tokens, of last tokens, and of matches of the pairs in
    question: those of a first token, right or predicted, with such a last one. Ends of an unsure span that are of no
    gold one, and its match, have no part in it. An entity is a pair of which all three are above 0; its score is the
    product of their probabilities. Entities may be nested or cross. Slow: a pass of the joint layers for each label and
    window.

    Args:
        labels: entity labels, in the order that numbers them.
        head_size: width of q and k, even.
        nesting: which entities may share tokens; of those that may not, the heaviest choice is decoded.
        label_weights: what the loss of all that is asked about a label is multiplied by; by default 1.
        dropout: share of the features dropped in training.

    Call arguments:
        features: vectors ``(batch, labels, length, width)``, of each query first, then of the tokens; returns logits
            ``(batch, labels, length + 2, length)``: the matches of each first token, then a row for first tokens and
            one for last tokens.

    References:
        Li et al. 2020, A Unified MRC Framework for Named Entity Recognition. Its match is linear in both vectors
        side by side; see docs/decisions.md. Perez et al. 2018, FiLM: Visual Reasoning with a General Conditioning
        Layer (scale and shift).
    """

    kind = "start, end and match logits"
    reading = QueryReading
    token_axes = (2, 3)

    def cells(self, length: int) -> int:
        """Number of values of a window of so many tokens."""
        return len(self.labels) * (length + _ENDS) * length

    def build(self, input_shape: Any) -> None:
        """Creates the projection and what the query adds to it and multiplies it by."""
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
        """Logits (batch, labels, length + 2, length): of pairs, then of first, then of last tokens."""
        projected = self.projection(self.dropout_layer(self._conditioned(features)))  # (batch, labels, length, …)
        size = self.head_size
        queries, keys = tf.split(rotate(projected[..., : 2 * size], size), 2, axis=-1)
        matches = tf.matmul(queries / size**0.5, keys, transpose_b=True)
        # Is a token first, is it last, and a term of either for the match.
        starts, ends, firsts, lasts = tf.unstack(projected[..., 2 * size :], axis=-1)  # (batch, labels, length)
        matches += firsts[..., None] + lasts[:, :, None]  # (batch, labels, length, …)
        return tf.concat([matches, starts[:, :, None], ends[:, :, None]], axis=2)

    def _conditioned(self, features: Any) -> Any:
        """Features scaled and shifted by what tells their query from the others: nothing, where there is but one.

        An encoder that has never been asked gives nearly the same vectors after every query; by this, labels are told
        apart from the first steps on.
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
        """Loss of each window, ``(batch,)``; their mean is the batch's loss per real token, summed over labels."""
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
            tf.reduce_any(left_open),  # else no array of targets as large as the pairs is made
            lambda: pairs & ~_marked(places, left_open, tf.shape(pairs)),
            lambda: pairs,
        )
        # Cross entropy is log(1 + exp(s)), minus s where a pair is right: told by number, no array of targets is made.
        losses = tf.where(pairs, tf.nn.softplus(tf.where(pairs, outputs[:, :, :_START], 0)), 0)
        right = tf.gather_nd(outputs, tf.stack(places, axis=-1))  # (batch, cells)
        if self.label_weights:
            losses *= self.weight_of_label[:, None, None]
            right *= tf.gather(self.weight_of_label, labels)
        right = tf.reduce_sum(tf.where(real, right, 0), axis=1)  # (batch,)
        return scaled(total + tf.reduce_sum(losses, axis=[1, 2, 3]) - right, inside)

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """That of first tokens, of last tokens, and of the matches of pairs that are in question by either output.

        The mean is per real token, summed over labels.
        """
        lengths, rows, cells, real, _ = unpack_targets(targets)
        inside = text_positions(lengths, tf.shape(outputs)[-1])
        spans = allowed_spans(inside)[:, None]  # (batch, 1, length, length)
        labels, firsts, lasts = tf.unstack(tf.where(real[..., None], cells, 0), axis=-1)  # (batch, cells) each
        total, questionable = 0.0, []
        for row, tokens in ((_START, firsts), (_END, lasts)):
            one, other = outputs[:, :, row], others[:, :, row]  # (batch, labels, length)
            total += of_chances(one, other, inside[:, None])
            questionable.append(_marked((rows, labels, tokens), real, tf.shape(one)) | (one > 0) | (other > 0))
        pairs = questionable[0][..., None] & questionable[1][:, :, None] & spans  # (batch, labels, length, …)
        return scaled(total + of_chances(outputs[:, :, :_START], others[:, :, :_START], pairs), inside)

    def _spans_above(self, least: float, window: np.ndarray, length: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """As said there, of the spans with first token, last token and match above `least`."""
        starts, ends, matches = (window[:, rows, :length] for rows in (_START, _END, slice(length)))
        (labels, firsts), (labels_of_ends, lasts) = np.nonzero(starts > least), np.nonzero(ends > least)
        firsts_of, lasts_of = np.nonzero((labels[:, None] == labels_of_ends) & (firsts[:, None] <= lasts))
        labels, firsts, lasts = labels[firsts_of], firsts[firsts_of], lasts[lasts_of]  # (pairs,)
        found = matches[labels, firsts, lasts] > least
        labels, firsts, lasts = spans = labels[found], firsts[found], lasts[found]
        return spans, logistic(starts[labels, firsts]) * logistic(ends[labels, lasts]) * logistic(matches[spans])

    def _chance(self, window: np.ndarray, cell: tuple[int, int, int]) -> float:
        label, first, last = cell
        return float(np.prod(logistic(window[label, [_START, _END, first], [first, last, last]])))


def _marked(places: tuple[Any, ...], real: Any, shape: Any) -> Any:
    """Which elements of an array are at some places, their numbers (batch, cells) on each axis, where `real`."""
    return tf.scatter_nd(tf.stack(places, axis=-1), tf.cast(real, "int32"), shape) > 0
