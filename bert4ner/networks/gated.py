"""GTE ("new") and JinaBERT, which bert4keras lacks: BERT with gated feed-forward and rotary positions or ALiBi."""

from typing import Any

from bert4keras import models
from bert4keras.layers import LayerNormalization, MultiHeadAttention, PositionEmbedding

from bert4ner.networks.encoders import Encoder
from bert4ner.networks.fused_layers import FusedAttention, GatedFeedForward
from bert4ner.networks.rotary import DistanceAttention, RotaryAttention
from bert4ner.networks.two_inputs import TwoInputs


class GatedBert(TwoInputs, Encoder, models.BERT):
    """BERT with its own attention class and gated feed-forward; no position embeddings by default."""

    attention: type[FusedAttention] = FusedAttention
    table = False

    def attention_options(self) -> dict[str, Any]:
        """Further arguments of the attention layer."""
        return {}

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with the model's own layers substituted."""
        usual = {"name": kwargs.get("name"), "kernel_initializer": self.initializer}
        if layer is PositionEmbedding and not self.table:
            return inputs
        if layer is MultiHeadAttention:
            inputs, layer, arguments = inputs[0], self.attention, None
            sizes = {"heads": self.num_attention_heads, "head_size": self.attention_head_size}
            kwargs = {**usual, **sizes, "attention_dropout": self.attention_dropout_rate, **self.attention_options()}
        if layer is models.FeedForward:
            layer, kwargs = GatedFeedForward, {**usual, "units": kwargs["units"], "activation": kwargs["activation"]}
        return super().apply(inputs, layer, arguments, **kwargs)


class Gte(GatedBert):
    """The encoder of GTE since 2024, which its code calls "new".

    Args:
        rope_theta, rope_factor, rope_mixture: see `RotaryAttention`.
        position_embedding_type: "absolute" means position embeddings instead of rotation.
        layer_norm_type: "rms_norm" means that the norms of blocks subtract no mean and have no bias.

    References:
        Zhang et al. 2024, mGTE: Generalized Long-Context Text Representation and Reranking Models.
    """

    def __init__(
        self,
        *args: Any,
        rope_theta: float = 10000.0,
        rope_factor: float = 1.0,
        rope_mixture: float | None = None,
        layer_norm_type: str = "layer_norm",
        position_embedding_type: str = "rope",
        **kwargs: Any,
    ) -> None:
        kwargs.pop("pack_qkv", None)  # only says how files store the weights
        super().__init__(*args, **kwargs)
        self.rotation = {"theta": rope_theta, "factor": rope_factor, "mixture": rope_mixture}
        self.layer_norm_type, self.table = layer_norm_type, position_embedding_type == "absolute"
        self.attention = FusedAttention if self.table else RotaryAttention

    def attention_options(self) -> dict[str, Any]:
        """The arguments of the rotation, if there is one."""
        return {} if self.table else self.rotation

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with the model's own layers substituted."""
        in_block = str(kwargs.get("name")).startswith("Transformer-")
        if layer is LayerNormalization and in_block and self.layer_norm_type == "rms_norm":
            kwargs |= {"zero_mean": False, "offset": False}
        return super().apply(inputs, layer, arguments, **kwargs)


class JinaBert(GatedBert):
    """The encoder of jina-embeddings-v2.

    Args:
        query_norm: normalize queries and keys, as in the model for code.

    References:
        Günther et al. 2023, Jina Embeddings 2: 8192-Token General-Purpose Text Embeddings for Long Documents.
    """

    attention = DistanceAttention

    def __init__(self, *args: Any, query_norm: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.query_norm = query_norm

    def attention_options(self) -> dict[str, Any]:
        """Whether to normalize queries and keys, and the epsilon."""
        return {"query_norm": self.query_norm, "epsilon": self.layer_norm_eps}
