"""Attention with rotary positions that pair the halves of a head, or with scores that fall with distance (ALiBi)."""

import math
from typing import Any

import numpy as np
from bert4keras import layers

from bert4ner.backend.frameworks import tf
from bert4ner.networks.fused_layers import FusedAttention


class RotaryAttention(FusedAttention):
    """Self-attention with rotary positions: element i of a head rotates together with element i + size / 2.

    bert4keras rotates neighbouring elements instead, which is another network.

    Args:
        theta: base of the angles.
        factor, mixture: of `rotation_rates`.
        window: how many tokens a token sees on either side; None means all.
        kwargs: of `FusedAttention`.

    References:
        Su et al. 2021, RoFormer; Beltagy et al. 2020, Longformer (windows).
    """

    def __init__(
        self,
        *args: Any,
        theta: float = 10000.0,
        factor: float = 1.0,
        mixture: float | None = None,
        window: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.theta, self.factor, self.mixture, self.window = theta, factor, mixture, window

    def turned(self, query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
        """Query and key rotated; the value is unchanged."""
        rates = rotation_rates(self.head_size, self.theta, self.factor, self.mixture)
        places = tf.range(tf.shape(query)[1], dtype="float32")
        angles = places[:, None, None] * tf.constant(rates, "float32")  # (length, 1, size / 2)
        sines, cosines = (tf.cast(each, query.dtype) for each in (tf.sin(angles), tf.cos(angles)))
        return self._turn(query, sines, cosines), self._turn(key, sines, cosines), value

    def _turn(self, states: Any, sines: Any, cosines: Any) -> Any:
        shape = tf.shape(states)  # (batch, length, heads * size)
        one, other = tf.split(tf.reshape(states, [shape[0], shape[1], self.heads, self.head_size]), 2, axis=-1)
        return tf.reshape(tf.concat([one * cosines - other * sines, other * cosines + one * sines], axis=-1), shape)

    def added(self, scores: Any, heads: tuple[Any, Any], inputs: Any) -> Any:
        """The scores, with the lowest possible value outside the window."""
        if self.window is None:
            return scores
        return tf.where(distances(scores) <= self.window, scores, scores.dtype.min)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        own = {"theta": self.theta, "factor": self.factor, "mixture": self.mixture, "window": self.window}
        return {**super().get_config(), **own}


class DistanceAttention(FusedAttention):
    """Self-attention whose scores fall linearly with the distance, with a fixed slope for each head (ALiBi).

    Args:
        query_norm: normalize queries and keys, over all heads together.
        epsilon: of these norms.
        kwargs: of `FusedAttention`.

    References:
        Press et al. 2022, Train Short, Test Long; Günther et al. 2023, Jina Embeddings 2 (both directions).
    """

    def __init__(self, *args: Any, query_norm: bool = False, epsilon: float = 1e-12, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.query_norm, self.epsilon = query_norm, epsilon

    def build_own(self, width: int) -> None:
        """Creates the norms."""
        names = ("query_norm", "key_norm") if self.query_norm else ()
        self.norms = [layers.LayerNormalization(epsilon=self.epsilon, name=name) for name in names]

    def turned(self, query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
        """Query and key, normalized if the model has `query_norm`."""
        if self.norms:
            query, key = (norm(part) for norm, part in zip(self.norms, (query, key), strict=True))
        return query, key, value

    def added(self, scores: Any, heads: tuple[Any, Any], inputs: Any) -> Any:
        """The scores in float32, less the slope times the distance."""
        steep = tf.constant(slopes(self.heads), "float32")[:, None, None]
        return tf.cast(scores, "float32") - steep * tf.cast(distances(scores), "float32")

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "query_norm": self.query_norm, "epsilon": self.epsilon}


def distances(scores: Any) -> Any:
    """The distance between each query and key, (length, length), for scores (…, length, length)."""
    places = tf.range(tf.shape(scores)[-1])
    return tf.abs(places[:, None] - places)


def rotation_rates(size: int, theta: float, factor: float = 1.0, mixture: float | None = None) -> np.ndarray:
    """The rotation of each pair of elements from one position to the next, in radians, (size / 2,).

    Args:
        size: of a head.
        theta: rates fall from 1 to nearly 1 / theta.
        factor: ratio of the longest text to the longest one of the first training (NTK scaling); 1 changes nothing.
        mixture: exponent with which slow rates fall more than fast ones; None is the published method without it.

    References:
        Su et al. 2021, RoFormer; Su 2023, https://kexue.fm/archives/9706 (formulas 6, 10, 12 and 13).
    """
    pairs = np.arange(size // 2)
    rates: np.ndarray = theta ** (-2 * pairs / size)
    if mixture is None:
        rates = rates * factor ** (-2 * pairs / size) / factor ** (2 / size)
    else:
        rates = rates / np.exp(math.log(factor) * ((pairs + 1) / (size / 2)) ** mixture)
    return rates


def slopes(heads: int) -> list[float]:
    """The slope of each head: a geometric series for a power of two, else with every second slope of the next one.

    References:
        Press et al. 2022, and its published code for other numbers.
    """
    power = 2 ** math.floor(math.log2(heads))
    start = 2 ** (-8 / power)
    row = [start ** (number + 1) for number in range(power)]
    return row if power == heads else row + slopes(2 * power)[0::2][: heads - power]
