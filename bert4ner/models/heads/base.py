"""The base class of heads, the last layer of a network, with targets, loss and decoding. It names no single head."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.decode.decoders import Decoder
from bert4ner.entities import Entity, Nesting
from bert4ner.errors import DataError
from bert4ner.models.heads.text import text_only
from bert4ner.models.reading.plain import PlainReading
from bert4ner.models.reading.reading import Reading
from bert4ner.networks.fast_layers import ByteDropout
from bert4ner.text.token_spans import TokenSpan


def in_one_piece(spans: Sequence[TokenSpan]) -> list[TokenSpan]:
    """The gold spans that are not discontinuous."""
    return [span for span in spans if not span.pieces]


def check_span(span: TokenSpan, length: int, labels: Collection[str]) -> None:
    """Refuse a span outside a text of `length` tokens, or with a label not in `labels`.

    Raises:
        ValueError, DataError: a span outside the text; a label that is not in `labels`.
    """
    if not 0 <= span.start < span.end <= length:
        raise ValueError(f"span must lie in a window of {length} tokens, got [{span.start}, {span.end}) {span.label}")
    if span.label not in labels:
        raise DataError(f"label {span.label!r} is not among the {len(labels)} labels of this head")


def built(kind: Any, units: int, width: int, name: str, **options: Any) -> Any:
    """A built float32 layer for sequences or grids of vectors of this width; its variables are named after it."""
    layer = kind(units, name=name, dtype="float32", **options)
    with tf.name_scope(name):  # otherwise variables of several layers have the same name
        layer.build((None, None, None, width))
    return layer


def scaled(losses: Any, counted: Any) -> Any:
    """Scale losses of windows, ``(batch,)``, so that their mean is the loss per true value of `counted` in the batch.

    The gradient is then independent of the number and length of the windows in a batch.
    """
    number = tf.maximum(tf.reduce_sum(tf.cast(counted, losses.dtype)), 1)
    return losses * (tf.cast(tf.shape(losses)[0], losses.dtype) / number)


class Head(keras.layers.Layer):
    """Base of all heads: features (batch, length, width) in, float32 scores out, also with a 16-bit encoder.

    To write a head, derive one final class from this one, in a file of its own, and register it by a name: in
    `bert4ner.registry.HEADS`, or in another package by an entry point of the group `bert4ner.heads`. Nothing else asks
    which head it is. The class owns

    - `build` and `call`: its weights, and its outputs for features. `call` gets whole windows, with [CLS] at position
      0, and drops features by `self.dropout_layer` in training. Its outputs also hold whole windows, on the axes in
      `token_axes`;
    - `targets` and `loss`: what to learn, int32 with one row for each window, and the loss, which gets outputs of whole
      windows. A head with `leaves_open` also gets unsure spans. A loss over tokens uses `self.text(outputs)`, so that
      position 0 is the first token of the text. A loss over pairs may use whole windows and
      `pair_targets.unpack_targets`, which saves a copy. `divergence` measures how much two outputs differ; the
      modifiers `r_drop` and `vat` need it;
    - `scores`, `decoder` and `span_scores`: values that can be averaged over several models, spans made from them, and
      the probability of any span. They get outputs of the text's tokens only;
    - `cells`, `unlearnable` and `cannot_hold`: how much memory it needs, and which entities it cannot represent;
    - `options`: its arguments besides `labels` and `dropout`, from the configuration. Options of the group `losses`
      keep their names; a configuration that sets one that the head lacks is refused. A head of another package with
      options of its own registers one class, and so one name, for each choice of them: a model folder stores only the
      name, and must be able to build the same network again;
    - `reading`: how the encoder reads windows for it.

    `lengths` ``(batch,)`` is always the number of text tokens in each window; spans count from the first of them.
    tests/models/test_heads_common.py tests every head that is registered.

    Args:
        labels: entity labels, in the order of their ids.
        dropout: share of features to drop in training.
    """

    kind = ""
    """Name of the outputs' meaning; outputs with the same name can be averaged."""
    cannot_hold = ""
    """What is wrong with `unlearnable` entities: completes a sentence that begins with "entities"."""
    may_nest = False
    """Whether the head has an argument `nesting`, which says what entities may share tokens."""
    nesting: Nesting = "none"
    reading: type[Reading] = PlainReading
    """How the encoder reads windows for this head."""
    token_axes: tuple[int, ...] = (1,)
    """The axes of the outputs that hold token positions; other values on these axes come after the positions."""
    leaves_open = False
    """Whether `targets` accepts unsure spans, which the loss then ignores."""
    transition_weights: tuple[str, ...] = ()
    """Names of the attributes with transition weights, which may have their own learning rate."""

    def __init__(self, labels: Sequence[str], dropout: float = 0.0, **kwargs: Any):
        kwargs["dtype"] = "float32"  # log probabilities do not survive 16 bits
        super().__init__(**kwargs)
        self.labels = list(labels)
        self.dropout = dropout
        self.label_numbers = {label: number for number, label in enumerate(self.labels)}
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates the dropout layer; subclasses add their weights."""
        self.dropout_layer = ByteDropout(self.dropout, dtype="float32")
        super().build(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: Keras would weight the loss by a mask; `loss` reads padding from the targets instead."""
        return

    def get_config(self) -> dict[str, Any]:
        """The arguments of the head, as Keras saves them."""
        return {**super().get_config(), "labels": self.labels, "dropout": self.dropout}

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of the class that depend on `config`, without labels and dropout."""
        return {}

    def cells(self, length: int) -> int:
        """Number of values in the largest array for a window of this length, padding included; see `models.budget`."""
        raise NotImplementedError

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """The entities of one document that the head cannot represent."""
        raise NotImplementedError

    def text(self, outputs: Any) -> Any:
        """Outputs of whole windows, an array or a tensor, without the positions before the text."""
        return text_only(outputs, self.token_axes)

    def targets(
        self,
        spans: Sequence[Sequence[TokenSpan]],
        lengths: np.ndarray,
        width: int,
        unsure: Sequence[Sequence[TokenSpan]] | None = None,
    ) -> np.ndarray:
        """The targets of the network, int32 ``(batch, values)``, padded with -1 on the right.

        Args:
            spans: the gold spans of each window; `unlearnable` ones are left out.
            lengths: ``(batch,)`` number of tokens of each text.
            width: positions from the first token of a text to the end of the padded window.
            unsure: contiguous spans of each window that may or may not be entities, or None; only for heads with
                `leaves_open`. Unsure spans that contradict a gold span are ignored.

        Raises:
            ValueError: a span outside its text.
            DataError: a label that the head does not know.
        """
        raise NotImplementedError

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``, from outputs of whole windows; the targets mark padding."""
        raise NotImplementedError

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """How much two outputs of whole windows differ, ``(batch,)``, scaled like the loss.

        It is the mean of the Kullback-Leibler divergences in both directions, summed over everything that the head
        gives a probability; see `heads.divergence`. A head without it cannot be used with `r_drop`.

        Args:
            targets: of the windows; they mark padding.
            outputs: of one pass.
            others: of another pass over the same windows.
        """
        raise NotImplementedError

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Values that can be averaged over several models, from outputs of the text's tokens; same shape."""
        return outputs

    def decoder(self, others: Sequence["Head"] = ()) -> Decoder:
        """The decoder that turns scores of this head, or averaged scores of several heads, into spans."""
        raise NotImplementedError

    def decode(self, outputs: np.ndarray, lengths: np.ndarray) -> list[list[TokenSpan]]:
        """The entities of each window, from outputs of the text's tokens, with their probabilities."""
        return self.decoder().spans(self.scores(outputs), lengths)

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[TokenSpan]]
    ) -> list[list[float]]:
        """The probability of any spans, decoded or not, for comparing different heads.

        Args:
            outputs: of a batch of windows, only the text's tokens.
            lengths: ``(batch,)`` number of tokens of each text.
            spans: the spans of each window whose probability to compute; their own scores are ignored.

        Raises:
            ValueError: a span outside its text.
            DataError: a label that the head does not know.
        """
        raise NotImplementedError
