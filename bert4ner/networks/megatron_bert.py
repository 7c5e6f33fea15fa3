"""Megatron's BERT, which bert4keras lacks: a norm before each part of a block and after the last block (pre-norm)."""

from typing import Any

from bert4keras import models

from bert4ner.networks.encoders import Encoder
from bert4ner.networks.pre_norm import PreNorm


class MegatronBert(PreNorm, Encoder, models.BERT):
    """Megatron's BERT.

    References:
        Shoeybi et al. 2019, Megatron-LM: Training Multi-Billion Parameter Language Models Using Model Parallelism.
    """

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, but embeddings are not normalized."""
        if kwargs.get("name") == "Embedding-Norm":
            return inputs
        return super().apply(inputs, layer, arguments, **kwargs)

    def apply_main_layers(self, inputs: Any, index: int) -> Any:
        """One block: attention, then feed-forward, each with a norm before it and a residual connection around both."""
        initializer = {"kernel_initializer": self.initializer}
        name = f"Transformer-{index}-MultiHeadSelfAttention"
        normed = self.apply(inputs, models.LayerNormalization, name=f"{name}-Norm")
        found = self.apply(
            [normed, normed, normed],
            models.MultiHeadAttention,
            arguments={"a_bias": None},
            heads=self.num_attention_heads,
            head_size=self.attention_head_size,
            out_dim=self.hidden_size,
            key_size=self.attention_key_size,
            attention_dropout=self.attention_dropout_rate,
            name=name,
            **initializer,
        )
        states = self.added(inputs, found, name)
        name = f"Transformer-{index}-FeedForward"
        found = self.apply(
            self.apply(states, models.LayerNormalization, name=f"{name}-Norm"),
            models.FeedForward,
            units=self.intermediate_size,
            activation=self.hidden_act,
            name=name,
            **initializer,
        )
        return self.added(states, found, name)

    def apply_final_layers(self, inputs: Any) -> Any:
        """As in bert4keras, after a norm of the last hidden states."""
        return super().apply_final_layers(self.output_norm(inputs))
