"""An embedding for vocabularies whose padding id is not 0."""

from typing import Any

from bert4keras import layers

from bert4ner.backend.frameworks import tf


class PaddedEmbedding(layers.Embedding):
    """bert4keras' embedding with any id as padding.

    Args:
        pad_id: the id to mask.
        first: never mask the first token, as in bert4keras: T5's decoder starts with padding.
    """

    def __init__(self, *args: Any, pad_id: int = 0, first: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pad_id, self.first = pad_id, first

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """True where a token is not `pad_id`."""
        if inputs.shape.rank != 2:
            return mask
        real = tf.not_equal(inputs, tf.cast(self.pad_id, inputs.dtype))
        return tf.concat([tf.ones_like(real[:, :1]), real[:, 1:]], axis=1) if self.first else real

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "pad_id": self.pad_id, "first": self.first}
