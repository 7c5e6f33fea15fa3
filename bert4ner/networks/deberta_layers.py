"""DeBERTa's own layers: distance embeddings, disentangled attention, and the convolution of the largest models."""

import math
from typing import Any

import numpy as np
from bert4keras import layers, models

from bert4ner.backend.frameworks import keras, tf
from bert4ner.networks.fused_layers import FusedAttention, product, product_by_head
from bert4ner.networks.xlnet_layers import shifted


def distance_rows(buckets: int, farthest: int) -> np.ndarray:
    """The row of the distance table for each distance from -n to n; larger distances use the row of n.

    Args:
        buckets: half the number of rows; near distances have a row each, far ones share rows on a log scale. 0: no
            sharing.
        farthest: without buckets, half the number of rows; with buckets, the distance from which on all share the last
            row.

    References:
        He et al. 2021, DeBERTaV3, and the published code (`make_log_bucket_position`), in its float32.
    """
    half = buckets or farthest
    if not buckets:
        return np.clip(np.arange(-half, half + 1) + half, 0, 2 * half - 1)
    middle = buckets // 2
    if middle < 2 or farthest - 1 <= middle:
        last = max(farthest, buckets)
    else:
        last = math.ceil(middle * ((farthest - 1) / middle) ** ((middle + 1) / (middle - 1))) + 1
    distances = np.arange(-last, last + 1)
    near = np.abs(distances) < middle
    size = np.where(near, middle - 1, np.abs(distances)).astype("float32")
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.log(size / np.float32(middle)) / np.log(np.float32((farthest - 1) / middle))
        far = np.ceil(share * np.float32(middle - 1)) + np.float32(middle)
    rows = np.where(size <= middle, distances, far * np.sign(distances))
    clipped: np.ndarray = np.clip(rows.astype("int64") + half, 0, 2 * half - 1)
    return clipped


