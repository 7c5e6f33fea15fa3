"""DistilBERT in bert4keras' style: BERT without segments."""

from typing import Any

from bert4keras import models

from bert4ner.networks.encoders import Encoder


class DistilBert(Encoder, models.BERT):
    """DistilBERT.

    Args:
        segment_vocab_size: 0 for no input of segment ids; any other number adds this input, which is ignored.
        sinusoidal_pos_embds: initialize position embeddings with sines and cosines; matters without stored weights.

    References:
        Sanh et al. 2019, DistilBERT, a distilled version of BERT.
    """

    def __init__(
        self, *args: Any, segment_vocab_size: int = 2, sinusoidal_pos_embds: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, segment_vocab_size=0, **kwargs)
        self.reads_segments, self.sinusoidal_pos_embds = bool(segment_vocab_size), sinusoidal_pos_embds

    def get_inputs(self) -> list[Any]:
        """Inputs of token ids and, if asked for, of segment ids."""
        inputs: list[Any] = super().get_inputs()
        if self.reads_segments:
            inputs.append(self.apply(layer=models.Input, shape=(self.sequence_length,), name="Input-Segment"))
        return inputs

    def apply(self, inputs: Any = None, layer: Any = None, arguments: Any = None, **kwargs: Any) -> Any:
        """As in bert4keras, with the model's initial position embeddings."""
        if layer is models.PositionEmbedding and self.sinusoidal_pos_embds:
            kwargs["embeddings_initializer"] = "Sinusoidal"
        return super().apply(inputs, layer, arguments, **kwargs)
