"""Base classes of heads that tag every token: targets, emissions, the loss over real tokens, and decoding with scores.

A subclass defines the loss of a sequence of emissions, and the chain of transitions that decodes it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.data.records import flat_entities
from bert4ner.decode.decoders import Chain, PathDecoder, mean_chain
from bert4ner.decode.lattice import Lattice
from bert4ner.decode.marginals import span_probabilities
from bert4ner.entities import Entity
from bert4ner.models.heads.base import Head, in_one_piece, scaled
from bert4ner.models.heads.divergence import of_classes
from bert4ner.text.schemes import TagSet
from bert4ner.text.token_spans import TokenSpan

IGNORED = -1  # target of positions without a tag: [SEP], padding
OPEN = -2  # target of positions with several permitted tags
_FIELDS = 2  # token and tag of a choice


def first_token_on(mask: Any) -> Any:
    """The mask (batch, length) with position 0 true, so that recursions over empty rows stay finite."""
    return tf.concat([tf.ones_like(mask[:, :1]), mask[:, 1:]], axis=1)


def emissions_under(mask: Any, emissions: Any) -> Any:
    """Emissions (batch, length, tags) where the mask is true, else 0: padding, even NaN, has no effect."""
    return tf.where(mask[:, :, None], emissions, 0)


class PathHead(Head):
    """Base of heads whose result is a path through the tags of `tagset`: `scores` are emissions (batch, length, tags).

    A subclass sets `tagset`. By default a path's score is the sum of its emissions, if it is legal.
    """

    cannot_hold = "overlap longer ones or are discontinuous"
    tagset: TagSet

    def unlearnable(self, entities: Sequence[Entity]) -> list[Entity]:
        """The entities of one document that tags cannot represent: discontinuous, or overlapped by longer ones."""
        return flat_entities(entities)[1]

    def chain(self) -> Chain:
        """0 for what the scheme allows, -inf for what it forbids."""
        legal = self.tagset
        return Chain(
            *(
                np.where(allowed, 0, -np.inf).astype("float32")
                for allowed in (legal.transition_allowed, legal.start_allowed, legal.end_allowed)
            )
        )

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """Log-linear emissions ``(batch, length, tags)`` for the chain, from the network's outputs."""
        raise NotImplementedError

    def decoder(self, others: Sequence[Head] = ()) -> PathDecoder:
        """A decoder of averaged emissions with averaged transitions."""
        return PathDecoder(self.tagset, mean_chain([head.chain() for head in (self, *others)]))

    def span_scores(
        self, outputs: np.ndarray, lengths: np.ndarray, spans: Sequence[Sequence[TokenSpan]]
    ) -> list[list[float]]:
        """The total probability of all paths that contain the tags of each span, window by window."""
        tagged = [
            [
                (span.start, span.end, self.tagset.encode([span.place[:3]], int(length))[0][span.start : span.end])
                for span in window_spans
            ]
            for window_spans, length in zip(spans, lengths, strict=True)
        ]
        lattice = Lattice(self.scores(outputs), lengths, *self.chain())
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
        """The arguments of this head from a configuration."""
        return {"scheme": config.model.scheme}

    def cells(self, length: int) -> int:
        """Number of values for a window of this length."""
        return length * len(self.tagset)

    def build(self, input_shape: Any) -> None:
        """Creates the projection to tags."""
        self.projection = keras.layers.Dense(len(self.tagset), name="projection", dtype="float32")
        self.projection.build(input_shape)
        super().build(input_shape)

    def call(self, features: Any) -> Any:
        """Emissions (batch, length, tags) from features (batch, length, width)."""
        return tf.identity(self.projection(self.dropout_layer(features)))  # without the mask that Dense attaches

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (batch, length, tags)."""
        return (*input_shape[:-1], len(self.tagset))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the head, as Keras saves them."""
        return {**super().get_config(), "scheme": self.scheme}

    def targets(
        self,
        spans: Sequence[Sequence[TokenSpan]],
        lengths: np.ndarray,
        width: int,
        unsure: Sequence[Sequence[TokenSpan]] | None = None,
    ) -> np.ndarray:
        """Tag ids of texts, IGNORED in padding, then choices: int32 ``(batch, width + 2 * choices)``.

        Of overlapping spans the longest is learned; the others are `unlearnable`. A token in an unsure span that shares
        no token with a learned one is OPEN. Its choices (token, tag) are O and its tags in all unsure spans.
        """
        targets = np.full((len(spans), width), IGNORED, "int32")  # (batch, width)
        choices: list[list[int]] = []
        for row, (window_spans, length) in enumerate(zip(spans, lengths, strict=True)):
            whole = [span.place[:3] for span in in_one_piece(window_spans)]
            targets[row, :length], _ = self.tagset.encode(whole, length)
            found = self._choices(targets[row, :length], unsure[row]) if unsure else []
            targets[row, [token for token, _ in found]] = OPEN
            choices.append([number for choice in found for number in choice])
        listed = np.full((len(spans), max(map(len, choices), default=0)), IGNORED, "int32")
        for row, numbers in enumerate(choices):
            listed[row, : len(numbers)] = numbers
        return np.concatenate([targets, listed], axis=1)

    def _choices(self, tags: np.ndarray, unsure: Sequence[TokenSpan]) -> list[tuple[int, int]]:
        """Sorted (token, tag) for each open token and each permitted tag; `tags` (length,) are the learned ones."""
        found = set()
        for span in unsure:
            encoded = self.tagset.encode([span.place[:3]], len(tags))[0]
            if not tags[span.start : span.end].any():
                for token in span.tokens:
                    found.update([(token, 0), (token, int(encoded[token]))])
        return sorted(found)

    def loss(self, targets: Any, emissions: Any) -> Any:
        """Loss of each window, ``(batch,)``; their mean is the loss per real token."""
        emissions = self.text(emissions)
        tags, choices = _parts(targets, emissions)
        mask = tf.not_equal(tags, IGNORED)
        return scaled(self.partial_loss(emissions, tags, mask, choices), mask)

    def divergence(self, targets: Any, outputs: Any, others: Any) -> Any:
        """The divergence of the softmax of every token's emissions, without transitions; the mean is per real token."""
        one, other = self.text(outputs), self.text(others)
        mask = tf.not_equal(_parts(targets, one)[0], IGNORED)  # (batch, tokens)
        return scaled(of_classes(one, other, mask), mask)

    def partial_loss(self, emissions: Any, tags: Any, mask: Any, choices: Any) -> Any:
        """Summed loss of each row, ``(batch,)``, where tags may be open; by default open tokens are ignored.

        Args:
            emissions: ``(batch, length, tags)``.
            tags: ``(batch, length)``, OPEN where several are permitted.
            mask: which positions are tokens, ``(batch, length)``.
            choices: permitted (token, tag) of OPEN tokens, padded with IGNORED, ``(batch, choices, 2)``.
        """
        return self.sequence_loss(emissions, tags, mask & tf.not_equal(tags, OPEN))

    def sequence_loss(self, emissions: Any, tags: Any, mask: Any) -> Any:
        """Summed loss of each row, ``(batch,)``, over positions where `mask` (batch, length) is true."""
        raise NotImplementedError


def _parts(targets: Any, emissions: Any) -> tuple[Any, Any]:
    """Tags (batch, tokens) and choices (batch, choices, 2) of targets for emissions of the text."""
    targets, width = tf.cast(targets, "int32"), tf.shape(emissions)[1]
    return targets[:, :width], tf.reshape(targets[:, width:], [tf.shape(targets)[0], -1, _FIELDS])
