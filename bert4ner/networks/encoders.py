"""bert4keras' networks with the options that it fixes: epsilon of the norms, embedding factors, relative positions."""

from typing import Any

from bert4keras import models
from bert4keras.layers import Dense, LayerNormalization, RelativePositionEmbedding

EPSILON = 1e-12
"""Of the norms, where a configuration does not say: what the published training code of these encoders has."""
ACTIVATIONS = {
    "gelu": "gelu_erf",
    "gelu_python": "gelu_erf",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "silu": "swish",
}
"""bert4keras' names of activations, by those that configurations have."""


class Encoder:
    """Mixin before a bert4keras class.

    Args:
        layer_norm_eps: what all norms add to the variance.
    """

    num_hidden_layers: int  # this and the following are bert4keras'
    apply_embeddings: Any
    apply_main_layers: Any
    apply_final_layers: Any

    def __init__(self, *args: Any, layer_norm_eps: float | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layer_norm_eps = EPSILON if layer_norm_eps is None else layer_norm_eps

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with the model's own epsilon in layer normalization."""
        if layer is LayerNormalization:
            kwargs["epsilon"] = self.layer_norm_eps
        return super().apply(inputs, layer, arguments, **kwargs)  # type: ignore[misc]  # of the class that it is mixed with

    def call(self, inputs: Any) -> Any:
        """Token and segment ids in, states out."""
        states = self.call_blocks(self.apply_embeddings(inputs), range(self.num_hidden_layers))
        return self.apply_final_layers(states)

    def call_blocks(self, states: Any, blocks: range) -> Any:
        """What some consecutive blocks make of embeddings or of what the block before them gave."""
        # bert4keras keeps them for the second call, as well as of other inputs, which may have another length.
        self.attention_bias = self.position_bias = None
        for index in blocks:
            states = self.apply_main_layers(states, index)
        return states


class Bert(Encoder, models.BERT):
    """BERT."""


class Albert(Encoder, models.ALBERT):
    """ALBERT.

    Args:
        embedding_mapping: map embeddings to the width of the blocks even if that is their own.
        token_embedding_size: the early networks of albert_zh widen the embeddings of tokens, without a bias, before
            segments and positions are added; None if this is not one.
    """

    def __init__(
        self, *args: Any, embedding_mapping: bool = False, token_embedding_size: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.embedding_mapping, self.token_embedding_size = embedding_mapping, token_embedding_size

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with tokens embedded in a width of their own and mapped, where the model has one."""
        if kwargs.get("name") != "Embedding-Token" or self.token_embedding_size is None:
            return super().apply(inputs, layer, arguments, **kwargs)
        tokens = super().apply(inputs, layer, arguments, **{**kwargs, "output_dim": self.token_embedding_size})
        mapping = {"kernel_initializer": self.initializer, "use_bias": False, "name": "Embedding-Token-Mapping"}
        return super().apply(tokens, Dense, units=self.embedding_size, **mapping)

    def apply_embeddings(self, inputs: Any) -> Any:
        """As in bert4keras, with the mapping even where it keeps the width."""
        states = super().apply_embeddings(inputs)
        if not self.embedding_mapping or self.embedding_size != self.hidden_size:
            return states
        mapping = {"kernel_initializer": self.initializer, "name": "Embedding-Mapping"}
        return self.apply(states, Dense, units=self.hidden_size, **mapping)


class Nezha(Encoder, models.NEZHA):
    """NEZHA.

    Args:
        max_relative_position: tokens farther apart than this are taken to be this far apart.
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
