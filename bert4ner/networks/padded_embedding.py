"""An embedding for vocabularies whose padding id is not 0."""

from typing import Any

from bert4keras import layers

from bert4ner.backend.frameworks import tf


class PaddedEmbedding(layers.Embedding):
    """bert4keras' embedding with any id as padding. It also masks a first token that is padding; bert4keras does not.

    Args:
        pad_id: the id to mask.
    """

    def __init__(self, *args: Any, pad_id: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pad_id = pad_id

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where a token is not `pad_id`."""
        return tf.not_equal(inputs, tf.cast(self.pad_id, inputs.dtype)) if inputs.shape.rank == 2 else mask

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "pad_id": self.pad_id}
