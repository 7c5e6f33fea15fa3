"""A pretrained encoder with the head of a masked language model, which scores the tokens at masked places only."""

import logging
from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.precision import policy, resolve_precision
from bert4ner.models.pretrained import PretrainedFolder, Weights, load_weights, open_store
from bert4ner.models.pretrained.convert import stored, target_sources
from bert4ner.models.pretrained.loading import trainable
from bert4ner.networks.building import build_transformer
from bert4ner.networks.recompute import recompute_layers
from bert4ner.pretraining.options import PretrainingOptions

logger = logging.getLogger(__name__)

_DENSE, _NORM, _BIAS = HEAD = ("MLM-Dense", "MLM-Norm", "MLM-Bias")
_UNSTATED_DROPOUT = 0.1
BATCH = (tf.TensorSpec((None, None), "int32"), tf.TensorSpec((None,), "int32"), tf.TensorSpec((None,), "int32"))
"""Token ids (batch, length), masked places among all of them (masks,), what stood there (masks,)."""


class LanguageModel:
    """bert4keras' network of a family with its head, which computes what ``with_mlm`` does, for some places only.

    Args:
        found: a pretrained folder; without weights the network starts at random.
        options: precision, dropout, length of windows.

    Attributes:
        network: the whole, a Keras model.
        encoder: what is below the head.
        beside: the weights that were read, those that are not trained among them; None if there were none.
        variables: all that is trained.

    Raises:
        CheckpointError: the family has no such head, or the weights do not fit.
        ConfigError: windows are longer than the encoder has positions, or nothing can be recomputed.
    """

    def __init__(self, found: PretrainedFolder, options: PretrainingOptions) -> None:
        check_encoder(found, options.texts.window)
        self.found = found
        with policy(resolve_precision(options.run.precision)):
            self._transformer = build_transformer(
                found.family.network, found.config.options(), with_mlm="linear", **_dropout(found, options)
            )
        self.network = self._transformer.model
        self.encoder = keras.Model(self.network.inputs, self.layer(_DENSE).input)
        if options.run.recompute and not recompute_layers(self.encoder):
            raise ConfigError("recompute: the encoder has no layers that are known to keep much; leave it out")
        self.variables = self.network.trainable_variables
        self.beside = self._load()

    def layer(self, name: str) -> Any:
        """bert4keras' layer of a name."""
        return self._transformer.layers[name]

    def _load(self) -> Weights | None:
        if self.found.checkpoint is None:
            return None
        weights = Weights(open_store(self.found.checkpoint), self.found.family, self.found.config)
        fresh = () if all(map(weights.has, HEAD)) else HEAD
        load_weights(self._transformer, weights, fresh=fresh)
        logger.info(
            "%s: the language model's head is %s",
            self.found.path,
            "new, tied to the embeddings" if fresh else "its own",
        )
        return weights

    def trainable(self) -> dict[str, list[Any]]:
        """The variables by layer."""
        return trainable(self._transformer)

    def read(self, ids: Any, *, training: bool) -> Any:
        """Token ids (batch, length) -> states (batch, length, width)."""
        inputs = [ids, tf.zeros_like(ids)]  # and segments
        return self.encoder(inputs[: len(self.network.inputs)], training=training)

    def scores(self, states: Any, places: Any, *, training: bool) -> Any:
        """Of every token of the vocabulary, before softmax, at some places: (masks, tokens), float32."""
        masked = tf.gather(tf.reshape(states, [-1, states.shape[-1]]), places)[None]  # (1, masks, width)
        guesses = self.layer(_NORM)(self.layer(_DENSE)(masked, training=training))[0]
        (embeddings,), (bias,) = (self.layer(name).trainable_weights for name in ("Embedding-Token", _BIAS))
        return tf.matmul(tf.cast(guesses, "float32"), tf.convert_to_tensor(embeddings), transpose_b=True) + bias

    def losses(self, states: Any, places: Any, targets: Any, *, training: bool) -> tuple[Any, Any]:
        """Minus log of the probability of what stood at each place, (masks,), and whether it is the likeliest."""
        scores = self.scores(states, places, training=training)
        right = tf.equal(tf.argmax(scores, axis=-1, output_type="int32"), targets)
        return tf.nn.sparse_softmax_cross_entropy_with_logits(targets, scores), right

    def arrays(self, layout: str) -> dict[str, np.ndarray]:
        """All weights as a layout stores them; those of the folder that were not trained (pooler) as they were."""
        sources = target_sources(self.found, layout)
        values = {} if self.beside is None else _others(self.beside, {*sources} - {*self.trainable()})
        for layer, variables in self.trainable().items():
            values[layer] = [variable.numpy() for variable in variables]
        return stored(values, sources, where=str(self.found.path))


def mean_loss(losses: Any) -> Any:
    """The mean over masked places; 0 where there are none."""
    return tf.math.divide_no_nan(tf.reduce_sum(losses), tf.cast(tf.size(losses), "float32"))


def _others(weights: Weights, layers: set[str]) -> dict[str, list[np.ndarray]]:
    return {
        layer: [weights.read(source) for source in weights.sources[layer]]
        for layer in sorted(layers)
        if weights.has(layer)
    }


def check_encoder(found: PretrainedFolder, window: int) -> None:
    """Refuse what no masked language model can be trained of.

    Raises:
        CheckpointError, ConfigError: as `LanguageModel`.
    """
    family, positions = found.family, found.config.max_position_embeddings or 512
    if not family.language_model:
        raise CheckpointError(
            f"{found.path}: {family.name} cannot be trained on as a masked language model; BERT, ALBERT, NEZHA and "
            "RoFormer can"
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
