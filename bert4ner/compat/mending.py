"""Repairs of bert4keras classes that are wrong on tf-keras: each says what was broken and how it showed."""

import functools
from typing import Any

import tensorflow as tf
import tf_keras as keras


class FreshTruncatedNormal(keras.initializers.Initializer):
    """Truncated normal values, drawn anew at every call: no two weights share one draw, `tf.random.set_seed` rules."""

    def __init__(self, stddev: float = 0.02):
        self.stddev = stddev

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        return tf.random.truncated_normal(shape, stddev=self.stddev, dtype=dtype or keras.backend.floatx())

    def get_config(self) -> dict[str, Any]:
        return {"stddev": self.stddev}


def mend_bert4keras() -> None:
    """Apply every repair; the modules of bert4keras must be importable under the names they use themselves."""
    from bert4keras import layers, models

    # One TruncatedNormal object goes to all kernels of a layer; on tf-keras an unseeded initializer returns the same
    # values at every call, so that q = k = v and all blocks start equal.
    models.Transformer.initializer = property(lambda self: FreshTruncatedNormal(stddev=0.02))

    # Mean and variance in 16 bits, with an epsilon of 1e-12 that 16 bits cannot add: done in float32 like everywhere.
    layers.LayerNormalization.call = _normalization_in_float32(layers.LayerNormalization.call)

    # A new Dropout layer at every call: variables made inside a traced function, random state that nobody can replay.
    # The softmax ran in 16 bits under a mixed policy.
    layers.MultiHeadAttention.build = _build_with_dropout(layers.MultiHeadAttention.build)
    layers.MultiHeadAttention.pay_attention_to = _plain_attention(layers.MultiHeadAttention.pay_attention_to)


def _normalization_in_float32(original: Any) -> Any:
    @functools.wraps(original)
    def call(self: Any, inputs: Any) -> Any:
        plain = not self.conditional and self.zero_mean and self.unit_variance and self.scale is self.offset is True
        if not plain or self.compute_dtype == "float32":
            return original(self, inputs)
        values = tf.cast(inputs, "float32")                                                # (batch, length, width)
        mean, variance = tf.nn.moments(values, axes=[-1], keepdims=True)                   # (batch, length, 1)
        scaled = (values - mean) * tf.math.rsqrt(variance + self.epsilon)
        normed = scaled * tf.cast(self.gamma, "float32") + tf.cast(self.beta, "float32")
        return tf.cast(normed, self.compute_dtype)

    return call


def _build_with_dropout(original: Any) -> Any:
    @functools.wraps(original)
    def build(self: Any, input_shape: Any) -> None:
        original(self, input_shape)
        self.attention_dropout_layer = keras.layers.Dropout(self.attention_dropout or 0)

    return build


def _plain_attention(original: Any) -> Any:
    @functools.wraps(original)
    def pay_attention_to(self: Any, inputs: Any, mask: Any = None, **kwargs: Any) -> Any:
        if len(inputs) > 3 or self.normalization != "softmax":                             # biases, other kinds
            return original(self, inputs, mask, **kwargs)
        query, key, value = inputs                                  # (batch, length, heads, size)
        if self.attention_scale:
            query = query * tf.cast(self.key_size**-0.5, query.dtype)
        scores = tf.einsum("bjhd,bkhd->bhjk", query, key)           # (batch, heads, length, length)
        visible = tf.cast(scores, "float32")
        if mask[1] is not None:
            visible = tf.where(mask[1][:, None, None, :], visible, visible.dtype.min)
        weights = self.attention_dropout_layer(tf.cast(tf.nn.softmax(visible), value.dtype))
        return tf.einsum("bhjk,bkhd->bjhd", weights, value), scores

    return pay_attention_to
