"""The linear-chain conditional random field, the default head: exact loss and probabilities, no illegal tags."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import Config
from bert4ner.decode.decoders import Chain
from bert4ner.models.heads.partition import log_partition
from bert4ner.models.heads.tagging import OPEN, TagHead, emissions_under, first_token_on
from bert4ner.models.heads.uniform import UniformPaths

_FORBIDDEN = -1e30  # finite, so that the recursion has a gradient at unreachable tags


@final
class CRFHead(TagHead):
    """Scores tag sequences by emissions and transitions; trains on exact log likelihood.

    Tags that the scheme forbids (at the start, at the end, in a pair) have probability 0 in training and decoding.
    Computation is in float32 or better, whatever the precision of the encoder.

    With p the probability of a sequence and s the label smoothing, the loss is -(1 - s) * log p of the right sequence,
    plus s times the mean of -log p over all legal ones. This is the cross entropy to a target that spreads s evenly
    over them. If all sequences were legal and all transitions 0, it would equal the loss of a softmax on each token.

    With unsure spans, p is the total probability of all sequences that agree with the sure annotation. A token in an
    unsure span may have the tag O, or its tag if the span is an entity. Then log p is a difference of two partition
    functions, and 0 where nothing is sure. So an unsure span may also hold a shorter entity of its label.

    Args:
        scheme: name of the tagging scheme.
        labels: entity labels, in the order of the tag ids.
        label_smoothing: share of the target that is spread over all legal sequences.
        dropout: share of features to drop in training.

    Call arguments:
        features: token vectors, ``(batch, length, width)``; returns emissions ``(batch, length, tags)``.

    References:
        Lafferty, McCallum and Pereira 2001, Conditional Random Fields; Szegedy et al. 2016, Rethinking the Inception
        Architecture (smoothing, there of one class); Tsuboi et al. 2008, Training Conditional Random Fields Using
        Incomplete Annotations (unsure spans); Pereyra et al. 2017, Regularizing Neural Networks by Penalizing
        Confident Output Distributions (which divergence it is, and the other one).
    """

    leaves_open = True
    transition_weights = ("transitions", "starts", "ends")

    def __init__(
        self, scheme: str, labels: Sequence[str], label_smoothing: float = 0.0, dropout: float = 0.0, **kwargs: Any
    ):
        super().__init__(scheme, labels, dropout, **kwargs)
        self.label_smoothing = label_smoothing
        self.uniform = UniformPaths(self.tagset)

    @staticmethod
    def options(config: Config) -> dict[str, Any]:
        """The arguments of this head from a configuration."""
        return {**TagHead.options(config), "label_smoothing": config.losses.label_smoothing}

    def get_config(self) -> dict[str, Any]:
        """The arguments of the head, as Keras saves them."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}

    def build(self, input_shape: Any) -> None:
        """Creates the projection, the transitions and the scores of starts and ends."""
        super().build(input_shape)
        tags = len(self.tagset)
        zeros = keras.initializers.Zeros()
        self.transitions = self.add_weight(name="transitions", shape=(tags, tags), initializer=zeros)
        self.starts = self.add_weight(name="starts", shape=(tags,), initializer=zeros)
        self.ends = self.add_weight(name="ends", shape=(tags,), initializer=zeros)

    def _legal(self) -> tuple[Any, Any, Any]:
        """Transitions, starts and ends in float64, -inf where the scheme forbids."""
        allowed = (self.tagset.transition_allowed, self.tagset.start_allowed, self.tagset.end_allowed)
        weights = (self.transitions, self.starts, self.ends)
        return tuple(
            tf.where(tf.constant(legal), tf.cast(weight, "float64"), tf.constant(-np.inf, "float64"))
            for weight, legal in zip(weights, allowed, strict=True)
        )

    def log_partition(self, emissions: Any, mask: Any) -> Any:
        """Log of the total weight of all legal tag sequences, ``(batch,)`` float64.

        Args:
            emissions: ``(batch, length, tags)``; values where the mask is false have no effect.
            mask: ``(batch, length)`` bool, true from the first position to the last real one of each row.
        """
        return log_partition(
            tf.cast(emissions_under(mask, emissions), "float64"),
            mask,
            *(tf.maximum(scores, _FORBIDDEN) for scores in self._legal()),
        )

    def path_score(self, emissions: Any, tags: Any, mask: Any) -> Any:
        """Log weight of one tag sequence per row, ``(batch,)`` float64; `tags` is ``(batch, length)`` int."""
        transitions, starts, ends = self._legal()
        tags = tf.where(mask, tags, 0)  # (batch, length)
        chosen = tf.gather(tf.cast(emissions, "float64"), tags, batch_dims=2)  # (batch, length)
        chosen = tf.where(mask, chosen, 0)
        moves = tf.gather_nd(transitions, tf.stack([tags[:, :-1], tags[:, 1:]], axis=-1))  # (batch, length - 1)
        moves = tf.where(mask[:, 1:], moves, 0)
        last = tf.reduce_sum(tf.cast(mask, "int32"), axis=1) - 1  # (batch,)
        final_tag = tf.gather(tags, tf.maximum(last, 0), batch_dims=1)
        borders = tf.gather(starts, tags[:, 0]) + tf.gather(ends, final_tag)
        return tf.reduce_sum(chosen, axis=1) + tf.reduce_sum(moves, axis=1) + borders

    def log_likelihood(self, emissions: Any, tags: Any, mask: Any) -> Any:
        """Log probability of the given tag sequences, ``(batch,)`` float32; 0 for rows without a real position.

        Shapes as in `log_partition` and `path_score`. A sequence that the scheme forbids has log probability -inf.
        """
        emissions = emissions_under(mask, emissions)
        score = self.path_score(emissions, tf.where(mask, tags, 0), first_token_on(mask))
        return self._log_likelihood(score, emissions, mask, 0.0)

    def _log_likelihood(self, score: Any, emissions: Any, mask: Any, spread: float) -> Any:
        """Log probability of sequences with log weight `score`, smoothed by `spread` with all legal ones."""
        safe = first_token_on(mask)
        if spread:
            score = (1 - spread) * score + spread * self._mean_score(emissions, safe)
        difference = score - self.log_partition(emissions, safe)
        return tf.cast(tf.where(tf.reduce_any(mask, axis=1), difference, 0), "float32")

    def _mean_score(self, emissions: Any, mask: Any) -> Any:
        """The mean log weight of all legal sequences of each row, ``(batch,)`` float64."""
        given = (emissions, self.transitions, self.starts, self.ends)
        emissions, *chain = (tf.cast(scores, "float64") for scores in given)
        return self.uniform.mean_score(emissions, tf.reduce_sum(tf.cast(mask, "int32"), axis=1), *chain)

    def partial_loss(self, emissions: Any, tags: Any, mask: Any, choices: Any) -> Any:
        """The smoothed negative log likelihood of all permitted tags together, ``(batch,)``."""
        emissions = emissions_under(mask, emissions)
        safe = first_token_on(mask)
        score = self.path_score(emissions, tf.maximum(tf.where(mask, tags, 0), 0), safe)
        # Only of rows with open tags, mostly none. A tf.cond would do, but has no second gradient in a graph.
        open_rows = tf.reduce_any(tf.equal(tags, OPEN), axis=1)
        rows, length = tf.where(open_rows), tf.where(tf.reduce_any(open_rows), tf.shape(tags)[1], 1)
        given = (tf.where(mask, tags, 0), choices, emissions, safe)
        known, choices, scores, safe = (tf.gather_nd(part, rows) for part in given)
        known, scores, safe = known[:, :length], scores[:, :length], safe[:, :length]
        partial = self.log_partition(tf.where(_allowed(known, choices, scores), scores, _FORBIDDEN), safe)
        score = tf.tensor_scatter_nd_update(score, rows, tf.cast(partial, score.dtype))
        return -self._log_likelihood(score, emissions, mask, self.label_smoothing)

    def chain(self) -> Chain:
        """The learned transitions, starts and ends; -inf where the scheme forbids them."""
        transitions, starts, ends = (np.asarray(part, "float32") for part in self._legal())
        return Chain(transitions, starts, ends)

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """The emissions, unchanged."""
        return outputs


def _allowed(tags: Any, choices: Any, emissions: Any) -> Any:
    """Which tags are permitted, bool in the shape of the emissions: a token's only tag, or its choices."""
    batch = tf.broadcast_to(tf.range(tf.shape(choices)[0])[:, None, None], [*tf.unstack(tf.shape(choices))[:2], 1])
    real = tf.greater_equal(choices[:, :, :1], 0)  # (batch, choices, 1)
    places = tf.concat([batch, tf.where(real, choices, 0)], axis=-1)  # (batch, choices, 3)
    chosen = tf.scatter_nd(places, tf.cast(real[:, :, 0], "int32"), tf.shape(emissions)) > 0
    return chosen | tf.cast(tf.one_hot(tags, emissions.shape[-1]), "bool")  # one_hot of OPEN is all zero
