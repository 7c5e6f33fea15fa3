"""Rotary positions: rotate vectors by an angle proportional to position, so that products depend on distances."""

from typing import Any

from bert4ner.backend.frameworks import tf


def rotate(vectors: Any, size: int | None = None) -> Any:
    """Rotate pairs of neighbouring elements of vectors (..., length, width) by position * 10000 ** (-2 k / size).

    k is the index of the pair, counted anew after every `size` elements (`size` is even), so that vectors of this size
    side by side are rotated alike. The product of two rotated vectors depends on the distance of their positions.

    References:
        Su et al. 2021, RoFormer: Enhanced Transformer with Rotary Position Embedding.
    """
    size = size or vectors.shape[-1]
    positions = tf.range(tf.shape(vectors)[-2], dtype="float32")  # (length,)
    rates = 10000.0 ** (-tf.range(0, size, 2, dtype="float32") / size)  # (size / 2,)
    rates = tf.tile(rates, [vectors.shape[-1] // size])  # (width / 2,)
    angles = positions[:, None] * rates  # (length, width / 2)
    return _turn(tf.cast(vectors, "float32"), tf.complex(tf.cos(angles), tf.sin(angles)))


@tf.custom_gradient
def _turn(vectors: Any, factors: Any) -> Any:
    """Multiply vectors (..., length, width), pairs as complex numbers, by factors (length, width / 2) of modulus 1.

    The forward pass and the gradient, which rotates back, are each one pass over memory; separate sines and cosines
    would take several. The rotation is linear, so gradients of any order exist.
    """
    return _times(vectors, factors), lambda slopes: (_turn(slopes, tf.math.conj(factors)), None)


def _times(vectors: Any, factors: Any) -> Any:
    shape = tf.shape(vectors)
    pairs = tf.bitcast(tf.reshape(vectors, tf.concat([shape[:-1], [shape[-1] // 2, 2]], axis=0)), "complex64")
    return tf.ensure_shape(tf.reshape(tf.bitcast(pairs * factors, "float32"), shape), vectors.shape)
