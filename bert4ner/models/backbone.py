"""The pretrained encoder as bert4keras builds it, with the outputs of its last blocks at hand. No head, no loss."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bert4ner.config import ModelConfig
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig, Weights, get_family, load_weights, open_store
from bert4ner.networks.building import build_transformer

# Pretraining on much text needs no dropout, fine-tuning on little does: tcm-mini, trained at 0, gains 5 F1 by it.
UNSTATED_DROPOUT = 0.3

_LAYER = re.compile(r"(?:Encoder-)?Transformer-(\d+)-")  # bert4keras' names of its layers
_EMBEDDING = re.compile(r"(?:Encoder-)?Embedding-")
_TAPS = {"feed_forward": "FeedForward-Norm", "attention": "MultiHeadSelfAttention-Norm"}


def layer_number(name: str, last: int) -> int:
    """The number of the encoder's layer, from 1, that bert4keras' layer of this name is part of; 0: embeddings.

    What belongs to no one layer has the number `last`.
    """
    found = _LAYER.match(name)
    if found:
        return int(found[1]) + 1
    return 0 if _EMBEDDING.match(name) else last


@dataclass(frozen=True)
class Backbone:
    """bert4keras' transformer and the block outputs that a network is built on.

    Attributes:
        config: family and options of the encoder.
        taps: of each block the layer whose output is taken, and which of its calls, counted from the last.
    """

    transformer: Any
    config: EncoderConfig
    taps: list[tuple[Any, int]]

    @property
    def inputs(self) -> list[Any]:
        """Token ids and segment ids, both (batch, length)."""
        inputs: list[Any] = self.transformer.model.inputs
        return inputs

    @cached_property
    def blocks(self) -> list[Any]:
        """The outputs of the blocks for `inputs`, each (batch, length, width)."""
        return self._latest()

    def read(self, inputs: Sequence[Any]) -> list[Any]:
        """The block outputs for other token and segment ids than `inputs`, from the same weights."""
        self.transformer.call(list(inputs))
        return self._latest()

    def embed(self, token_ids: Any) -> Any:
        """The vectors of tokens by themselves, in no place and no context, of which nothing is dropped."""
        return self.transformer.layers["Embedding-Token"](token_ids)

    def read_apart(self, parts: Sequence[Sequence[Any]], join: Any, joint: int) -> list[Any]:
        """The block outputs where all blocks but the last `joint` read several inputs each by itself.

        Args:
            parts: token ids and segment ids of each input.
            join: a layer that makes one tensor of the states of the parts, (batch, length, width), and their masks.
            joint: number of last blocks that read all inputs together.

        References:
            Cao et al. 2020, DeFormer: Decomposing Pre-trained Transformers for Faster Question Answering.
        """
        network, count = self.transformer, self.transformer.num_hidden_layers
        read = [network.call_blocks(network.apply_embeddings(list(part)), range(count - joint)) for part in parts]
        network.apply_final_layers(network.call_blocks(join(read), range(count - joint, count)))
        return self._latest()

    def _latest(self) -> list[Any]:
        """The block outputs of the transformer's latest call."""
        return [layer.get_output_at(call) for layer, call in self.taps]

    def load(self, checkpoint: str, *, fresh: int = 0) -> None:
        """Fill the weights from a file of weights; each variable is accounted for before any is assigned.

        Args:
            checkpoint: the file.
            fresh: how many layers, from the last one down, keep the random values that they have.

        Raises:
            CheckpointError: naming every variable that is missing or of another shape.
            ConfigError: `fresh` layers cannot be told by their names.
        """
        family = get_family(self.config.family, where=checkpoint)
        kept = [(variable, variable.numpy()) for variable in self._last(fresh)]
        load_weights(self.transformer, Weights(open_store(checkpoint), family, self.config))
        for variable, value in kept:
            variable.assign(value)

    def _last(self, count: int) -> list[Any]:
        """The variables of the last layers."""
        last = self.config.num_hidden_layers
        numbers = [(layer_number(layer.name, 0), layer) for layer in self.transformer.layers.values()]
        found = [(number, layer) for number, layer in numbers if number > last - count]
        if {number for number, _ in found} != set(range(last - count + 1, last + 1)):
            raise ConfigError(f"reinitialise_layers={count}: the layers of this encoder cannot be told by their names")
        return [variable for _, layer in found for variable in layer.weights]


