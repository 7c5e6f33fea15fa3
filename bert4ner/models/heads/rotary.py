"""Rotary positions: vectors turned by an angle that grows with their position, so that products know distances."""

from typing import Any

from bert4ner.backend.frameworks import tf


def rotate(vectors: Any, size: int | None = None) -> Any:
    """Turn the pairs of neighbouring elements of vectors (..., length, width) by position * 10000 ** (-2 k / size).

    k is the number of the pair, counted anew after every `size` elements, so that vectors of `size`, even, that stand
    side by side are turned alike. The product of two vectors so turned depends on the distance of their positions.

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
    """Vectors (..., length, width), a pair a complex number, times factors (length, width / 2) of absolute value 1.

    One pass over memory, and the gradient, turned backwards, is another: several times fewer than sines and cosines
    of both elements apart. Turning is linear, so that the gradient has a gradient, and so on.
    """
    return _times(vectors, factors), lambda slopes: (_turn(slopes, tf.math.conj(factors)), None)


def _times(vectors: Any, factors: Any) -> Any:
    shape = tf.shape(vectors)
    pairs = tf.bitcast(tf.reshape(vectors, tf.concat([shape[:-1], [shape[-1] // 2, 2]], axis=0)), "complex64")
    return tf.ensure_shape(tf.reshape(tf.bitcast(pairs * factors, "float32"), shape), vectors.shape)
