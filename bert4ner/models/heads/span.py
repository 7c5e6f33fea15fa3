"""Start and end pointers: classifies every token twice, as first and as last token of an entity."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.decode.activations import log_softmax
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
    """Classifies every token as first and as last token of an entity of some label or none; holds flat entities.

    Decoding is joint and exact: it finds the most probable way to pair every first token with a last token of the same
    label, so that no entity begins or ends inside another. Viterbi over the tags of `bioes` finds it; the middle tag
    only says that a token is neither first nor last. An entity's score is its exact probability among all these ways.

    Args:
        labels: entity labels, in the order of their ids; class 0 means none.
        label_smoothing: share of the target that is spread over all classes.
        focal: exponent of the focal loss, see `ClassLoss`.
        dice: share of the dice loss, see `ClassLoss`.
        label_weights: factor on the loss of first and last tokens of each label; 1 for other tokens.
        dropout: share of features to drop in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, length, 2, labels + 1)``.

    References:
        Wang et al. 2020, DeepNER, https://github.com/z814081807/DeepNER (its second model, which pairs each first token
        with the nearest last token of its label, both decided separately).
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
        self._weights = np.append(np.float32(1), label_weights_of(self.labels, self.label_weights))  # class 0 first
        self.tagset = TagSet("bioes", self.labels)
        kinds = self.tagset.label_numbers + 1  # (tags,)
        opens, closes = self.tagset.start_allowed, self.tagset.end_allowed
        self._firsts, self._lasts = np.where(opens, kinds, 0), np.where(closes, kinds, 0)  # classes of both pointers

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of this head from a configuration."""
        return {**ClassLoss.options(config), "label_weights": config.losses.label_weights}

    def cells(self, length: int) -> int:
        """Number of values for decoding a window of this length."""
        return length * len(self.tagset)

    def build(self, input_shape: Any) -> None:
        """Creates the projection to classes of first and last tokens."""
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
        """Classes of each token as first and as last token, int32 ``(batch, 2 * width)``, IGNORED elsewhere.

        Of overlapping spans the longest is learned; the others are `unlearnable`. The first pointer of an unsure span's
        first token and the last pointer of its last token are OPEN, unless the span shares a token with a learned one.
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
        """Loss of each window, ``(batch,)``; the mean over windows is the loss per pointer of a real token."""
        classes = _classes(targets)  # (batch, length, 2)
        real, sure = tf.not_equal(classes, IGNORED), tf.greater_equal(classes, 0)
        logits = tf.where(sure[..., None], outputs, 0)  # not even NaN from padding
        classes = tf.maximum(classes, 0)
        losses = self.token_loss(logits, classes, real)  # (batch, length, 2)
        if self.label_weights:
            losses *= tf.gather(self._weights, classes)
        return scaled(tf.reduce_sum(tf.where(sure, losses, 0), axis=[1, 2]), real)

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """The divergence of the classes of every pointer; the mean over windows is per pointer of a real token."""
        real = tf.not_equal(_classes(targets), IGNORED)
        return scaled(of_classes(outputs, others, real), real)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """For each tag of a token, the log probability that both its pointers agree with the tag."""
        logs = log_softmax(outputs)  # (batch, length, 2, classes)
        of_tags: np.ndarray = logs[:, :, 0, self._firsts] + logs[:, :, 1, self._lasts]
        return of_tags


def _classes(targets: Any) -> Any:
    """The classes of both pointers of every token of whole windows, (batch, length, 2)."""
    classes = tf.reshape(tf.cast(targets, "int32"), [tf.shape(targets)[0], -1, _POINTERS])
    return whole_windows(classes, IGNORED)