def build_backbone(
    encoder_config: EncoderConfig, model: ModelConfig, *, dropout: float | str, max_length: int
) -> Backbone:
    """Build the encoder of `encoder_config` with random weights.

    Args:
        encoder_config: family and options of the encoder.
        model: which of its blocks are fused, and how.
        dropout: rate inside the encoder; "auto" is what its configuration says, or 0.3 where that says 0 or nothing.
        max_length: the longest window, in tokens; it must not exceed the encoder's positions.

    Raises:
        ConfigError: more positions or more fused layers are asked for than the encoder has.
    """
    check_size(encoder_config, model, max_length=max_length)
    layers, count = encoder_config.num_hidden_layers, model.fused
    rates = {
        "dropout_rate": _rate(dropout, encoder_config.hidden_dropout_prob),
        "attention_dropout_rate": _rate(dropout, encoder_config.attention_probs_dropout_prob),
    }
    family = get_family(encoder_config.family, where="the encoder's configuration")
    transformer = build_transformer(family.network, encoder_config.options(), **rates)
    taps = [_tap(transformer, block - layers, _TAPS[model.tap]) for block in range(layers - count, layers)]
    return Backbone(transformer, encoder_config, taps)


def _tap(transformer: Any, block: int, part: str) -> tuple[Any, int]:
    """The layer that ends a part of a block, counted from the last, and which of its calls is that block's."""
    if hasattr(transformer, "tap"):  # names of its own, as in T5
        return transformer.layers[transformer.tap(transformer.num_hidden_layers + block, part)], -1
    own = f"Transformer-{transformer.num_hidden_layers + block}-{part}"
    if own in transformer.layers:
        return transformer.layers[own], -1
    return transformer.layers[f"Transformer-{part}"], block  # shared by all blocks, as in ALBERT


def check_size(encoder_config: EncoderConfig, model: ModelConfig, *, max_length: int) -> None:
    """Refuse options that an encoder is too small for; raises as `build_backbone` does."""
    positions = encoder_config.max_position_embeddings or 512
    bounded = get_family(encoder_config.family, where="the encoder's configuration").positions
    if bounded and max_length > positions:
        raise ConfigError(f"max_length={max_length}, but the encoder has {positions} positions; lower --max-length")
    layers, count = encoder_config.num_hidden_layers, model.fused
    if count > layers:
        raise ConfigError(f"fusion_layers={count}, but the encoder has {layers} layers; lower --fusion-layers")


def check_fresh(encoder_config: EncoderConfig, count: int) -> None:
    """Refuse to leave more layers random than an encoder has, or some of those that have one set of weights.

    Raises:
        ConfigError: as said.
    """
    family, layers = encoder_config.family, encoder_config.num_hidden_layers
    if count > layers:
        raise ConfigError(f"reinitialise_layers={count}, but the encoder has {layers} layers")
    if count and get_family(family, where="the encoder's configuration").shared:
        raise ConfigError(f"reinitialise_layers={count}: the layers of the family {family} are one; leave it out")


def _rate(dropout: float | str, configured: float | None) -> float:
    return (configured or UNSTATED_DROPOUT) if dropout == "auto" else float(dropout)


def encoder_parameters(encoder_config: EncoderConfig) -> int:
    """Weights in the blocks of the encoder, embeddings not counted: the size that learning rates depend on."""
    width, inner = encoder_config.hidden_size, encoder_config.intermediate_size
    return encoder_config.num_hidden_layers * (4 * width * width + 2 * width * inner)
