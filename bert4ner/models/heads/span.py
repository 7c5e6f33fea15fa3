"""Start and end pointers: every token is classified twice, as the first and as the last of an entity of a label."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, final

import numpy as np

from bert4ner.compat.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.data.records import flat_entities
from bert4ner.decode.spans import TokenSpan
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Entity
from bert4ner.models.heads.base import Head, in_one_piece
from bert4ner.models.heads.span_matrix import check_span, softmax

IGNORED = -1                    # target of positions that are no token of the text: [CLS], [SEP], padding
_POINTERS = 2                   # first token, last token


@final
class SpanHead(Head):
    """Classifies every token as first and as last token of an entity of some label or of none; holds flat entities.

    Decoding is strict: a token that is more likely the first of an entity of some label than anything else begins one,
    if the nearest last token of that label at or after it comes before any other first token. An entity's score is the
    product of both probabilities.

    With p the probability of the right class of a token and s the label smoothing, the loss of a pointer is
    -(1 - p) ** focal * (1 - s) * log p, and s times the mean of -log of all classes' probabilities is added.

    Args:
        labels: entity labels, in the order that numbers them; class 0 is none.
        label_smoothing: share of the target that is spread over all classes.
        focal: exponent of the focal loss, which gives easy tokens less weight; 0 is cross entropy.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, length, 2, labels + 1)``.

    References:
        Wang et al. 2020, DeepNER, https://github.com/z814081807/DeepNER (its second model); Szegedy et al. 2016,
        Rethinking the Inception Architecture (smoothing); Lin et al. 2017, Focal Loss for Dense Object Detection.
    """

    kind = "pointers"
    cannot_hold = "overlap longer ones or are in several pieces"

    def __init__(
        self, labels: Sequence[str], label_smoothing: float = 0.0, focal: float = 0.0, dropout: float = 0.0,
        **kwargs: Any,
    ):  # fmt: skip
        super().__init__(labels, dropout, **kwargs)
        self.label_smoothing = label_smoothing
        self.focal = focal

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        return {"label_smoothing": config.spans.label_smoothing, "focal": config.spans.focal}

    def cells(self, length: int) -> int:
        return length * _POINTERS * (len(self.labels) + 1)

    def build(self, input_shape: Any) -> None:
        units = _POINTERS * (len(self.labels) + 1)
        self.projection = keras.layers.Dense(units, name="projection", dtype="float32")
        self.projection.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        logits = self.projection(self.dropout_layer(features))
        shape = tf.shape(features)
        return tf.reshape(logits, [shape[0], shape[1], _POINTERS, len(self.labels) + 1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], _POINTERS, len(self.labels) + 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "label_smoothing": self.label_smoothing, "focal": self.focal}

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """Those entities of one document that overlap longer ones or are in several pieces."""
        return flat_entities(entities)[1]

    def targets(self, spans: Sequence[Sequence[tuple]], lengths: np.ndarray, width: int) -> np.ndarray:
        """Classes of each token as first and as last, one after the other, int32 ``(batch, 2 * width)``, else IGNORED.

        Of overlapping spans the longest is learned; the others are `unlearnable`.
        """
        targets = np.full((len(spans), width, _POINTERS), IGNORED, "int32")                # (batch, width, 2)
        for row, (window_spans, length) in enumerate(zip(spans, lengths, strict=True)):
            targets[row, 1 : length - 1] = 0
            taken = np.zeros(width, bool)
            for span in sorted(set(in_one_piece(window_spans)), key=lambda span: (span[0] - span[1], span)):
                check_span(span, int(length) - 2, self.label_numbers)
                start, end, label = span
                if not taken[start:end].any():
                    taken[start:end] = True
                    targets[row, start + 1, 0] = targets[row, end, 1] = self.label_numbers[label] + 1
        return targets.reshape(len(spans), -1)

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``; their mean is the batch's loss per pointer of a real token."""
        classes = tf.reshape(tf.cast(targets, "int32"), tf.shape(outputs)[:-1])            # (batch, length, 2)
        real = tf.not_equal(classes, IGNORED)
        logits = tf.where(real[..., None], outputs, 0)                                     # not even NaN from padding
        logs = tf.nn.log_softmax(logits)                                                   # (batch, length, 2, classes)
        right = tf.gather(logs, tf.maximum(classes, 0), batch_dims=3)                      # (batch, length, 2)
        losses = -(1 - self.label_smoothing) * right
        if self.focal:
            # Where p is 1 the power has no slope of its own for an exponent below 1.
            losses *= tf.maximum(1 - tf.exp(right), 1e-7) ** self.focal
        if self.label_smoothing:
            losses -= self.label_smoothing * tf.reduce_mean(logs, axis=-1)
        losses = tf.reduce_sum(tf.where(real, losses, 0), axis=[1, 2])                     # (batch,)
        count = tf.maximum(tf.reduce_sum(tf.cast(real, "float32")), 1.0)
        return losses * (tf.cast(tf.shape(real)[0], "float32") / count)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities of the classes, ``(batch, length, 2, labels + 1)``."""
        return softmax(outputs)

    def decode_scores(
        self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder
    ) -> list[list[TokenSpan]]:
        return [
            self._pair(window[1 : length - 1]) for window, length in zip(scores, np.asarray(lengths), strict=True)
        ]

    def _pair(self, chances: np.ndarray) -> list[TokenSpan]:
        """The entities of one window from the probabilities of its tokens, (tokens, 2, classes)."""
        firsts, lasts = chances.argmax(axis=-1).T                                          # (tokens,) each
        spans: list[TokenSpan] = []
        for start, following in pairwise([*np.flatnonzero(firsts), len(firsts)]):
            kind = firsts[start]
            ends = np.flatnonzero(lasts[start:following] == kind)
            if len(ends):
                last = start + ends[0]
                score = float(chances[start, 0, kind] * chances[last, 1, kind])
                spans.append((int(start), int(last) + 1, self.labels[kind - 1], score))
        return spans

    def candidates(
        self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder, nbest: int
    ) -> list[list[TokenSpan]]:
        """What is decoded, and pairs that belong together with a probability above 1 / (2 nbest).

        A start and an end belong together if both are right and either no end or no start comes between them.
        """
        decoded = self.decode_scores(scores, lengths, decoder)
        return [
            sorted({*found, *self._possible(window[1 : length - 1], 1 / (2 * nbest))})
            for found, window, length in zip(decoded, scores, np.asarray(lengths), strict=True)
        ]

    def _possible(self, chances: np.ndarray, least: float) -> list[TokenSpan]:
        """Pairs of ends in one window, from the probabilities of its tokens, (tokens, 2, classes)."""
        spans: list[TokenSpan] = []
        for kind, label in enumerate(self.labels, start=1):
            firsts, lasts = chances[:, 0, kind], chances[:, 1, kind]                       # (tokens,) each
            starts, ends = np.flatnonzero(firsts > least), np.flatnonzero(lasts > least)
            no_start, no_end = (np.cumsum(np.log1p(-np.minimum(each, 1 - 1e-7))) for each in (firsts, lasts))
            no_end = np.append(0.0, no_end[:-1])                                           # before each token
            free = np.maximum(*(each[ends] - each[starts, None] for each in (no_start, no_end)))  # (starts, ends)
            pairs = np.outer(firsts[starts], lasts[ends])
            rows, columns = np.nonzero((pairs * np.exp(np.minimum(free, 0.0)) > least) & (ends >= starts[:, None]))
            for start, last in zip(starts[rows].tolist(), ends[columns].tolist(), strict=True):
                spans.append((start, last + 1, label, float(chances[start, 0, kind] * chances[last, 1, kind])))
        return spans

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[tuple]]
    ) -> list[list[float]]:
        """As for all heads; that both pointers are right is taken as two independent facts."""
        result: list[list[float]] = []
        for chances, length, window_spans in zip(self.scores(outputs), np.asarray(lengths), spans, strict=True):
            result.append([])
            for start, end, label in window_spans:
                check_span((start, end, label), int(length) - 2, self.label_numbers)
                kind = self.label_numbers[label] + 1
                result[-1].append(float(chances[start + 1, 0, kind] * chances[end, 1, kind]))
        return result
