"""What every head is: the last layer of a network, which owns targets, loss and decoding. Names no head."""

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
    """Those of some gold spans that are not in several pieces."""
    return [span for span in spans if not span.pieces]


def check_span(span: TokenSpan, length: int, labels: Collection[str]) -> None:
    """Refuse a span outside a text of `length` tokens, or of a label not in `labels`.

    Raises:
        ValueError, DataError: as said.
    """
    if not 0 <= span.start < span.end <= length:
        raise ValueError(f"span must lie in a window of {length} tokens, got [{span.start}, {span.end}) {span.label}")
    if span.label not in labels:
        raise DataError(f"label {span.label!r} is not among the {len(labels)} labels of this head")


def built(kind: Any, units: int, width: int, name: str, **options: Any) -> Any:
    """A float32 layer over sequences or grids of vectors of this width, its variables named after it."""
    layer = kind(units, name=name, dtype="float32", **options)
    with tf.name_scope(name):  # else those of several have one name
        layer.build((None, None, None, width))
    return layer


def scaled(losses: Any, counted: Any) -> Any:
    """Losses of windows, ``(batch,)``, scaled so that their mean is the batch's loss for each true value in `counted`.

    The gradient is then independent of how many windows, short or long, share a batch.
    """
    number = tf.maximum(tf.reduce_sum(tf.cast(counted, losses.dtype)), 1)
    return losses * (tf.cast(tf.shape(losses)[0], losses.dtype) / number)


class Head(keras.layers.Layer):
    """Base of all heads: features (batch, length, width) in, float32 scores out, whatever the encoder computes in.

    To write a head, derive one final class from this one, in a file of its own, and register it by a name: in
    `bert4ner.registry.HEADS`, or in another package by an entry point of the group `bert4ner.heads`. Nothing else asks
    which head it is. The class owns

    - `build` and `call`: its weights, and outputs from features. `call` gets whole windows, [CLS] at position 0, and
      drops features by `self.dropout_layer` in training. Its outputs hold whole windows, too, on the axes that
      `token_axes` names;
    - `targets` and `loss`: what is to be learned, int32 with a row of numbers for each window, and the loss, which gets
      outputs of whole windows. A head that `leaves_open` is also given spans that may be entities or not. A loss over
      tokens takes `self.text(outputs)`, so that position 0 is the first token of the text; one over pairs may leave
      them whole and count by `pair_targets.unpack_targets`, which spares a copy. `divergence`, which the modifiers
      `r_drop` and `vat` need, is how far two outputs are apart;
    - `scores`, `decoder` and `span_scores`: what is averaged over several models, what makes spans of it, and the
      probability of any span. They get outputs of the text's tokens only;
    - `cells`, `unlearnable` and `cannot_hold`: what memory it takes, and which entities it cannot hold;
    - `options`: its arguments beside `labels` and `dropout`, from the configuration. Those of the group `losses` keep
      their names: what is missing there is refused if it is given. A head of another package that has
      options of its own registers a class, and so a name, for each choice of them: a model folder holds the name, and
      needs no more to build the same network again;
    - `reading`: how the encoder reads windows for it.

    Everywhere `lengths` ``(batch,)`` are the tokens of the text of each window, and spans count from its first token.
    tests/models/test_heads_common.py examines every head that is registered.

    Args:
        labels: entity labels, in the order that numbers them.
        dropout: share of the features dropped in training.
    """

    kind = ""
    """What the outputs are; those of heads of one kind can be averaged."""
    cannot_hold = ""
    """What the `unlearnable` entities do or are: the rest of a sentence on "entities"."""
    may_nest = False
    """Whether the head takes an argument `nesting`: which of the entities that it gives may share tokens."""
    nesting: Nesting = "none"
    reading: type[Reading] = PlainReading
    """How the encoder reads windows, which decides what the features are."""
    token_axes: tuple[int, ...] = (1,)
    """The axes of the outputs that are positions of tokens; what else they hold stands behind these."""
    leaves_open = False
    """Whether `targets` takes unsure spans, of which the loss then says nothing."""
    transition_weights: tuple[str, ...] = ()
    """The attributes that are weights which score the order of tags; they may learn at a rate of their own."""

    def __init__(self, labels: Sequence[str], dropout: float = 0.0, **kwargs: Any):
        kwargs["dtype"] = "float32"  # log probabilities do not survive 16 bits
        super().__init__(**kwargs)
        self.labels = list(labels)
        self.dropout = dropout
        self.label_numbers = {label: number for number, label in enumerate(self.labels)}
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates the dropout; subclasses add their weights."""
        self.dropout_layer = ByteDropout(self.dropout, dtype="float32")
        super().build(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """The mask ends here: Keras would weigh the loss of each window by it; `loss` reads it from the targets."""
        return

    def get_config(self) -> dict[str, Any]:
        """The arguments of the head, as Keras saves them."""
        return {**super().get_config(), "labels": self.labels, "dropout": self.dropout}

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of the class that `config` decides, labels and dropout aside."""
        return {}

    def cells(self, length: int) -> int:
        """Size of the largest array for so many tokens of a window, padding and all counted; see `models.budget`."""
        raise NotImplementedError

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """Those entities of one document that the head cannot hold."""
        raise NotImplementedError

    def text(self, outputs: Any) -> Any:
        """Outputs of whole windows, an array or a tensor, without what stands before the text."""
        return text_only(outputs, self.token_axes)

    def targets(
        self,
        spans: Sequence[Sequence[TokenSpan]],
        lengths: np.ndarray,
        width: int,
        unsure: Sequence[Sequence[TokenSpan]] | None = None,
    ) -> np.ndarray:
        """What the network should give, int32 ``(batch, numbers)``, padded with -1 on the right.

        Args:
            spans: of each window its gold spans; those that are `unlearnable` are left out.
            lengths: ``(batch,)`` tokens of each text.
            width: positions from the first token of a text to the end of the padded window.
            unsure: of each window the spans that may be entities or not, in one piece, if there are any; asked of heads
                alone that say `leaves_open`. Those that contradict a gold span are none.

        Raises:
            ValueError: a span outside its text.
            DataError: a label that the head does not know.
        """
        raise NotImplementedError

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``, from outputs of whole windows; padding is known from the targets."""
        raise NotImplementedError

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """How far two outputs of whole windows are apart, ``(batch,)``, counted as the loss is.

        The mean of the Kullback-Leibler divergences in both directions, summed over all that the head gives a
        probability; `heads.divergence` has what that takes. A head may do without: `r_drop` then refuses it.

        Args:
            targets: of the windows; they tell the padding.
            outputs: of one pass.
            others: of another pass over the same windows.
        """
        raise NotImplementedError

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """What is averaged over several models, from outputs of the text's tokens; of the same shape."""
        return outputs

    def decoder(self, others: Sequence["Head"] = ()) -> Decoder:
        """What makes spans of the scores of this head, or of those averaged with others of its kind."""
        raise NotImplementedError

    def decode(self, outputs: np.ndarray, lengths: np.ndarray) -> list[list[TokenSpan]]:
        """The entities of each window, from outputs of the text's tokens, with their probabilities."""
        return self.decoder().spans(self.scores(outputs), lengths)

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[TokenSpan]]
    ) -> list[list[float]]:
        """The probability of any spans, decoded or not: what unlike heads can be compared in.

        Args:
            outputs: of the text's tokens of a batch of windows.
            lengths: ``(batch,)`` tokens of each text.
            spans: of each window the spans asked for; their own scores do not matter.

        Raises:
            ValueError: a span outside its text.
            DataError: a label that the head does not know.
        """
        raise NotImplementedError
