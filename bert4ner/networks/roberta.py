"""RoBERTa and XLM-RoBERTa, which bert4keras lacks: BERT that counts positions after the padding id."""

from typing import Any

from bert4keras import layers, models

from bert4ner.backend.frameworks import tf
from bert4ner.networks.encoders import Encoder


class TokenPositions(layers.Layer):
    """Position ids that start after the padding id; padding itself has the padding id as its position.

    Token ids ``(batch, length)`` in, int32 position ids of that shape out; no mask.

    Args:
        pad_id: the id of padding, which is not counted.

    References:
        `make_positions` of Ott et al. 2019, fairseq.
    """

    def __init__(self, pad_id: int, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # ids must not be rounded to 16 bits
        self.pad_id = pad_id

    def call(self, inputs: Any) -> Any:
        """Position ids (batch, length), int32."""
        counted = tf.cast(tf.not_equal(tf.cast(inputs, "int32"), self.pad_id), "int32")
        return tf.cumsum(counted, axis=1) * counted + self.pad_id

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "pad_id": self.pad_id}


class Roberta(Encoder, models.BERT):
    """RoBERTa and XLM-RoBERTa.

    Args:
        position_pad_id: the id after which positions start, usually the vocabulary's padding id.

    References:
        Liu et al. 2019, RoBERTa; Conneau et al. 2020, Unsupervised Cross-lingual Representation Learning at Scale.
    """

    def __init__(self, *args: Any, position_pad_id: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.position_pad_id = position_pad_id

    def apply_embeddings(self, inputs: list[Any]) -> Any:
        """As in bert4keras, with position ids computed from the token ids."""
        self._positions = self.apply(
            inputs[0], TokenPositions, pad_id=self.position_pad_id, name="Embedding-Position-Ids"
        )
        return super().apply_embeddings(inputs)

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with these positions, and always gelu in the language-model head."""
        if layer is models.PositionEmbedding:
            inputs, kwargs["custom_position_ids"] = [inputs, self._positions], True
        if kwargs.get("name") == "MLM-Dense":
            kwargs["activation"] = "gelu_erf"
        return super().apply(inputs, layer, arguments, **kwargs)
