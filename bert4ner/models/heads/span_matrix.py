"""Base classes of heads that score every span with every label: sparse targets, the loss, and decoding with scores.

A cell (label, i, j) stands for the span from token i to token j of the text, both inclusive. Pairs that are no span of
the text (j before i, [CLS], [SEP], padding) are excluded from the loss and never decoded.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.decode.activations import logistic
from bert4ner.decode.decoders import ThresholdDecoder
from bert4ner.entities import Entity, Nesting
from bert4ner.models.heads.base import Head, check_span, in_one_piece, scaled
from bert4ner.models.heads.divergence import of_binary
from bert4ner.models.heads.label_weights import label_weights_of
from bert4ner.models.heads.pair_targets import pack_targets, unpack_targets, with_open
from bert4ner.models.heads.span_loss import allowed_spans, loss_of_entities, others_and_found
from bert4ner.models.heads.text import text_positions
from bert4ner.text.token_spans import TokenSpan

SPANS_PER_TOKEN = 4
"""Limit on the spans of a window per token; the likeliest are kept. An untrained network scores half of all cells above
0, hundreds of thousands of spans in a window, and no annotation nests this deep."""
PRIOR = -8.0
"""Initial logit of every span: one entity in three thousand spans. With 0, a window of 200 tokens would start with
20,000 spans to unlearn, in few steps."""


def most_spans(length: int) -> int:
    """The maximum number of spans from a text of `length` tokens."""
    return SPANS_PER_TOKEN * (length + 2)


class TokenPairHead(Head):
    """Base of heads that score pairs of tokens, for nested entities.

    Args:
        labels: entity labels, in the order of their ids.
        head_size: width of the vectors that represent a token of a pair, or the pair.
        nesting: which entities may share tokens; of conflicting ones, the set with the highest total score wins.
        label_weights: factor on the loss of each label; default 1.
        dropout: share of features to drop in training.
    """

    may_nest = True
    leaves_open = True
    token_axes = (1, 2)

    def __init__(
        self,
        labels: Sequence[str],
        head_size: int = 64,
        nesting: Nesting = "any",
        label_weights: Mapping[str, float] | None = None,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(labels, dropout, **kwargs)
        self.head_size = head_size
        self.nesting = nesting
        self.label_weights = dict(label_weights or {})
        self.weight_of_label = label_weights_of(self.labels, self.label_weights)  # (labels,)

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of this head from a configuration."""
        nesting = config.spans.nesting  # "auto": there were no documents to decide by
        return {
            "head_size": config.spans.head_size,
            "nesting": "any" if nesting == "auto" else nesting,
            "label_weights": config.losses.label_weights,
        }

    def get_config(self) -> dict[str, Any]:
        """The arguments of the head, as Keras saves them."""
        own = {"head_size": self.head_size, "nesting": self.nesting, "label_weights": self.label_weights}
        return {**super().get_config(), **own}

    def decoder(self, others: Sequence[Head] = ()) -> ThresholdDecoder:
        """Decodes the spans whose every decision has a probability above 0.5, up to a maximum number."""
        return ThresholdDecoder(self.found, self.nesting, self.kind)

    def found(self, least: float, window: np.ndarray, length: int) -> list[TokenSpan]:
        """The spans of one window whose every decision has a probability above `least`, overlapping or not.

        Args:
            least: that probability.
            window: the scores of the window.
            length: number of tokens of its text.
        """
        raise NotImplementedError


class SpanCellsHead(TokenPairHead):
    """Base of heads that may give every span every label, for nested entities; targets are cells (label, i, j)."""

    cannot_hold = "are discontinuous"

    def cells(self, length: int) -> int:
        """Number of values for a window of this length."""
        return len(self.labels) * length * length

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """Only discontinuous entities: every span has its own cell for every label."""
        return [entity for entity in entities if entity.fragments]

    def targets(
        self,
        spans: Sequence[Sequence[TokenSpan]],
        lengths: np.ndarray,
        width: int,
        unsure: Sequence[Sequence[TokenSpan]] | None = None,
    ) -> np.ndarray:
        """Length and cells (label, first token, last token) of each text, as `pack_targets` writes them."""
        cells = []
        for row, (window_spans, length) in enumerate(zip(spans, lengths, strict=True)):
            whole, open_spans = in_one_piece(window_spans), unsure[row] if unsure else ()
            for span in (*whole, *open_spans):
                check_span(span, int(length), self.label_numbers)
            cells.append(with_open(sorted({self._cell(span) for span in whole}), list(map(self._cell, open_spans))))
        return pack_targets(cells, lengths)

    def _cell(self, span: TokenSpan) -> tuple[int, int, int]:
        return self.label_numbers[span.label], span.start, span.end - 1

    def _spans_above(self, least: float, window: np.ndarray, length: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Labels, first and last tokens of one window's spans with logits above `least`, and their probabilities."""
        raise NotImplementedError

    def found(self, least: float, window: np.ndarray, length: int) -> list[TokenSpan]:
        """The spans of one window above the probability `least`, at most `most_spans(length)`, the likeliest."""
        (labels, starts, lasts), probabilities = self._spans_above(math.log(least / (1 - least)), window, length)
        if len(probabilities) > most_spans(length):
            best = np.argsort(-probabilities, kind="stable")[: most_spans(length)]
            labels, starts, lasts, probabilities = labels[best], starts[best], lasts[best], probabilities[best]
        names = [self.labels[number] for number in labels]
        return list(map(TokenSpan, starts.tolist(), (lasts + 1).tolist(), names, probabilities.tolist()))

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[TokenSpan]]
    ) -> list[list[float]]:
        """The probability of each given span, window by window."""
        result: list[list[float]] = []
        for window, length, window_spans in zip(outputs, np.asarray(lengths).tolist(), spans, strict=True):
            for span in window_spans:
                check_span(span, length, self.label_numbers)
            result.append([self._probability(window, self._cell(span)) for span in window_spans])
        return result

    def _probability(self, window: np.ndarray, cell: tuple[int, int, int]) -> float:
        """The probability of a cell (label, first token, last token) of one window."""
        raise NotImplementedError


