"""Necks: the layers between the pretrained encoder and the head.

Padding is zeroed before every convolution, so that the output does not depend on the amount of padding.
"""

from typing import Any

from bert4ner.backend.frameworks import keras, tf

NECK_NAME = "encoder"


class MaskedConvolutions(keras.layers.Layer):
    """A stack of 1-D convolutions with residual connections: (batch, length, width) in and out, gelu after each.

    Masked positions are zero before each convolution; the mask passes through.

    Args:
        dilations: dilation of each convolution, in tokens; (1, 1) is a plain CNN, (1, 1, 2) a block of an IDCNN.
        kernel_size: width of each convolution, in tokens.
        repetitions: number of times that the stack is applied, with shared weights.

    References:
        Strubell et al. 2017, Fast and Accurate Entity Recognition with Iterated Dilated Convolutions.
    """

    def __init__(self, dilations: Any = (1, 1), kernel_size: int = 3, repetitions: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.dilations = list(dilations)
        self.kernel_size = kernel_size
        self.repetitions = repetitions
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Creates the convolutions, one for each dilation."""
        width = input_shape[-1]
        # Residual convolutions add up; a smaller initial scale keeps the output from growing with their number.
        scale = (len(self.dilations) * self.repetitions) ** -2.0
        self.convolutions = [
            keras.layers.Conv1D(
                width,
                self.kernel_size,
                padding="same",
                dilation_rate=dilation,
                activation="gelu",
                kernel_initializer=keras.initializers.VarianceScaling(scale, mode="fan_avg"),
                name=f"convolution-{number}",
                dtype=self.dtype_policy,
            )
            for number, dilation in enumerate(self.dilations)
        ]
        for convolution in self.convolutions:
            with tf.name_scope(convolution.name):  # otherwise their variables have the same names
                convolution.build(input_shape)
        super().build(input_shape)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Convolves (batch, length, width); masked tokens count as zeros."""
        hidden = inputs  # (batch, length, width)
        for _ in range(self.repetitions):
            for convolution in self.convolutions:
                if mask is not None:
                    hidden = tf.where(mask[:, :, None], hidden, 0)
                hidden = hidden + convolution(hidden)
        return hidden

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {
            **super().get_config(),
            "dilations": self.dilations,
            "kernel_size": self.kernel_size,
            "repetitions": self.repetitions,
        }


def encode(features: Any, encoder: str) -> Any:
    """Run token vectors (batch, length, width) through the named network, keeping the width (made even for LSTMs)."""
    if encoder == "none":
        return features
    if encoder == "bilstm":
        units = (features.shape[-1] + 1) // 2
        return keras.layers.Bidirectional(keras.layers.LSTM(units, return_sequences=True), name=NECK_NAME)(features)
    if encoder == "cnn":
        return MaskedConvolutions(dilations=(1, 1), name=NECK_NAME)(features)
    return MaskedConvolutions(dilations=(1, 1, 2), repetitions=4, name=NECK_NAME)(features)
