"""Layers that compute the same as those of bert4keras and Keras, with the same weights, in fewer passes over memory.

Where matrix products are not the bottleneck of an encoder, memory bandwidth is; `benchmarks/profile_ops.py` measures
it. Results are unchanged up to rounding, which tests against the originals confirm.
"""

import math
from typing import Any

from bert4keras.backend import gelu_erf

from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.randomness import random_words

_BYTE = 256


class ByteDropout(keras.layers.Dropout):
    """Dropout that draws one random byte for each value; Keras draws 32 bits and converts them.

    The rate is rounded to a multiple of 1/256 (0.1 becomes 0.1016). Kept values are scaled by the rounded rate, so that
    the expectation is exact.
    """

    rate: float  # Keras'

    @property
    def threshold(self) -> int:
        """A value is dropped if its byte is below this."""
        return min(round(self.rate * _BYTE), _BYTE - 1)

    @property
    def scale(self) -> float:
        """The factor for kept values."""
        return _BYTE / (_BYTE - self.threshold)

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Drops values in training; otherwise returns the inputs."""
        if not self.threshold:
            return inputs

        def dropped() -> Any:
            return tf.where(self.kept(tf.shape(inputs)), inputs * tf.constant(self.scale, inputs.dtype), 0)

        return keras.backend.in_train_phase(dropped, inputs, training=training)

    def kept(self, shape: Any) -> Any:
        """Draws which values of a tensor of `shape` are kept: bool, of that shape."""
        number = tf.reduce_prod(shape)
        words = random_words(self, (number + 3) // 4)
        draws = tf.reshape(tf.bitcast(words, "uint8"), [-1])[:number]
        return tf.reshape(draws >= tf.constant(self.threshold, "uint8"), shape)


class Dense(keras.layers.Dense):
    """Keras' Dense on one matrix of all tokens: TensorFlow fuses product, bias and, without a gradient, gelu."""

    def call(self, inputs: Any, training: Any = None) -> Any:
        """As Keras' Dense, which still handles inputs that are not (batch, length, width) and layers without a bias."""
        if inputs.shape.rank != 3 or not self.use_bias:
            return super().call(inputs)
        width = inputs.shape[-1]
        tokens = tf.reshape(tf.cast(inputs, self.compute_dtype), [-1, width])
        outputs = tf.nn.bias_add(tf.matmul(tokens, self.kernel), self.bias)
        if self.activation is gelu_erf:
            outputs = keras.backend.in_train_phase(lambda: gelu(outputs), lambda: tf.nn.gelu(outputs), training)
        elif self.activation is not None:
            outputs = self.activation(outputs)
        return tf.reshape(outputs, [*tf.unstack(tf.shape(inputs)[:-1]), self.units])


@tf.custom_gradient
def gelu(values: Any) -> Any:
    """Gaussian error linear unit, x Φ(x); the gradient reuses Φ from the forward pass.

    References:
        Hendrycks and Gimpel 2016, Gaussian Error Linear Units.
    """
    half = tf.constant(0.5, values.dtype)
    share = half + half * tf.math.erf(values * tf.constant(math.sqrt(0.5), values.dtype))

    def gradient(upstream: Any) -> Any:
        density = tf.exp(values * values * -half) * tf.constant(1 / math.sqrt(2 * math.pi), values.dtype)
        return upstream * (share + values * density)

    return values * share, gradient


class Attention(ByteDropout):
    """Softmax of scaled, masked scores times the values; `rate` is the dropout of attention weights in training."""

    def __init__(self, rate: float, scale: float, **kwargs: Any):
        super().__init__(rate, **kwargs)
        self.score_scale = scale

    def call(self, inputs: Any, training: Any = None) -> Any:
        """From query, key, value (batch, heads, length, size) and bias (batch, 1, 1, length) to the query's shape."""
        query, key, value, bias = inputs
        scale = tf.constant(self.score_scale, query.dtype)

        def dropped() -> Any:
            kept = tf.cast(self.kept(tf.concat([tf.shape(query)[:3], tf.shape(key)[2:3]], axis=0)), query.dtype)
            return _attend(query, key, value * tf.constant(self.scale, value.dtype), bias, kept, scale)

        def whole() -> Any:
            return tf.matmul(_weights(query, key, bias, scale), value)

        return keras.backend.in_train_phase(dropped, whole, training) if self.threshold else whole()

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "scale": self.score_scale}


def _weights(query: Any, key: Any, bias: Any, scale: Any) -> Any:
    # In this order TensorFlow fuses product, scale and bias into one operation.
    return tf.nn.softmax(tf.matmul(query, key, transpose_b=True) * scale + bias)


@tf.custom_gradient
def _attend(query: Any, key: Any, value: Any, bias: Any, kept: Any, scale: Any) -> Any:
    """Attention that drops the weights where `kept`, 0 or 1 in the values' type, is 0.

    The softmax gradient needs a sum over keys; it is computed from the outputs, which are shorter than rows of weights.

    References:
        Dao et al. 2022, FlashAttention, appendix B.2 (the gradient).
    """
    weights = _weights(query, key, bias, scale)
    dropped = weights * kept
    outputs = tf.matmul(dropped, value)

    def gradient(upstream: Any) -> Any:
        total = tf.reduce_sum(tf.cast(upstream, "float32") * tf.cast(outputs, "float32"), axis=-1, keepdims=True)
        scores = weights * (tf.matmul(upstream, value, transpose_b=True) * kept - tf.cast(total, weights.dtype))
        return (
            tf.matmul(scores, key) * scale,
            tf.matmul(scores, query, transpose_a=True) * scale,
            tf.matmul(dropped, upstream, transpose_a=True),
            None,
            None,
            None,
        )

    return outputs, gradient
