"""DeBERTa v2 and v3, which bert4keras lacks: BERT whose attention scores content and distance separately."""

from typing import Any

from bert4keras import models
from bert4keras.layers import Dense, LayerNormalization, MultiHeadAttention, PositionEmbedding

from bert4ner.networks.activations import ACTIVATIONS
from bert4ner.networks.deberta_layers import Convolution, DisentangledAttention, DistanceTable
from bert4ner.networks.encoders import Encoder
from bert4ner.networks.two_inputs import TwoInputs

_CONVOLUTION = "Transformer-0-Convolution"


OPTIONS: dict[str, Any] = {
    "position_biased_input": True,
    "relative_attention": False,
    "position_buckets": 0,
    "max_relative_positions": 512,
    "pos_att_type": "",
    "share_att_key": False,
    "norm_rel_ebd": "none",
    "conv_kernel_size": 0,
    "conv_groups": 1,
    "conv_act": "tanh",
    "legacy": True,
}
"""Options that only DeBERTa has, with their defaults."""


class Deberta(TwoInputs, Encoder, models.BERT):
    """The encoder of DeBERTa v2 and v3.

    Takes the arguments of BERT and those of `OPTIONS`:

    Args:
        position_biased_input: add position embeddings to token embeddings.
        relative_attention: let attention depend on the distance between tokens.
        position_buckets, max_relative_positions: see `distance_rows`, `buckets` and `farthest`.
        pos_att_type, share_att_key: see `DisentangledAttention`, `kinds` and `share_key`.
        norm_rel_ebd: "layer_norm" normalizes the distance vectors.
        conv_kernel_size, conv_groups, conv_act: of a convolution parallel to the first block, see `Convolution`; a
            kernel size of 0 means no convolution.
        legacy: selects the language-model head of a checkpoint; has no effect here.

    References:
        He et al. 2021, DeBERTa; He et al. 2021, DeBERTaV3.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.own = {name: kwargs.pop(name, default) for name, default in OPTIONS.items()}
        super().__init__(*args, **kwargs)

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with DeBERTa's attention and embedding projection; position embeddings are optional."""
        name, start = kwargs.get("name"), {"kernel_initializer": self.initializer}
        if (layer is PositionEmbedding and not self.own["position_biased_input"]) or name == "Embedding-Mapping":
            return inputs
        if name == "Embedding-Norm" and self.embedding_size != self.hidden_size:  # before the norm, without a bias
            mapping = {"units": self.hidden_size, "use_bias": False, "name": "Embedding-Mapping", **start}
            inputs = super().apply(inputs, Dense, **mapping)
        if layer is MultiHeadAttention:
            inputs, layer, arguments = self.simplify([inputs[0], self.position_bias]), DisentangledAttention, None
            kwargs = {"name": name, **start, **self._attention()}
        return super().apply(inputs, layer, arguments, **kwargs)

    def _attention(self) -> dict[str, Any]:
        return {
            "heads": self.num_attention_heads,
            "head_size": self.attention_head_size,
            "attention_dropout": self.attention_dropout_rate,
            "kinds": self.own["pos_att_type"],
            "share_key": self.own["share_att_key"],
            "dropout": self.dropout_rate,
        }

    def compute_position_bias(self, inputs: Any = None) -> Any:
        """The distance vectors, made once and shared by all blocks; None without relative attention."""
        if self.position_bias is None and self.own["relative_attention"]:
            self.position_bias = self.apply(
                inputs,
                DistanceTable,
                width=self.hidden_size,
                buckets=self.own["position_buckets"],
                farthest=self.own["max_relative_positions"],
                embeddings_initializer=self.initializer,
                name="Embedding-Relative-Position",
            )
            if self.own["norm_rel_ebd"] == "layer_norm":
                name = "Embedding-Relative-Position-Norm"
                self.position_bias = self.apply(self.position_bias, LayerNormalization, name=name)
        return self.position_bias

    def apply_main_layers(self, inputs: Any, index: int) -> Any:
        """One block of BERT with DeBERTa's attention; the first may also add a convolution of the embeddings."""
        self.compute_position_bias(inputs)
        states = super().apply_main_layers(inputs, index)
        if index or not self.own["conv_kernel_size"]:
            return states
        found = self.apply(
            inputs,
            Convolution,
            kernel_size=self.own["conv_kernel_size"],
            groups=self.own["conv_groups"],
            activation=ACTIVATIONS[self.own["conv_act"]],
            dropout=self.dropout_rate,
            kernel_initializer=self.initializer,
            name=_CONVOLUTION,
        )
        states = self.apply([states, found], models.Add, name=f"{_CONVOLUTION}-Add")
        return self.apply(states, LayerNormalization, name=f"{_CONVOLUTION}-Norm")

    def tap(self, block: int, part: str) -> str:
        """The layer that ends a part of a block; in the first block this may be the convolution."""
        convolved = block == 0 and part == "FeedForward-Norm" and self.own["conv_kernel_size"]
        return f"{_CONVOLUTION}-Norm" if convolved else f"Transformer-{block}-{part}"