class SpanMatrixHead(SpanCellsHead):
    """Base of heads whose outputs are logits (batch, labels, length, length): the span i to j has that label.

    Spans with a logit above 0 are entities; they may be nested or cross, and their score is the sigmoid of the logit.
    For the spans that begin at one token, the loss pushes logits of entities above 0 and all others below 0:
    log(1 + sum over others of exp(s)) + log(1 + sum over entities of exp(-s)), summed over labels and first tokens. The
    published loss has one sum over all spans of a window. There all entities of a label together weigh no more than
    one, and the head learns several times more slowly (docs/decisions/0004-span-matrices.md). A subclass adds `prior`,
    a learned bias per label that starts at `PRIOR`, to its own logits.

    Args:
        labels: entity labels, in the order of their ids.
        head_size: width of the vectors that represent a span's first and last token.
        nesting: which entities may share tokens; of conflicting ones, the set with the highest total score wins.
        label_weights: factor on the loss of each label; default 1.
        dropout: share of features to drop in training.

    References:
        Su Jianlin 2020, https://kexue.fm/archives/7359 (the loss); Su et al. 2022, ZLPR: A Novel Loss for Multi-label
        Classification.
    """

    kind = "span logits"
    token_axes = (2, 3)

    def logits(self, outputs: Any) -> Any:
        """The logits ``(batch, labels, length, length)`` in `outputs`, as a tensor."""
        return outputs

    def build(self, input_shape: Any) -> None:
        """Creates the bias of each label."""
        initializer = keras.initializers.Constant(PRIOR)
        self.prior = self.add_weight(name="prior", shape=(len(self.labels), 1, 1), initializer=initializer)
        super().build(input_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (batch, labels, length, length)."""
        return (input_shape[0], len(self.labels), input_shape[1], input_shape[1])

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``; their mean is the loss per real token, summed over labels.

        Targets are indices of cells, so no target array as large as the outputs is made.
        """
        lengths, rows, cells, real, left_open = unpack_targets(targets)
        width = tf.shape(outputs)[-1]
        inside = text_positions(lengths, width)
        # Padding writes to the lower left corner, which is no span. Open cells are in neither sum.
        corner = tf.stack([0, width - 1, 0])
        places = tf.concat([rows[:, :, None], tf.where((real | left_open)[:, :, None], cells, corner)], axis=-1)
        others, found = others_and_found(outputs, allowed_spans(inside), places)  # (batch, labels, length), …
        firsts = places[:, :, 1] * width + places[:, :, 2]  # an id of label and token
        entities = loss_of_entities(tf.where(real, found, np.inf), firsts, len(self.labels) * width)
        if self.label_weights:
            others *= self.weight_of_label[:, None]
            entities *= tf.repeat(self.weight_of_label, width)
        return scaled(tf.reduce_sum(others, axis=[1, 2]) + tf.reduce_sum(entities, axis=1), inside)

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """The divergence of all cells, span or not; the mean over windows is per real token, summed over labels.

        Makes arrays as large as `logits`, even where the loss does not.
        """
        one, other = self.logits(outputs), self.logits(others)
        inside = text_positions(unpack_targets(targets).lengths, tf.shape(one)[-1])
        return scaled(of_binary(one, other, allowed_spans(inside)[:, None]), inside)

    def _spans_above(self, least: float, window: np.ndarray, length: int) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        # One pass over the cube; the few cells found are then checked for being spans.
        labels, firsts, lasts = np.unravel_index(np.flatnonzero(window > least), window.shape)
        spans = (firsts <= lasts) & (lasts < length)
        labels, firsts, lasts = labels[spans], firsts[spans], lasts[spans]
        return (labels, firsts, lasts), logistic(window[labels, firsts, lasts])

    def _logit(self, window: np.ndarray, cell: tuple[int, int, int]) -> float:
        """The logit of a cell (label, first token, last token) of one window."""
        return float(window[cell])

    def _probability(self, window: np.ndarray, cell: tuple[int, int, int]) -> float:
        return float(logistic(self._logit(window, cell)))
