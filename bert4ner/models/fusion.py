"""Fuses the outputs of the encoder's last blocks: mean, learned weights, or concatenation."""

from collections.abc import Callable
from typing import Any

from bert4ner.backend.frameworks import keras, tf


class LayerMixture(keras.layers.Layer):
    """Weighs k tensors of shape (batch, length, width) by a learned softmax into one; the mask passes through.

    All weights start equal, so that training starts from the mean.

    References:
        Peters et al. 2018, Deep contextualized word representations, equation 1 (without its scalar gamma).
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates one weight for each of the k inputs, all equal."""
        self.mixture = self.add_weight(name="mixture", shape=(len(input_shape),), initializer="zeros")
        super().build(input_shape)

    def call(self, inputs: list[Any]) -> Any:
        """The weighted sum, (batch, length, width)."""
        weights = tf.nn.softmax(self.mixture)  # (k,)
        return tf.add_n([weights[k] * block for k, block in enumerate(inputs)])  # (batch, length, width)

    def compute_mask(self, inputs: list[Any], mask: Any = None) -> Any:
        """The mask of the first input; all have the same."""
        return None if mask is None else mask[0]


def fuse(blocks: list[Any], fusion: str) -> Any:
    """One tensor (batch, length, width), or (batch, length, k * width) for `concat`, from the last k blocks."""
    if fusion == "last" or len(blocks) == 1:
        return blocks[-1]
    layers: dict[str, Callable[[], Any]] = {
        "mean": lambda: keras.layers.Average(name="fusion"),
        "weighted": lambda: LayerMixture(name="fusion"),
        "concat": lambda: keras.layers.Concatenate(name="fusion"),
    }
    return layers[fusion]()(blocks)
