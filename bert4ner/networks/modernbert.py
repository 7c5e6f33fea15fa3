"""ModernBERT, which bert4keras lacks: pre-norm, rotary positions, local windows, gated feed-forward, mostly no bias."""

from typing import Any

from bert4keras import models
from bert4keras.layers import LayerNormalization, PositionEmbedding

from bert4ner.networks.encoders import Encoder
from bert4ner.networks.fused_layers import GatedFeedForward
from bert4ner.networks.pre_norm import PreNorm
from bert4ner.networks.rotary import RotaryAttention
from bert4ner.networks.two_inputs import TwoInputs

OPTIONS: dict[str, Any] = {
    "layer_kinds": "g",
    "local_attention": 128,
    "global_theta": 160000.0,
    "local_theta": 10000.0,
    "norm_bias": False,
    "attention_bias": False,
    "mlp_bias": False,
}
"""Options that only ModernBERT has."""


class ModernBert(TwoInputs, PreNorm, Encoder, models.BERT):
    """The encoder of ModernBERT.

    It lacks the published network's dropout within the feed-forward. All dropouts of hidden states share one option, as
    everywhere in bert4keras.

    Args:
        layer_kinds: a letter for each block: "g" sees all tokens, "l" half of `local_attention` on either side.
        global_theta, local_theta: base of the rotation angles in blocks of these kinds.
        norm_bias, attention_bias, mlp_bias: whether these layers have biases.

    References:
        Warner et al. 2024, Smarter, Better, Faster, Longer.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.own = {name: kwargs.pop(name, default) for name, default in OPTIONS.items()}
        super().__init__(*args, **{**kwargs, "segment_vocab_size": 0})

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, without position embeddings, and with the model's own norms."""
        if layer is PositionEmbedding:
            return inputs
        if layer is LayerNormalization:
            kwargs["offset"] = self.own["norm_bias"]
        return super().apply(inputs, layer, arguments, **kwargs)

    def apply_main_layers(self, inputs: Any, index: int) -> Any:
        """One block: attention, then feed-forward, each with a norm before it and a residual connection around both."""
        name, local = f"Transformer-{index}-MultiHeadSelfAttention", self.own["layer_kinds"][index] == "l"
        normed = self.apply(inputs, LayerNormalization, name=f"{name}-Norm") if index else inputs  # embeddings are
        found = self.apply(
            normed,
            RotaryAttention,
            heads=self.num_attention_heads,
            head_size=self.attention_head_size,
            use_bias=self.own["attention_bias"],
            attention_dropout=self.attention_dropout_rate,
            theta=self.own["local_theta" if local else "global_theta"],
            window=self.own["local_attention"] // 2 if local else None,
            kernel_initializer=self.initializer,
            name=name,
        )
        states = self.added(inputs, found, name)
        name = f"Transformer-{index}-FeedForward"
        found = self.apply(
            self.apply(states, LayerNormalization, name=f"{name}-Norm"),
            GatedFeedForward,
            units=self.intermediate_size,
            activation=self.hidden_act,
            input_bias=self.own["mlp_bias"],
            output_bias=self.own["mlp_bias"],
            kernel_initializer=self.initializer,
            name=name,
        )
        return self.added(states, found, name)

    def apply_final_layers(self, inputs: Any) -> Any:
        """The normalized hidden states of the last block."""
        return self.output_norm(inputs)
