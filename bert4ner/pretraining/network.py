"""A pretrained encoder with the head of a masked language model, which scores only the masked positions."""

import logging
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.precision import policy, resolve_precision
from bert4ner.models.pretrained import PretrainedFolder, Weights, build_loaded, open_store
from bert4ner.models.pretrained.convert import target_sources
from bert4ner.models.pretrained.loading import trainable
from bert4ner.models.pretrained.stored import Stored
from bert4ner.networks.building import build_transformer
from bert4ner.networks.recompute import recompute_layers
from bert4ner.pretraining.options import PretrainingOptions
from bert4ner.registry import FAMILIES

logger = logging.getLogger(__name__)

_DENSE, _NORM, _BIAS = HEAD = ("MLM-Dense", "MLM-Norm", "MLM-Bias")
_UNSTATED_DROPOUT = 0.1
BATCH = (tf.TensorSpec((None, None), "int32"), tf.TensorSpec((None,), "int32"), tf.TensorSpec((None,), "int32"))
"""Token ids (batch, length), masked positions among all of them (masks,), original ids there (masks,)."""


class LanguageModel:
    """bert4keras' network of a family with its ``with_mlm`` head, which here scores only some positions.

    Args:
        found: a pretrained folder; without weights the network starts at random.
        options: precision, dropout, length of windows.

    Attributes:
        network: the whole Keras model.
        encoder: the part below the head.
        beside: all weights of the checkpoint, including untrained ones; None if there were none.
        variables: all trained variables.

    Raises:
        CheckpointError: the family has no such head, or the weights do not fit.
        ConfigError: windows are longer than the encoder has positions, or nothing can be recomputed.
    """

    def __init__(self, found: PretrainedFolder, options: PretrainingOptions) -> None:
        check_encoder(found, options.texts.window)
        self.found = found
        self.beside = _weights(found)
        with policy(resolve_precision(options.run.precision)):
            self._transformer = _transformer(found, self.beside, with_mlm="linear", **_dropout(found, options))
        self.network = self._transformer.model
        self.encoder = keras.Model(self.network.inputs, self.layer(_DENSE).input)
        if options.run.recompute and not recompute_layers(self.encoder):
            raise ConfigError(
                "recompute: it would save no memory, as this encoder has no layers that support it; leave it out"
            )
        self.variables = self.network.trainable_variables

    def layer(self, name: str) -> Any:
        """bert4keras' layer with this name."""
        return self._transformer.layers[name]

    def trainable(self) -> dict[str, list[Any]]:
        """The variables by layer."""
        return trainable(self._transformer)

    def read(self, ids: Any, *, training: bool) -> Any:
        """Hidden states (batch, length, width) from token ids (batch, length)."""
        inputs = [ids, tf.zeros_like(ids)]  # and segments
        return self.encoder(inputs[: len(self.network.inputs)], training=training)

    def scores(self, states: Any, places: Any, *, training: bool) -> Any:
        """Logits of every token of the vocabulary at some positions: (masks, tokens), float32."""
        masked = tf.gather(tf.reshape(states, [-1, states.shape[-1]]), places)[None]  # (1, masks, width)
        guesses = self.layer(_NORM)(self.layer(_DENSE)(masked, training=training))[0]
        (embeddings,), (bias,) = (self.layer(name).trainable_weights for name in ("Embedding-Token", _BIAS))
        return tf.matmul(tf.cast(guesses, "float32"), tf.convert_to_tensor(embeddings), transpose_b=True) + bias

    def losses(self, states: Any, places: Any, targets: Any, *, training: bool) -> tuple[Any, Any]:
        """Cross entropy of the original token at each position, (masks,), and whether that token is the likeliest."""
        scores = self.scores(states, places, training=training)
        right = tf.equal(tf.argmax(scores, axis=-1, output_type="int32"), targets)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores), right

    def arrays(self, layout: str) -> Stored:
        """All weights as a layout stores them; untrained ones of the folder (pooler) are unchanged."""
        sources = target_sources(self.found, layout)
        values = {} if self.beside is None else _others(self.beside, {*sources} - {*self.trainable()})
        for layer, variables in self.trainable().items():
            values[layer] = [variable.numpy() for variable in variables]
        kept = {layer: sources[layer] for layer in values}
        return Stored(lambda layer, number: values[layer][number], kept, where=str(self.found.path))


def mean_loss(losses: Any) -> Any:
    """The mean over masked positions; 0 without any."""
    return tf.math.divide_no_nan(tf.reduce_sum(losses), tf.cast(tf.size(losses), "float32"))


def _weights(found: PretrainedFolder) -> Weights | None:
    return None if found.checkpoint is None else Weights(open_store(found.checkpoint), found.family, found.config)


def _transformer(found: PretrainedFolder, weights: Weights | None, **more: Any) -> Any:
    """bert4keras' object with the head, random or with the weights that there are."""
    network, options = found.family.network, found.config.options()
    if weights is None:
        return build_transformer(network, options, **more)
    fresh = () if all(map(weights.has, HEAD)) else HEAD
    logger.info(
        "%s: the language model's head is %s", found.path, "new, tied to the embeddings" if fresh else "its own"
    )
    return build_loaded(network, options, weights, fresh=fresh, **more)


def _others(weights: Weights, layers: set[str]) -> dict[str, list[np.ndarray]]:
    return {
        layer: [weights.read(source) for source in weights.sources[layer]]
        for layer in sorted(layers)
        if weights.has(layer)
    }


def check_encoder(found: PretrainedFolder, window: int) -> None:
    """Refuse encoders that cannot be trained as a masked language model.

    Raises:
        CheckpointError, ConfigError: see `LanguageModel`.
    """
    family, positions = found.family, found.config.num_positions
    if not family.language_model:
        able = ", ".join(name for name, each in FAMILIES.items(FAMILIES.own()) if each.language_model)
        raise CheckpointError(
            f"{found.path}: {family.name} cannot be trained as a masked language model; these families can: {able}"
        )
    if family.positions and window > positions:
        raise ConfigError(f"window={window}, but the encoder has {positions} positions; lower --window")


def _dropout(found: PretrainedFolder, options: PretrainingOptions) -> dict[str, float]:
    rates = {
        "dropout_rate": found.config.hidden_dropout_prob,
        "attention_dropout_rate": found.config.attention_probs_dropout_prob,
    }
    if options.run.dropout != "auto":
        return dict.fromkeys(rates, options.run.dropout)
    return {name: _UNSTATED_DROPOUT if rate is None else rate for name, rate in rates.items()}
