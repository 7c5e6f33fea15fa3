"""The pretrained encoder as bert4keras builds it, with the outputs of its last blocks at hand. No head, no loss."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bert4ner.compat.frameworks import build_transformer_model
from bert4ner.config import ModelConfig
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import ENCODER_KEYS, read_variables

# Pretraining on much text needs no dropout, fine-tuning on little does: tcm-mini, trained at 0, gains 5 F1 by it.
UNSTATED_DROPOUT = 0.3

_TAPS = {"feed_forward": "Transformer-{}-FeedForward-Norm", "attention": "Transformer-{}-MultiHeadSelfAttention-Norm"}


@dataclass(frozen=True)
class Backbone:
    """bert4keras' transformer and the block outputs, each (batch, length, width), that a network is built on."""

    transformer: Any
    blocks: list[Any]

    @property
    def inputs(self) -> list[Any]:
        """Token ids and segment ids, both (batch, length)."""
        return self.transformer.model.inputs

    def read(self, inputs: Sequence[Any]) -> list[Any]:
        """The block outputs for other token and segment ids than `inputs`, from the same weights."""
        self.transformer.call(list(inputs))
        return [block.node.layer.get_output_at(-1) for block in self.blocks]

    def load(self, checkpoint: str) -> None:
        """Fill the weights from a TensorFlow checkpoint; each variable is accounted for before any is assigned.

        Raises:
            CheckpointError: naming every variable that is missing or of another shape.
        """
        weights: dict[str, Any] = {}
        for layer_name, names in self.transformer.variable_mapping().items():
            if layer_name in self.transformer.layers:
                weights.update(zip(names, self.transformer.layers[layer_name].trainable_weights, strict=True))
        values = read_variables(checkpoint, {name: tuple(weight.shape) for name, weight in weights.items()})
        for name, weight in weights.items():
            weight.assign(np.asarray(values[name], "float32"))


def build_backbone(
    encoder_config: dict[str, Any], model: ModelConfig, *, dropout: float | str, max_length: int
) -> Backbone:
    """Build the encoder of `encoder_config` (keys as in bert_config.json) with random weights.

    Args:
        dropout: rate inside the encoder; "auto" is what its configuration says, or 0.3 where that says 0 or nothing.
        max_length: the longest window, in tokens; it must not exceed the encoder's positions.

    Raises:
        ConfigError: more positions or more fused layers are asked for than the encoder has.
    """
    check_size(encoder_config, model, max_length=max_length)
    layers, count = encoder_config["num_hidden_layers"], _fused(model)
    rates = {
        "dropout_rate": _rate(dropout, encoder_config.get("hidden_dropout_prob")),
        "attention_dropout_rate": _rate(dropout, encoder_config.get("attention_probs_dropout_prob")),
    }
    known = {key: encoder_config[key] for key in ENCODER_KEYS if encoder_config.get(key) is not None}
    transformer = build_transformer_model(model="bert", return_keras_model=False, **known, **rates)
    names = [_TAPS[model.tap].format(block) for block in range(layers - count, layers)]
    return Backbone(transformer, [transformer.model.get_layer(name).output for name in names])


def check_size(encoder_config: dict[str, Any], model: ModelConfig, *, max_length: int) -> None:
    """Refuse options that an encoder is too small for; raises as `build_backbone` does."""
    positions = encoder_config.get("max_position_embeddings", 512)
    if max_length > positions:
        raise ConfigError(f"max_length={max_length}, but the encoder has {positions} positions; lower --max-length")
    layers, count = encoder_config["num_hidden_layers"], _fused(model)
    if count > layers:
        raise ConfigError(f"fusion_layers={count}, but the encoder has {layers} layers; lower --fusion-layers")


def _fused(model: ModelConfig) -> int:
    return 1 if model.fusion == "last" else model.fusion_layers


def _rate(dropout: float | str, configured: float | None) -> float:
    return (configured or UNSTATED_DROPOUT) if dropout == "auto" else float(dropout)


def encoder_parameters(encoder_config: dict[str, Any]) -> int:
    """Weights in the blocks of the encoder, embeddings not counted: the size that learning rates depend on."""
    width, inner = encoder_config["hidden_size"], encoder_config["intermediate_size"]
    return encoder_config["num_hidden_layers"] * (4 * width * width + 2 * width * inner)
