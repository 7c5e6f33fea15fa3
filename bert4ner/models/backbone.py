"""The pretrained encoder as bert4keras builds it, and the outputs of its last blocks. No head, no loss."""

import re
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bert4ner.backend.unfilled import Unfilled, unfilled_variables
from bert4ner.config import ModelConfig
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig, Weights, check_fit, get_family, load_weights, open_store
from bert4ner.networks.building import build_transformer

# Pretraining on much text needs no dropout, fine-tuning on little does: it gains tcm-mini, trained without, 5 F1.
UNSTATED_DROPOUT = 0.3

_LAYER = re.compile(r"(?:Encoder-)?Transformer-(\d+)-")  # names of layers in bert4keras
_EMBEDDING = re.compile(r"(?:Encoder-)?Embedding-")
_TAPS = {"feed_forward": "FeedForward-Norm", "attention": "MultiHeadSelfAttention-Norm"}


def layer_number(name: str, last: int) -> int:
    """The number of the encoder layer, from 1, that the bert4keras layer with this name belongs to; 0: embeddings.

    A layer that belongs to no single block has the number `last`.
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
        taps: for each block, the layer whose output is taken, and the index of the call, counted from the last.
        unfilled: the variables that were made without values, for `load` to fill.
    """

    transformer: Any
    config: EncoderConfig
    taps: list[tuple[Any, int]]
    unfilled: Unfilled = field(default_factory=Unfilled)

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
        """The token embeddings without positions, context and dropout."""
        return self.transformer.layers["Embedding-Token"](token_ids)

    def read_apart(self, parts: Sequence[Sequence[Any]], join: Any, joint: int) -> list[Any]:
        """The block outputs where all blocks but the last `joint` read each of several inputs separately.

        Args:
            parts: token ids and segment ids of each input.
            join: a layer that joins the hidden states of the parts, (batch, length, width) each, and their masks.
            joint: number of last blocks that read all inputs together.

        References:
            Cao et al. 2020, DeFormer: Decomposing Pre-trained Transformers for Faster Question Answering.
        """
        network, count = self.transformer, self.transformer.num_hidden_layers
        read = [network.call_blocks(network.apply_embeddings(list(part)), range(count - joint)) for part in parts]
        network.apply_final_layers(network.call_blocks(join(read), range(count - joint, count)))
        return self._latest()

    def _latest(self) -> list[Any]:
        """The block outputs of the transformer's last call."""
        return [layer.get_output_at(call) for layer, call in self.taps]

    def load(self, checkpoint: str, *, fresh: int = 0) -> None:
        """Load the weights from a file; all variables are checked before any is assigned.

        Args:
            checkpoint: the file.
            fresh: number of last layers that keep their random weights.

        Raises:
            CheckpointError: variables are missing or have another shape; the message names them.
            ConfigError: `fresh` layers cannot be recognized by their names.
        """
        family = get_family(self.config.family, where=checkpoint)
        weights = Weights(open_store(checkpoint), family, self.config)
        check_fit(weights, self.transformer)  # the fresh layers, too
        load_weights(self.transformer, weights, fresh=self._last(fresh))
        self.unfilled.fill()

    def _last(self, count: int) -> list[str]:
        """The names of bert4keras' layers that the last layers are made of."""
        last = self.config.num_hidden_layers
        numbers = [(layer_number(layer.name, 0), name) for name, layer in self.transformer.layers.items()]
        found = [(number, name) for number, name in numbers if number > last - count]
        if {number for number, _ in found} != set(range(last - count + 1, last + 1)):
            raise ConfigError(
                f"reinitialise_layers={count}: the layers of this encoder cannot be recognized by name; leave it out"
            )
        return [name.removeprefix(self.transformer.prefix) for _, name in found]


def build_backbone(
    encoder_config: EncoderConfig, model: ModelConfig, *, dropout: float | str, max_length: int, filled: bool = True
) -> Backbone:
    """Build the encoder of `encoder_config` with random weights.

    Args:
        encoder_config: family and options of the encoder.
        model: which of its blocks to fuse, and how.
        dropout: rate inside the encoder; "auto" is the value in its configuration, or 0.3 if that is 0 or missing.
        max_length: length of the longest window in tokens, at most the encoder's number of positions.
        filled: False makes weights that take no memory and have no values until they are loaded.

    Raises:
        ConfigError: the encoder has fewer positions or layers than required.
    """
    check_size(encoder_config, model, max_length=max_length)
    layers, count = encoder_config.num_hidden_layers, model.fused
    rates = {
        "dropout_rate": _rate(dropout, encoder_config.hidden_dropout_prob),
        "attention_dropout_rate": _rate(dropout, encoder_config.attention_probs_dropout_prob),
    }
    family = get_family(encoder_config.family, where="the encoder's configuration")
    with nullcontext(Unfilled()) if filled else unfilled_variables() as unfilled:
        transformer = build_transformer(family.network, encoder_config.options(), **rates)
    taps = [_tap(transformer, block - layers, _TAPS[model.tap]) for block in range(layers - count, layers)]
    return Backbone(transformer, encoder_config, taps, unfilled)


def _tap(transformer: Any, block: int, part: str) -> tuple[Any, int]:
    """The layer that ends a part of a block, counted from the last, and the index of that block's call."""
    if hasattr(transformer, "tap"):  # its own layer names, as in T5
        return transformer.layers[transformer.tap(transformer.num_hidden_layers + block, part)], -1
    own = f"Transformer-{transformer.num_hidden_layers + block}-{part}"
    if own in transformer.layers:
        return transformer.layers[own], -1
    return transformer.layers[f"Transformer-{part}"], block  # shared by all blocks, as in ALBERT


def check_size(encoder_config: EncoderConfig, model: ModelConfig, *, max_length: int) -> None:
    """Refuse options for which an encoder is too small; raises as `build_backbone` does."""
    positions = encoder_config.num_positions
    family = get_family(encoder_config.family, where="the encoder's configuration")
    bounded = family.positions and encoder_config.position_table
    if bounded and max_length > positions:
        raise ConfigError(f"max_length={max_length}, but the encoder has {positions} positions; lower --max-length")
    layers, count = encoder_config.num_hidden_layers, model.fused
    if count > layers:
        raise ConfigError(f"fusion_layers={count}, but the encoder has {layers} layers; lower --fusion-layers")


def check_fresh(encoder_config: EncoderConfig, count: int) -> None:
    """Refuse to leave more layers random than an encoder has, or some of several layers that share their weights.

    Raises:
        ConfigError: `count` is one of these.
    """
    family, layers = encoder_config.family, encoder_config.num_hidden_layers
    if count > layers:
        raise ConfigError(f"reinitialise_layers={count}, but the encoder has {layers} layers")
    if count and get_family(family, where="the encoder's configuration").shared:
        raise ConfigError(
            f"reinitialise_layers={count}: the layers of the family {family} share their weights; leave it out"
        )


def _rate(dropout: float | str, configured: float | None) -> float:
    return (configured or UNSTATED_DROPOUT) if dropout == "auto" else float(dropout)


def encoder_parameters(encoder_config: EncoderConfig) -> int:
    """Number of weights in the encoder's blocks, without embeddings: the size that learning rates depend on."""
    width, inner = encoder_config.hidden_size, encoder_config.intermediate_size
    return encoder_config.num_hidden_layers * (4 * width * width + 2 * width * inner)
