"""Rotary positions: vectors turned by an angle that grows with their position, so that products know distances."""

from typing import Any

from bert4ner.compat.frameworks import tf


def rotate(vectors: Any, size: int | None = None) -> Any:
    """Turn the pairs of neighbouring elements of vectors (..., length, width) by position * 10000 ** (-2 k / size).

    k is the number of the pair, counted anew after every `size` elements, so that vectors of `size`, even, that stand
    side by side are turned alike. The product of two vectors so turned depends on the distance of their positions.

    References:
        Su et al. 2021, RoFormer: Enhanced Transformer with Rotary Position Embedding.
    """
    shape = tf.shape(vectors)
    size = size or vectors.shape[-1]
    positions = tf.range(shape[-2], dtype="float32")                                       # (length,)
    rates = 10000.0 ** (-tf.range(0, size, 2, dtype="float32") / size)                     # (size / 2,)
    rates = tf.tile(rates, [vectors.shape[-1] // size])                                    # (width / 2,)
    angles = positions[:, None] * rates                                                    # (length, width / 2)
    cosines, sines = tf.cos(angles), tf.sin(angles)
    even, odd = vectors[..., ::2], vectors[..., 1::2]
    turned = tf.stack([even * cosines - odd * sines, odd * cosines + even * sines], axis=-1)
    return tf.reshape(turned, shape)
