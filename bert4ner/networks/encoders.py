"""bert4keras' networks with options for what it hard-codes: epsilon of norms, embedding factors, relative positions."""

from typing import Any

from bert4keras import models
from bert4keras.layers import Dense, Embedding, LayerNormalization, RelativePositionEmbedding

from bert4ner.networks.padded_embedding import PaddedEmbedding

EPSILON = 1e-12
"""Default epsilon of the norms, from the published training code of these encoders."""


class Encoder:
    """Mixin for bert4keras classes; put it before them among the bases.

    Args:
        layer_norm_eps: what all norms add to the variance.
        pad_id: the id of padding, which need not be 0.
    """

    starts_with_padding = False  # whether a first token with the padding id is real, as in T5's decoder
    num_hidden_layers: int  # this and the following are bert4keras'
    apply_embeddings: Any
    apply_main_layers: Any
    apply_final_layers: Any

    def __init__(
        self, *args: Any, layer_norm_eps: float | None = None, pad_id: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.layer_norm_eps = EPSILON if layer_norm_eps is None else layer_norm_eps
        self.pad_id = pad_id or 0

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with the model's own epsilon in layer normalization and its own padding id."""
        if layer is LayerNormalization:
            kwargs["epsilon"] = self.layer_norm_eps
        if layer is Embedding and kwargs.get("mask_zero") and self.pad_id:
            layer = PaddedEmbedding
            kwargs |= {"pad_id": self.pad_id, "first": self.starts_with_padding}
        return super().apply(inputs, layer, arguments, **kwargs)  # type: ignore[misc]  # in the other base

    def call(self, inputs: Any) -> Any:
        """Hidden states (batch, length, width) from token and segment ids."""
        states = self.call_blocks(self.apply_embeddings(inputs), range(self.num_hidden_layers))
        return self.apply_final_layers(states)

    def call_blocks(self, states: Any, blocks: range) -> Any:
        """Apply consecutive blocks to embeddings, or to the output of the block before them."""
        # bert4keras caches biases and masks from the first call; a second call may have inputs of another length.
        self.attention_bias = self.position_bias = None
        for index in blocks:
            states = self.apply_main_layers(states, index)
        return states


class Bert(Encoder, models.BERT):
    """BERT."""


class Albert(Encoder, models.ALBERT):
    """ALBERT.

    Args:
        embedding_mapping: project embeddings to the width of the blocks even if both widths are equal.
        token_embedding_size: width of token embeddings in early albert_zh checkpoints, which project them, without a
            bias, before adding segments and positions; None in all other checkpoints.
    """

    def __init__(
        self, *args: Any, embedding_mapping: bool = False, token_embedding_size: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.embedding_mapping, self.token_embedding_size = embedding_mapping, token_embedding_size

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras; token embeddings may have their own width, and are then projected."""
        if kwargs.get("name") != "Embedding-Token" or self.token_embedding_size is None:
            return super().apply(inputs, layer, arguments, **kwargs)
        tokens = super().apply(inputs, layer, arguments, **{**kwargs, "output_dim": self.token_embedding_size})
        mapping = {"kernel_initializer": self.initializer, "use_bias": False, "name": "Embedding-Token-Mapping"}
        return super().apply(tokens, Dense, units=self.embedding_size, **mapping)

    def apply_embeddings(self, inputs: Any) -> Any:
        """As in bert4keras, with the projection even if it keeps the width."""
        states = super().apply_embeddings(inputs)
        if not self.embedding_mapping or self.embedding_size != self.hidden_size:
            return states
        mapping = {"kernel_initializer": self.initializer, "name": "Embedding-Mapping"}
        return self.apply(states, Dense, units=self.hidden_size, **mapping)


class Nezha(Encoder, models.NEZHA):
    """NEZHA.

    Args:
        max_relative_position: greatest distance that is distinguished; larger ones are clipped to it.
    """

    def __init__(self, *args: Any, max_relative_position: int = 64, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.max_relative_position = max_relative_position

    def compute_position_bias(self, inputs: Any = None) -> Any:
        """The sinusoidal embeddings of relative positions, made once and shared by all blocks."""
        if self.position_bias is None:
            self.position_bias = self.apply(
                [inputs, inputs],
                RelativePositionEmbedding,
                input_dim=2 * self.max_relative_position + 1,
                output_dim=self.attention_key_size,
                embeddings_initializer="Sinusoidal",
                name="Embedding-Relative-Position",
                trainable=False,
            )
        return self.position_bias


class RoFormer(Encoder, models.RoFormer):
    """RoFormer."""


class RoFormerV2(Encoder, models.RoFormerV2):
    """RoFormer V2."""


class Electra(Encoder, models.ELECTRA):
    """ELECTRA's discriminator."""


ENCODERS = {
    "bert": Bert,
    "albert": Albert,
    "nezha": Nezha,
    "roformer": RoFormer,
    "roformer_v2": RoFormerV2,
    "electra": Electra,
}
