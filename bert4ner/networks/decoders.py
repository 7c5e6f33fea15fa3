"""bert4keras' networks that generate text, and T5's encoder, corrected to match the publications."""

from typing import Any

from bert4keras import models
from bert4keras.layers import Add, Embedding, RelativePositionEmbeddingT5

from bert4ner.networks.encoders import Encoder


class TokensAndSegments(Add):
    """Sum of token and segment embeddings; padding is where a token is, not where a segment has its id."""

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the tokens."""
        return None if mask is None else mask[0]


class GPT(Encoder, models.GPT):
    """The decoder of GPT, with the options of `Encoder`.

    Segments are embedded by the table of the tokens; bert4keras takes segment 0 for padding, as it does token 0.

    Args:
        pad_id: the id of padding; None masks nothing, since OpenAI's vocabulary has no padding.
    """

    def __init__(self, *args: Any, pad_id: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, pad_id=pad_id, **kwargs)
        self.has_padding = pad_id is not None

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, but segments mask nothing, and tokens only if there is padding."""
        if kwargs.get("name") == "Embedding-Token-Segment":
            layer = TokensAndSegments
        if layer is Embedding and not self.has_padding:
            kwargs["mask_zero"] = False
        return super().apply(inputs, layer, arguments, **kwargs)


class GPT2ML(Encoder, models.GPT2_ML):
    """The decoder of GPT2-ML, with the options of `Encoder`."""


class _T5(Encoder):
    """Mixin for bert4keras' T5 encoder and decoder; put it before them among the bases.

    Args:
        gated: multiply the activated projection by a second projection in the feed-forward, as since T5 1.1.
        relative_buckets: number of rows of the distance table.
        relative_distance: distance from which on all share one bucket.
        scale_output, with_decoder: options of `T5Decoder` and `T5`; they have no effect here.
    """

    side = ""
    starts_with_padding = True
    hidden_act: Any
    num_attention_heads: int
    initializer: Any
    position_bias: Any

    def __init__(
        self,
        *args: Any,
        gated: bool = False,
        relative_buckets: int = 32,
        relative_distance: int = 128,
        scale_output: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.relative_buckets, self.relative_distance = relative_buckets, relative_distance
        self.scale_output = scale_output
        if gated:
            self.hidden_act = [self.hidden_act, "linear"]

    def relative(self, query: Any, key: Any, *, bidirectional: bool) -> Any:
        """The bias of attention for distances, (length of the query, length of the key, heads)."""
        return self.apply(
            [query, key],
            RelativePositionEmbeddingT5,
            input_dim=self.relative_buckets,
            output_dim=self.num_attention_heads,
            max_distance=self.relative_distance,
            bidirectional=bidirectional,
            embeddings_initializer=self.initializer,
            name=f"{self.side}-Embedding-Relative-Position",
        )


class T5Encoder(_T5, models.T5_Encoder):
    """The encoder of T5 and mT5."""

    side = "Encoder"

    def compute_position_bias(self, inputs: Any = None) -> Any:
        """The attention bias of relative positions, computed once and shared by all blocks."""
        if self.position_bias is None:
            self.position_bias = self.relative(inputs, inputs, bidirectional=True)
        return self.position_bias


class T5TaggingEncoder(T5Encoder):
    """The same with a second input, of segment ids, which is ignored: T5 has no segments."""

    def get_inputs(self) -> list[Any]:
        """Inputs of token ids and of segment ids."""
        segments = self.apply(layer=models.Input, shape=(self.sequence_length,), name="Encoder-Input-Segment")
        return [super().get_inputs(), segments]

    def apply_embeddings(self, inputs: list[Any]) -> Any:
        """The embeddings of the token ids alone."""
        return super().apply_embeddings(inputs[0])

    def tap(self, block: int, part: str) -> str:
        """The layer that ends a part of a block; norms belong to the next part, and one follows the last block."""
        if part == "FeedForward-Norm" and block == self.num_hidden_layers - 1:
            return "Encoder-Output-Norm"
        return f"Encoder-Transformer-{block}-{part.removesuffix('-Norm')}-Add"


class T5Decoder(_T5, models.T5_Decoder):
    """The decoder of T5 and mT5.

    As published, the distance bias applies only to attention between generated tokens; bert4keras also adds it from
    generated to given tokens. Hidden states are scaled before the output matrix only if that is the embedding's.

    Args:
        scale_output: multiply the last hidden states by width ** -0.5.
    """

    side = "Decoder"

    def __init__(self, *args: Any, cross_position_bias: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, cross_position_bias=cross_position_bias, **kwargs)

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, but without the scaling of outputs where the model has none."""
        if kwargs.get("name") == "Decoder-Output-Scale" and not self.scale_output:
            return inputs
        return super().apply(inputs, layer, arguments, **kwargs)

    def compute_position_bias(self, inputs: Any = None) -> Any:
        """The biases of self-attention and of attention to the encoder, computed once and shared by all blocks."""
        if self.position_bias is None:
            own = self.relative(inputs[0], inputs[0], bidirectional=False)
            given = self.relative(inputs[0], inputs[1], bidirectional=False) if self.cross_position_bias else None
            self.position_bias = (own, given)
        return self.position_bias


class T5(_T5, models.T5):
    """Encoder and decoder of T5 and mT5: ids of given and generated tokens in, probabilities of the next token out.

    The attributes `encoder` and `decoder` are Keras models of the two parts, which share their weights.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        shared = {**kwargs, "layers": self.layers}
        self._encoder = T5Encoder(**{**shared, "name": "Encoder"})
        self._decoder = T5Decoder(**{**shared, "name": "Decoder"})
