"""What every head is: the last layer of a network, which owns targets, loss and decoding. Names no head.

Spans are token positions [start, end) of the text: token 0 is the one after [CLS]. An entity in several pieces has one
more member, its pieces; only heads that can hold such entities give or take it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.decode.spans import TokenSpan
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Entity, Nesting
from bert4ner.errors import ConfigError
from bert4ner.networks.fast_layers import ByteDropout


class Chain(NamedTuple):
    """Log scores of tag sequences beyond the emissions; -inf forbids. Heads without tags have one of no tags."""

    transitions: np.ndarray  # (tags, tags), from-tag first
    starts: np.ndarray  # (tags,)
    ends: np.ndarray  # (tags,)


def in_one_piece(spans: Sequence[tuple]) -> list[tuple]:
    """Those of some gold spans that are not in several pieces."""
    return [span for span in spans if len(span) == 3]


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
    asks = False
    """Whether the encoder is to read every window once for each label, after a query for it (`models.queries`). Such a
    head takes an argument `queries`, and features (batch, labels, length, width)."""
    passes = 1.0
    """How often the encoder reads every window, on the average of its layers."""
    query_length = 0
    """Tokens of the longest query, its [SEP] counted; windows are shorter by as many."""

    def __init__(self, labels: Sequence[str], dropout: float = 0.0, **kwargs: Any):
        kwargs["dtype"] = "float32"  # log probabilities do not survive 16 bits
        super().__init__(**kwargs)
        self.labels = list(labels)
        self.dropout = dropout
        self.label_numbers = {label: number for number, label in enumerate(self.labels)}
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        self.dropout_layer = ByteDropout(self.dropout, dtype="float32")
        super().build(input_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """The mask ends here: Keras would weigh the loss of each window by it; `loss` reads it from the targets."""
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "labels": self.labels, "dropout": self.dropout}

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of the class that `config` decides, labels and dropout aside."""
        return {}

    def cells(self, length: int) -> int:
        """How many numbers the largest array has that a window of so many tokens needs; see `models.budget`."""
        raise NotImplementedError

    def encoder_tokens(self, length: int) -> int:
        """How many tokens the encoder reads for a window of so many; see `models.budget`."""
        return length

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """Those entities of one document that the head cannot hold."""
        raise NotImplementedError

    def targets(self, spans: Sequence[Sequence[tuple]], lengths: np.ndarray, width: int) -> np.ndarray:
        """What the network should give, int32 ``(batch, …)``, padded with -1 on the right.

        Args:
            spans: of each window its gold spans; those that are `unlearnable` are left out.
            lengths: ``(batch,)`` tokens of each window, [CLS] and [SEP] counted.
            width: length that the windows are padded to.

        Raises:
            ValueError: a span outside its window.
            DataError: a label that the head does not know.
        """
        raise NotImplementedError

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``; padding is known from the targets."""
        raise NotImplementedError

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """What is averaged over several models, from what a network gives; of the same shape."""
        return outputs

    def chain(self) -> Chain:
        """The current transitions, starts and ends between tags; of no tags where the head has none."""
        return Chain(np.zeros((0, 0), "float32"), np.zeros(0, "float32"), np.zeros(0, "float32"))

    def decode_scores(self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder) -> list[list[TokenSpan]]:
        """The entities of each window from `scores`, averaged or not; `decoder` goes through tags, if there are any."""
        raise NotImplementedError

    def candidates(
        self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder, nbest: int
    ) -> list[list[TokenSpan]]:
        """What may be an entity of each window: what `decode_scores` gives, and more the greater `nbest` is.

        Spans may overlap, whatever `nesting` says.
        """
        raise NotImplementedError

    def readings(
        self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder, n: int
    ) -> list[list[tuple[list[tuple], float]]]:
        """The n best paths of each window: the spans (start, end, label) of each, and its probability.

        Raises:
            ConfigError: the head has no paths, it scores spans one by one.
        """
        raise ConfigError(
            f"readings are the paths of heads that decode sequences, crf and span among them; {self.kind} have none"
        )

    def decode(self, outputs: np.ndarray, lengths: np.ndarray) -> list[list[TokenSpan]]:
        """The entities of each window, from the network's outputs and lengths ([CLS], [SEP] counted)."""
        return self.decode_scores(self.scores(outputs), lengths, ViterbiDecoder(*self.chain()))

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[tuple]]
    ) -> list[list[float]]:
        """The probability of any spans (start, end, label), decoded or not: what unlike heads can be compared in.

        Args:
            outputs: what the network gives for a batch of windows.
            lengths: ``(batch,)`` tokens of each window, [CLS] and [SEP] counted.
            spans: of each window the spans asked for.

        Raises:
            ValueError: a span outside its window.
            DataError: a label that the head does not know.
        """
        raise NotImplementedError
