"""Start and end pointers: every token is classified twice, as the first and as the last of an entity of a label."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.decode.chances import log_softmax
from bert4ner.models.heads.base import check_span, in_one_piece, scaled
from bert4ner.models.heads.class_loss import ClassLoss
from bert4ner.models.heads.divergence import of_classes
from bert4ner.models.heads.label_weights import label_weights_of
from bert4ner.models.heads.tagging import IGNORED, OPEN, PathHead
from bert4ner.models.heads.text import whole_windows
from bert4ner.text.schemes import TagSet
from bert4ner.text.token_spans import TokenSpan

_POINTERS = 2  # first token, last token


@final
class SpanHead(PathHead):
    """Classifies every token as first and as last token of an entity of some label or of none; holds flat entities.

    Decoding is strict and joint: of all ways to pair every first token with a last one of the same label, no entity
    beginning or ending inside another, the likeliest is taken, found by Viterbi over the tags of `bioes`, whose middle
    tag says no more than that the token is neither first nor last. An entity's score is its exact probability among
    all these ways.

    Args:
        labels: entity labels, in the order that numbers them; class 0 is none.
        label_smoothing: share of the target that is spread over all classes.
        focal: exponent of the focal loss, see `ClassLoss`.
        dice: share of the dice loss, see `ClassLoss`.
        label_weights: what the loss of first and last tokens of a label is multiplied by; of other tokens it is 1.
        dropout: share of the features dropped in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, length, 2, labels + 1)``.

    References:
        Wang et al. 2020, DeepNER, https://github.com/z814081807/DeepNER (its second model, which takes each first
        token and the nearest last one of its label, both decided for themselves).
    """

    kind = "pointers"
    leaves_open = True

    def __init__(
        self,
        labels: Sequence[str],
        label_weights: Mapping[str, float] | None = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        token_loss = ClassLoss.taken_from(kwargs)
        super().__init__(labels, dropout, **kwargs)
        self.token_loss = token_loss
        self.label_weights = dict(label_weights or {})
        self._weights = np.append(np.float32(1), label_weights_of(self.labels, self.label_weights))  # of class 0 first
        self.tagset = TagSet("bioes", self.labels)
        kinds = self.tagset.label_numbers + 1  # (tags,)
        opens, closes = self.tagset.start_allowed, self.tagset.end_allowed
        self._firsts, self._lasts = np.where(opens, kinds, 0), np.where(closes, kinds, 0)  # classes of both pointers

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of this head that a configuration sets."""
        return {**ClassLoss.options(config), "label_weights": config.losses.label_weights}

    def cells(self, length: int) -> int:
        """Number of values of a window of so many tokens, when its paths are decoded."""
        return length * len(self.tagset)

    def build(self, input_shape: Any) -> None:
        """Creates the projection to the labels of first and last tokens."""
        units = _POINTERS * (len(self.labels) + 1)
        self.projection = keras.layers.Dense(units, name="projection", dtype="float32")
        self.projection.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Logits (batch, length, 2, labels + 1) from features (batch, length, width)."""
        logits = self.projection(self.dropout_layer(features))
        shape = tf.shape(features)
        return tf.reshape(logits, [shape[0], shape[1], _POINTERS, len(self.labels) + 1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (batch, length, 2, labels + 1)."""
        return (*input_shape[:-1], _POINTERS, len(self.labels) + 1)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the head, as Keras saves them."""
        return {**super().get_config(), **self.token_loss.arguments(), "label_weights": self.label_weights}

    def targets(
        self,
        spans: Sequence[Sequence[TokenSpan]],
        lengths: np.ndarray,
        width: int,
        unsure: Sequence[Sequence[TokenSpan]] | None = None,
    ) -> np.ndarray:
        """Classes of each token as first and as last, one after the other, int32 ``(batch, 2 * width)``, else IGNORED.

        Of overlapping spans the longest is learned; the others are `unlearnable`. The first pointer of the first token
        of an unsure span and the last one of its last token are OPEN, unless it shares a token with a learned one.
        """
        targets = np.full((len(spans), width, _POINTERS), IGNORED, "int32")  # (batch, width, 2)
        for row, (window_spans, length) in enumerate(zip(spans, lengths, strict=True)):
            targets[row, :length] = 0
            taken = np.zeros(width, bool)
            for span in sorted(set(in_one_piece(window_spans)), key=lambda span: (span.start - span.end, span)):
                check_span(span, int(length), self.label_numbers)
                if not taken[span.start : span.end].any():
                    taken[span.start : span.end] = True
                    number = self.label_numbers[span.label] + 1
                    targets[row, span.start, 0] = targets[row, span.end - 1, 1] = number
            for span in unsure[row] if unsure else ():
                check_span(span, int(length), self.label_numbers)
                if not taken[span.start : span.end].any():
                    targets[row, span.start, 0] = targets[row, span.end - 1, 1] = OPEN
        return targets.reshape(len(spans), -1)

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``; their mean is the batch's loss per pointer of a real token."""
        classes = _classes(targets)  # (batch, length, 2)
        real, sure = tf.not_equal(classes, IGNORED), tf.greater_equal(classes, 0)
        logits = tf.where(sure[..., None], outputs, 0)  # not even NaN from padding
        classes = tf.maximum(classes, 0)
        losses = self.token_loss(logits, classes, real)  # (batch, length, 2)
        if self.label_weights:
            losses *= tf.gather(self._weights, classes)
        return scaled(tf.reduce_sum(tf.where(sure, losses, 0), axis=[1, 2]), real)

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """That of the classes of every pointer; the mean is per pointer of a real token."""
        real = tf.not_equal(_classes(targets), IGNORED)
        return scaled(of_classes(outputs, others, real), real)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Of each tag of a token the log probability that both its pointers are what the tag says."""
        logs = log_softmax(outputs)  # (batch, length, 2, classes)
        of_tags: np.ndarray = logs[:, :, 0, self._firsts] + logs[:, :, 1, self._lasts]
        return of_tags


def _classes(targets: Any) -> Any:
    """The classes of both pointers of every token of whole windows, (batch, length, 2)."""
    classes = tf.reshape(tf.cast(targets, "int32"), [tf.shape(targets)[0], -1, _POINTERS])
    return whole_windows(classes, IGNORED)
