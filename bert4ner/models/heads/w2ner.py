"""Word-word relations: a grid classifies the relation of each pair of tokens within an entity.

One token follows another, or ends an entity that another begins. Holds nested and discontinuous entities.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.entities import Entity
from bert4ner.models.heads.base import built, check_span, scaled
from bert4ner.models.heads.divergence import of_classes
from bert4ner.models.heads.pair_targets import pack_targets, unpack_targets, with_open
from bert4ner.models.heads.relations import NEXT, TAIL, entities_of, softmax
from bert4ner.models.heads.span_matrix import PRIOR, SPANS_PER_TOKEN, TokenPairHead
from bert4ner.models.heads.text import text_positions
from bert4ner.text.token_spans import TokenSpan

_DILATIONS = (1, 2, 3)
_OPEN = -1  # in the grid of right relations: any relation is right
_BUCKETS = 9  # of distances in each direction: 1, 2-3, 4-7, ..., 256 and more


@final
class W2NERHead(TokenPairHead):
    """Classifies every pair of tokens (i, j): as NEXT, as TAIL of a label, or as none.

    In a NEXT pair, token j follows token i within an entity. In a TAIL pair, i is the last and j the first token of an
    entity of that label.

    A pair is represented by a conditional layer norm of token j whose scale and shift are linear in token i, plus a
    vector of the signed distance in powers of two. Convolutions with dilations 1, 2 and 3 connect neighbouring pairs.
    The logits are linear in the sum of all four grids. Added are a bilinear form of both tokens, a term of each, and a
    term of the distance, which alone has an effect before training. The loss is the cross entropy of all pairs.

    Every path of NEXT pairs from a first to a last token that a TAIL joins is an entity; its score is the product of
    the probabilities of these relations. So entities that share tokens may create further ones, where a path can
    change from one to the other. It needs much memory: several arrays of length x length x head_size / 2 per window.

    Args:
        labels: entity labels, in the order of their ids.
        head_size: width of the tokens' vectors, even; the grid has half as many channels.
        nesting: which entities may share tokens; of conflicting ones, the set with the highest total score wins.
        label_weights: factor on the loss of TAIL pairs of each label; 1 for other pairs.
        dropout: share of features to drop in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns logits ``(batch, length, length, labels + 2)``.
        mask: ``(batch, length)``; pairs with padding are zero before each convolution.

    References:
        Li et al. 2022, Unified Named Entity Recognition as Word-Word Relation Classification; for the
        differences and their reasons see docs/decisions/0006-w2ner.md.
    """

    kind = "relations"
    cannot_hold = "begin and end where one of another label does"

    def cells(self, length: int) -> int:
        """Peak number of values for a window of this length."""
        return max(self._channels, TAIL + len(self.labels)) * length * length

    @property
    def _channels(self) -> int:
        """Number of channels of the grid, whose convolutions are most of the head's work."""
        return self.head_size // 2

    def build(self, input_shape: Any) -> None:
        """Creates the layers of words, pairs and distances, the convolutions, and the layers that score pairs."""
        size, channels, relations = self.head_size, self._channels, TAIL + len(self.labels)
        normal, dense = keras.initializers.RandomNormal, keras.layers.Dense
        self.terms = built(dense, 2 * relations, input_shape[-1], "terms", kernel_initializer=normal(stddev=0.02))
        self.words = built(dense, size, input_shape[-1], "words")
        self.keys = built(dense, channels, size, "keys")
        self.gains = built(dense, channels, size, "gains", bias_initializer="ones")
        self.shifts = built(dense, channels, size, "shifts")
        self.distances = self.add_weight("distances", (2 * _BUCKETS + 1, channels), initializer=normal(stddev=0.02))
        self.convolutions = [
            built(
                keras.layers.Conv2D,
                channels,
                channels,
                f"convolution-{dilation}",
                kernel_size=3,
                padding="same",
                dilation_rate=dilation,
                activation="relu",
            )
            for dilation in _DILATIONS
        ]
        self.relations = built(
            dense, relations, channels, "relations", use_bias=False, kernel_initializer=normal(stddev=0.02)
        )
        self.priors = self.add_weight(
            "priors", (2 * _BUCKETS + 1, relations), initializer=keras.initializers.Constant(_priors(relations))
        )
        self.forms = self.add_weight("forms", (relations, size, size), initializer=normal(stddev=0.5 / size))
        super().build(input_shape)

    def call(self, features: Any, mask: Any = None) -> Any:
        """Logits (batch, length, length, 1 + labels) from features (batch, length, width)."""
        features = self.dropout_layer(features)
        words = tf.nn.gelu(self.words(features))  # (batch, length, size)
        keys = self.keys(words)
        mean, variance = tf.nn.moments(keys, axes=[-1], keepdims=True)
        keys = (keys - mean) * tf.math.rsqrt(variance + 1e-5)
        grid = self.gains(words)[:, :, None] * keys[:, None] + self.shifts(words)[:, :, None]
        distances = _distances(tf.shape(words)[1])  # (length, length)
        grid = total = tf.nn.relu(grid + tf.gather(self.distances, distances))  # (batch, length, length, …)
        pairs = None if mask is None else (mask[:, :, None] & mask[:, None])[..., None]  # (batch, length, length, 1)
        for convolution in self.convolutions:
            if pairs is not None:
                grid = tf.where(pairs, grid, 0)
            grid = convolution(grid)
            total += grid
        rows, columns = tf.split(self.terms(features), 2, axis=-1)
        products = tf.einsum("bis,rst,bjt->bijr", words, self.forms, words)  # (batch, length, length, …)
        terms = rows[:, :, None] + columns[:, None] + tf.gather(self.priors, distances)
        return self.relations(total) + products + terms

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (batch, length, length, 1 + labels)."""
        return (input_shape[0], input_shape[1], input_shape[1], TAIL + len(self.labels))

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """The entities of one document that have the same first and last character as one with an earlier label."""
        first = {(each.start, each.end): each.label for each in sorted(entities, reverse=True)}
        return [each for each in sorted(entities) if first[each.start, each.end] != each.label]

    def targets(
        self,
        spans: Sequence[Sequence[TokenSpan]],
        lengths: np.ndarray,
        width: int,
        unsure: Sequence[Sequence[TokenSpan]] | None = None,
    ) -> np.ndarray:
        """Length and relations (relation, row, column) of each text, as `pack_targets` writes them.

        Pairs with a sure relation are not open.
        """
        windows = []
        for number, (window_spans, length) in enumerate(zip(spans, lengths, strict=True)):
            relations: dict[tuple[int, int], int] = {}
            for span in sorted(set(window_spans)):
                check_span(span, int(length), self.label_numbers)
                cells = self._cells(span)
                if relations.setdefault(cells[0][1:], cells[0][0]) == cells[0][0]:
                    relations.update({cell[1:]: cell[0] for cell in cells})
            sure = sorted((relation, *place) for place, relation in relations.items())
            windows.append(with_open(sure, self._open_cells(unsure[number] if unsure else (), int(length), relations)))
        return pack_targets(windows, lengths)

    def _open_cells(
        self, unsure: Sequence[TokenSpan], length: int, relations: Collection[tuple[int, int]]
    ) -> list[tuple[int, int, int]]:
        """One cell for each pair of tokens whose relation depends on an unsure span; not for pairs in `relations`."""
        found: dict[tuple[int, int], int] = {}
        for span in unsure:
            check_span(span, length, self.label_numbers)
            found.update({cell[1:]: cell[0] for cell in self._cells(span) if cell[1:] not in relations})
        return [(relation, *place) for place, relation in found.items()]

    def _cells(self, span: TokenSpan) -> list[tuple[int, int, int]]:
        """The relations that state an entity, its TAIL first."""
        tail = (TAIL + self.label_numbers[span.label], span.tokens[-1], span.tokens[0])
        return [tail, *((NEXT, one, other) for one, other in pairwise(span.tokens))]

    def loss(self, targets: Any, outputs: Any) -> Any:
        """Loss of each window, ``(batch,)``; their mean is the loss per real token, summed over its pairs."""
        lengths, rows, cells, real, left_open = unpack_targets(targets)
        batch, width = tf.shape(outputs)[0], tf.shape(outputs)[1]
        # Padding writes "none" to the pair of [CLS] with itself, which does not count.
        places = tf.concat([rows[:, :, None], tf.where((real | left_open)[:, :, None], cells[:, :, 1:], 0)], axis=-1)
        gold = tf.zeros([batch, width, width], "int32")
        gold = tf.tensor_scatter_nd_update(gold, places, tf.where(real, cells[:, :, 0], tf.where(left_open, _OPEN, 0)))
        inside = text_positions(lengths, width)  # (batch, width)
        counted = inside[:, :, None] & inside[:, None] & (gold > _OPEN)  # (batch, width, width)
        gold = tf.maximum(gold, 0)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(gold, tf.where(counted[..., None], outputs, 0))
        if self.label_weights:
            losses *= tf.gather(np.append(np.ones(TAIL, "float32"), self.weight_of_label), gold)
        return scaled(tf.reduce_sum(tf.where(counted, losses, 0), axis=[1, 2]), inside)

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """The divergence of every pair's relation; the mean over windows is per real token, summed over its pairs."""
        inside = text_positions(unpack_targets(targets).lengths, tf.shape(outputs)[1])  # (batch, width)
        return scaled(of_classes(outputs, others, inside[:, :, None] & inside[:, None]), inside)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Probabilities of the relations, ``(batch, length, length, labels + 2)``."""
        return softmax(outputs)

    def found(self, least: float, window: np.ndarray, length: int) -> list[TokenSpan]:
        """As in the base class; the likeliest relation of a pair counts even if it is not above `least`."""
        return entities_of(window[:length, :length], least, self.labels, SPANS_PER_TOKEN * length)

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[TokenSpan]]
    ) -> list[list[float]]:
        """As for all heads, including discontinuous entities; relations are treated as independent."""
        result = []
        for probabilities, length, window_spans in zip(self.scores(outputs), np.asarray(lengths), spans, strict=True):
            for span in window_spans:
                check_span(span, int(length), self.label_numbers)
            result.append(
                [
                    float(
                        np.prod([probabilities[row, column, relation] for relation, row, column in self._cells(span)])
                    )
                    for span in window_spans
                ]
            )
        return result


def _priors(relations: int) -> np.ndarray:
    """Logits by distance: only NEXT to the following token is likely, with a probability of a half."""
    priors = np.full((2 * _BUCKETS + 1, relations), PRIOR)
    priors[:, 0] = priors[_BUCKETS + 1, NEXT] = 0
    return priors


def _distances(length: Any) -> Any:
    """The bucket of each pair's signed distance, ``(length, length)``; `_BUCKETS` is 0, higher is right."""
    positions = tf.range(length)
    distances = positions - positions[:, None]
    powers = tf.reduce_sum(tf.cast(tf.abs(distances)[..., None] >= 2 ** np.arange(_BUCKETS), "int32"), axis=-1)
    return tf.sign(distances) * powers + _BUCKETS