class DistanceTable(layers.Layer):
    """A vector for each distance, length, length - 1, ... -length, from a key to its query.

    Takes hidden states ``(batch, length, ·)``, gives ``(2 * length + 1, width)``; the mask ends here.

    Args:
        width: size of the vectors.
        buckets, farthest: see `distance_rows`.
        embeddings_initializer: of the table.
    """

    def __init__(
        self, width: int, buckets: int, farthest: int, embeddings_initializer: Any = "uniform", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.width, self.buckets, self.farthest = width, buckets, farthest
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, input_shape: Any) -> None:
        """Creates the table."""
        super().build(input_shape)
        self.rows = distance_rows(self.buckets, self.farthest)
        shape = (2 * (self.buckets or self.farthest), self.width)
        self.embeddings = self.add_weight(name="embeddings", shape=shape, initializer=self.embeddings_initializer)

    def call(self, inputs: Any) -> Any:
        """The vectors (2 * length + 1, width), in the order of the distances."""
        length, last = tf.shape(inputs)[1], len(self.rows) // 2
        distances = tf.clip_by_value(tf.range(length, -length - 1, -1), -last, last)
        rows = tf.gather(tf.constant(self.rows, "int32"), distances + last)
        return tf.cast(tf.gather(self.embeddings, rows), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: distances are not tokens."""
        return

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (2 * length + 1, width)."""
        return (input_shape[1] and 2 * input_shape[1] + 1, self.width)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {
            **super().get_config(),
            "width": self.width,
            "buckets": self.buckets,
            "farthest": self.farthest,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }


class DisentangledAttention(FusedAttention):
    """Self-attention with separate scores for content and distance: content to distance, and distance to content.

    Takes hidden states ``(batch, length, width)``, with or without distance vectors from `DistanceTable`; gives hidden
    states.

    Args:
        kinds: "c2p", from a query's content to a key's distance; "p2c", the reverse; both, joined by "|"; or "".
        share_key: project distance vectors with the weights of the content.
        dropout: share of the values in distance vectors to drop in training.
        kwargs: of `FusedAttention`.

    References:
        He et al. 2021, DeBERTa: Decoding-enhanced BERT with Disentangled Attention.
    """

    def __init__(
        self, *args: Any, kinds: str = "c2p|p2c", share_key: bool = False, dropout: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kinds, self.share_key, self.distance_dropout = kinds, share_key, dropout

    def build(self, input_shape: Any) -> None:
        """Creates the weights; those of distances only if there are distance vectors and they are not shared."""
        self.with_distances = isinstance(input_shape, list)
        super().build(input_shape)
        self.dropout_of_distances = models.Dropout(self.distance_dropout)

    def width_of(self, input_shape: Any) -> int:
        """The width of the hidden states."""
        return int(input_shape[0][-1] if isinstance(input_shape, list) else input_shape[-1])

    def build_own(self, width: int) -> None:
        """Creates the projections of distance vectors."""
        own = [] if self.share_key or not self.with_distances else self.kinds.split("|")
        self.of_distances = {kind: self.weights_of(kind, width, self.inner) for kind in own if kind}

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Hidden states (batch, length, width) from hidden states and, optionally, distance vectors."""
        if not self.with_distances:
            return self.attend(inputs, None, mask)
        return self.attend(inputs[0], tf.cast(inputs[1], self.compute_dtype), mask and mask[0])

    def scale(self) -> float:
        """The scale of scores, which are sums of up to three terms."""
        return float((self.head_size * (1 + len(self.kinds.split("|") if self.kinds else ()))) ** -0.5)

    def added(self, scores: Any, heads: tuple[Any, Any], inputs: Any) -> Any:
        """The content scores plus the scores of distance vectors, `inputs`."""
        if inputs is None:
            return scores
        (query, key), distances = heads, self.dropout_of_distances(inputs)
        if "c2p" in self.kinds:
            keys = self.by_head(self._projected(distances, "c2p"))  # (heads, 2 * length + 1, size)
            scores += shifted(product_by_head(query, tf.linalg.matrix_transpose(keys[:, :-1]), self.heads))
        if "p2c" in self.kinds:
            queries = self.by_head(self._projected(distances, "p2c"))[:, :0:-1]  # in ascending order, from -length
            queries = tf.linalg.matrix_transpose(queries * tf.constant(self.scale(), key.dtype))
            asked = shifted(product_by_head(key, queries, self.heads))
            scores += tf.transpose(asked, [0, 1, 3, 2])
        return scores

    def _projected(self, distances: Any, kind: str) -> Any:
        if not self.share_key:
            return product(distances, *self.of_distances[kind])
        part = slice(self.inner, 2 * self.inner) if kind == "c2p" else slice(0, self.inner)  # of a key, of a query
        return product(distances, self.kernel[:, part], self.bias[part])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the hidden states."""
        return mask and mask[0] if isinstance(inputs, list | tuple) else mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the hidden states."""
        return input_shape[0] if isinstance(input_shape, list) else input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        own = {"kinds": self.kinds, "share_key": self.share_key, "dropout": self.distance_dropout}
        return {**super().get_config(), **own}


class Convolution(layers.Layer):
    """A convolution over neighbouring tokens that excludes padding; hidden states in and out.

    Args:
        kernel_size: number of tokens, odd.
        groups: number of groups of channels, each convolved separately.
        activation: of the result.
        dropout: share of values to drop in training before the activation.
    """

    def __init__(
        self,
        kernel_size: int,
        groups: int = 1,
        activation: Any = "tanh",
        dropout: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size, self.groups, self.dropout_rate = kernel_size, groups, dropout
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        """Creates kernel (kernel size, width of a group, width) and bias."""
        super().build(input_shape)
        width = input_shape[-1]
        shape = (self.kernel_size, width // self.groups, width)
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer=self.kernel_initializer)
        self.bias = self.add_weight(name="bias", shape=(width,), initializer="zeros")
        self.dropout = models.Dropout(self.dropout_rate)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Hidden states of the same shape."""
        states = tf.cast(inputs, self.compute_dtype)
        real = None if mask is None else tf.cast(mask, states.dtype)[:, :, None]
        states = states if real is None else states * real
        parts = zip(tf.split(states, self.groups, axis=-1), tf.split(self.kernel, self.groups, axis=-1), strict=True)
        side = (self.kernel_size - 1) // 2
        found = [
            tf.nn.conv1d(tf.pad(part, [[0, 0], [side, side], [0, 0]]), kernel, 1, "VALID") for part, kernel in parts
        ]
        outputs = tf.nn.bias_add(tf.concat(found, axis=-1), self.bias)
        return self.activation(self.dropout(outputs if real is None else outputs * real))

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the hidden states."""
        return mask

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "groups": self.groups,
            "activation": keras.activations.serialize(self.activation),
            "dropout": self.dropout_rate,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }
