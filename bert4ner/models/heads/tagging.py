"""What heads that tag every token share: targets, emissions, the loss over real tokens, and decoding with scores.

Position 0 of a window is [CLS] and the last real one [SEP]; they carry no tag. A subclass says what a sequence of
emissions costs and which chain of transitions decodes it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.data.records import flat_entities
from bert4ner.decode.marginals import Lattice, log_partition, span_probabilities
from bert4ner.decode.spans import TokenSpan
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.entities import Entity
from bert4ner.models.heads.base import Chain, Head, in_one_piece, scaled
from bert4ner.text.schemes import TagSet

IGNORED = -1  # target of positions that carry no tag: [CLS], [SEP], padding


def first_token_on(mask: Any) -> Any:
    """The mask (batch, length) with position 0 true, so that recursions over an empty row stay finite."""
    return tf.concat([tf.ones_like(mask[:, :1]), mask[:, 1:]], axis=1)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log probabilities over the last axis."""
    lifted = logits - logits.max(axis=-1, keepdims=True)
    return lifted - np.log(np.exp(lifted).sum(axis=-1, keepdims=True))


def emissions_under(mask: Any, emissions: Any) -> Any:
    """Emissions (batch, length, tags) where the mask is true, else 0: not even NaN gets from padding into a loss."""
    return tf.where(mask[:, :, None], emissions, 0)


class PathHead(Head):
    """Base of heads whose answer is a path through the tags of `tagset`: `scores` are emissions (batch, length, tags).

    A class sets `tagset`. Unless it says otherwise, every legal path is as good as its emissions.
    """

    cannot_hold = "overlap longer ones or are in several pieces"
    tagset: TagSet

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """Those entities of one document that one layer of tags cannot hold: overlapping longer ones, or in pieces."""
        return flat_entities(entities)[1]

    def chain(self) -> Chain:
        legal = self.tagset
        return Chain(
            *(
                np.where(allowed, 0, -np.inf).astype("float32")
                for allowed in (legal.transition_allowed, legal.start_allowed, legal.end_allowed)
            )
        )

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Log-linear emissions ``(batch, length, tags)`` for the chain, from what the network gives."""
        raise NotImplementedError

    def decode_scores(self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder) -> list[list[TokenSpan]]:
        return decode_spans(decoder, self.tagset, scores, lengths)

    def candidates(
        self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder, nbest: int
    ) -> list[list[TokenSpan]]:
        """The spans of the `nbest` best tag sequences, each once, with its exact marginal probability."""
        return decode_spans(decoder, self.tagset, scores, lengths, nbest=nbest)

    def readings(
        self, scores: np.ndarray, lengths: np.ndarray, decoder: ViterbiDecoder, n: int
    ) -> list[list[tuple[list[tuple], float]]]:
        inner, inner_lengths = scores[:, 1:], np.asarray(lengths) - 2
        totals = log_partition(inner, inner_lengths, decoder.transitions, decoder.starts, decoder.ends)  # (batch,)
        return [
            [(list(self.tagset.decode(path)), float(np.exp(min(score - total, 0.0)))) for path, score in paths]
            for paths, total in zip(decoder.n_best_batch(inner, inner_lengths, n), totals, strict=True)
        ]

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[tuple]]
    ) -> list[list[float]]:
        inner_lengths = np.asarray(lengths) - 2
        lattice = Lattice(self.scores(outputs)[:, 1:], inner_lengths, *self.chain())
        tagged = [
            [
                (start, end, self.tagset.encode([(start, end, label)], int(length))[0][start:end])
                for start, end, label in window_spans
            ]
            for window_spans, length in zip(spans, inner_lengths, strict=True)
        ]
        return span_probabilities(lattice, tagged, self.tagset.continues)


class TagHead(PathHead):
    """Base of heads that give every token one tag: (batch, length, width) in, emissions (batch, length, tags) out."""

    kind = "tags"

    def __init__(self, scheme: str, labels: Sequence[str], dropout: float = 0.0, **kwargs: Any):
        super().__init__(labels, dropout, **kwargs)
        self.scheme = scheme
        self.tagset = TagSet(scheme, self.labels)

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        return {"scheme": config.model.scheme}

    def cells(self, length: int) -> int:
        return length * len(self.tagset)

    def build(self, input_shape: Any) -> None:
        self.projection = keras.layers.Dense(len(self.tagset), name="projection", dtype="float32")
        self.projection.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        return tf.identity(self.projection(self.dropout_layer(features)))  # without the mask that Dense puts on

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], len(self.tagset))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scheme": self.scheme}

    def targets(self, spans: Sequence[Sequence[tuple[int, int, str]]], lengths: np.ndarray, width: int) -> np.ndarray:
        """Tag numbers ``(batch, width)`` int32 of windows of `lengths` tokens ([CLS], [SEP] counted), else IGNORED.

        Of overlapping spans the longest is learned; the others are `unlearnable`.
        """
        targets = np.full((len(spans), width), IGNORED, "int32")  # (batch, width)
        for row, (window_spans, length) in enumerate(zip(spans, lengths, strict=True)):
            tags, _ = self.tagset.encode(in_one_piece(window_spans), length - 2)
            targets[row, 1 : length - 1] = tags
        return targets

    def loss(self, targets: Any, emissions: Any) -> Any:
        """Loss of each window, ``(batch,)``; their mean is the batch's loss per real token."""
        tags = tf.cast(targets[:, 1:], "int32")  # (batch, length - 1)
        mask = tf.not_equal(tags, IGNORED)
        return scaled(self.sequence_loss(emissions[:, 1:], tags, mask), mask)

    def sequence_loss(self, emissions: Any, tags: Any, mask: Any) -> Any:
        """Summed loss of each row, ``(batch,)``, over positions where `mask` (batch, length) is true."""
        raise NotImplementedError


def decode_spans(
    decoder: ViterbiDecoder, tagset: TagSet, emissions: np.ndarray, lengths: np.ndarray, *, nbest: int = 1
) -> list[list[TokenSpan]]:
    """Spans of the best legal tag sequence of each window, or of several, each with its exact marginal probability.

    Args:
        emissions: ``(batch, length, tags)``, [CLS] at position 0 of each row.
        lengths: ``(batch,)`` real tokens per row, [CLS] and [SEP] counted.
        nbest: how many sequences; spans of several may overlap.
    """
    inner, inner_lengths = emissions[:, 1:], np.asarray(lengths) - 2
    if nbest == 1:
        paths = [[path] for path in decoder.decode_batch(inner, inner_lengths)]
    else:
        paths = [[path for path, _ in best] for best in decoder.n_best_batch(inner, inner_lengths, nbest)]
    tagged = [
        {span: path[span[0] : span[1]] for path in of_window for span in tagset.decode(path)} for of_window in paths
    ]
    spans = [sorted(found) for found in tagged]
    lattice = Lattice(inner, inner_lengths, decoder.transitions, decoder.starts, decoder.ends)
    scores = span_probabilities(
        lattice,
        [[(i, j, tags[i, j, label]) for i, j, label in found] for found, tags in zip(spans, tagged, strict=True)],
        tagset.continues,
    )
    return [
        [(i, j, label, float(score)) for (i, j, label), score in zip(found, found_scores, strict=True)]
        for found, found_scores in zip(spans, scores, strict=True)
    ]
