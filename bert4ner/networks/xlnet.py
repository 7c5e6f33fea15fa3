"""XLNet, which bert4keras lacks: its single-stream encoder, without memory of earlier segments."""

from typing import Any

from bert4keras import models

from bert4ner.networks.encoders import Encoder
from bert4ner.networks.padded_embedding import PaddedEmbedding
from bert4ner.networks.xlnet_layers import RelativeAttention, RelativeSinusoids


class XLNet(Encoder, models.Transformer):
    """The encoder of XLNet: hidden states from token and segment ids. Segment ids only separate segments.

    Two dropouts of the published network are left out: that between the two feed-forward layers, as everywhere in
    bert4keras, and that of the last hidden states, which belongs to the layers built on them.

    Args:
        pad_id: the id of padding, which need not be 0.
        clamp_length: greatest distance that is distinguished; -1 means no limit.
        segment_vocab_size: 0 for no segments; any other number adds them, whatever it is.

    References:
        Yang et al. 2019, XLNet: Generalized Autoregressive Pretraining for Language Understanding.
    """

    def __init__(
        self, *args: Any, pad_id: int = 5, clamp_length: int = -1, segment_vocab_size: int = 2, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.pad_id, self.clamp_length, self.segment_vocab_size = pad_id, clamp_length, segment_vocab_size

    def get_inputs(self) -> list[Any]:
        """Inputs of token ids and, if the model has segments, of segment ids."""
        names = ["Input-Token", "Input-Segment"][: 2 if self.segment_vocab_size else 1]
        return [self.apply(layer=models.Input, shape=(self.sequence_length,), name=name) for name in names]

    def apply_embeddings(self, inputs: list[Any]) -> list[Any]:
        """The token embeddings, the encoding of distances and, if the model has segments, the segment ids."""
        initializer = {"embeddings_initializer": self.initializer}
        states = self.apply(
            inputs[0],
            PaddedEmbedding,
            input_dim=self.vocab_size,
            output_dim=self.hidden_size,
            mask_zero=True,
            pad_id=self.pad_id,
            name="Embedding-Token",
            **initializer,
        )
        places = self.apply(
            states,
            RelativeSinusoids,
            width=self.hidden_size,
            clamp_length=self.clamp_length,
            name="Embedding-Relative-Position",
        )
        return [self._dropped(states, "Embedding"), self._dropped(places, "Embedding-Relative-Position"), *inputs[1:]]

    def apply_main_layers(self, inputs: list[Any], index: int) -> list[Any]:
        """One block: relative attention, then feed-forward, each added to its input and normalized."""
        states, *others = inputs
        initializer = {"kernel_initializer": self.initializer}
        name = f"Transformer-{index}-MultiHeadSelfAttention"
        found = self.apply(
            [states, *others],
            RelativeAttention,
            heads=self.num_attention_heads,
            head_size=self.attention_head_size,
            attention_dropout=self.attention_dropout_rate,
            name=name,
            **initializer,
        )
        states = self._added(states, found, name)
        name = f"Transformer-{index}-FeedForward"
        found = self.apply(
            states,
            models.FeedForward,
            units=self.intermediate_size,
            activation=self.hidden_act,
            name=name,
            **initializer,
        )
        return [self._added(states, found, name), *others]

    def apply_final_layers(self, inputs: list[Any]) -> Any:
        """The hidden states of the last block."""
        return inputs[0]

    def _added(self, states: Any, found: Any, name: str) -> Any:
        total = self.apply([states, self._dropped(found, name)], models.Add, name=f"{name}-Add")
        return self.apply(total, models.LayerNormalization, name=f"{name}-Norm")

    def _dropped(self, states: Any, name: str) -> Any:
        return self.apply(states, models.Dropout, rate=self.dropout_rate, name=f"{name}-Dropout")
