"""XLNet's own layers: sinusoids of distances, and attention that uses them."""

from typing import Any

from bert4keras import layers, models

from bert4ner.backend.frameworks import keras, tf
from bert4ner.networks.fused_layers import product_by_head


class RelativeSinusoids(layers.Layer):
    """Sines, then cosines, of the distances length, length - 1, ... 1 - length from a key to its query.

    Takes hidden states ``(batch, length, ·)``, gives ``(2 * length, width)``; the mask ends here.

    Args:
        width: size of the vectors, even.
        clamp_length: greatest distance that is distinguished; 0 or less means no limit.

    References:
        Dai et al. 2019, Transformer-XL.
    """

    def __init__(self, width: int, clamp_length: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.clamp_length = width, clamp_length

    def call(self, inputs: Any) -> Any:
        """The encoding (2 * length, width), in the order of the distances."""
        length = tf.shape(inputs)[1]
        distances = tf.cast(tf.range(length, -length, -1), "float32")  # (2 * length,)
        if self.clamp_length > 0:
            distances = tf.clip_by_value(distances, -float(self.clamp_length), float(self.clamp_length))
        rates = 10000.0 ** (-tf.range(0, self.width, 2, dtype="float32") / self.width)  # (width / 2,)
        angles = distances[:, None] * rates
        return tf.cast(tf.concat([tf.sin(angles), tf.cos(angles)], axis=-1), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: distances are not tokens."""
        return

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape (2 * length, width)."""
        return (input_shape[1] and 2 * input_shape[1], self.width)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {**super().get_config(), "width": self.width, "clamp_length": self.clamp_length}


class RelativeAttention(layers.Layer):
    """Self-attention by a key's content, its distance, and whether it is in the query's segment.

    Takes hidden states ``(batch, length, width)``, sinusoids ``(2 * length, width)`` and, with segments, segment ids
    ``(batch, length)``; gives hidden states. Keys that the mask excludes get no weight.

    Args:
        heads, head_size: number of heads, and their size.
        attention_dropout: share of attention weights to drop in training.
        kernel_initializer: of all weights.

    References:
        Yang et al. 2019, XLNet, appendix A.2.
    """

    def __init__(
        self,
        heads: int,
        head_size: int,
        attention_dropout: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.heads, self.head_size, self.attention_dropout = heads, head_size, attention_dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        """Creates the kernels and biases; those of segments only if segment ids are given."""
        super().build(input_shape)
        kernel, vector = (input_shape[0][-1], self.heads, self.head_size), (self.heads, self.head_size)
        self.query, self.key, self.value, self.output_kernel, self.place = (
            self._weight(f"{part}_kernel", kernel) for part in ("query", "key", "value", "output", "place")
        )
        self.content_bias, self.place_bias = self._weight("content_bias", vector), self._weight("place_bias", vector)
        if len(input_shape) > 2:
            self.segment_bias = self._weight("segment_bias", vector)
            self.segments = self._weight("segment_embeddings", (2, *vector))  # same segment, another
        self.dropout = models.Dropout(self.attention_dropout)

    def _weight(self, name: str, shape: tuple[int, ...]) -> Any:
        return self.add_weight(name=name, shape=shape, initializer=self.kernel_initializer)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Hidden states (batch, length, width) from hidden states, sinusoids and, optionally, segment ids."""
        states, places = tf.cast(inputs[0], self.compute_dtype), tf.cast(inputs[1], self.compute_dtype)
        shape = tf.shape(states)
        kernel = tf.concat([self._flat(part) for part in (self.query, self.key, self.value)], axis=1)
        tokens = tf.matmul(tf.reshape(states, [-1, states.shape[-1]]), kernel)  # one product for three
        by_head = tf.reshape(tokens, [shape[0], shape[1], 3, self.heads, self.head_size])
        query, key, value = tf.unstack(tf.transpose(by_head, [2, 0, 3, 1, 4]))  # (batch, heads, length, size)
        places = tf.reshape(tf.matmul(places, self._flat(self.place)), [-1, self.heads, self.head_size])
        scores = tf.matmul(query + self.content_bias[:, None], key, transpose_b=True)  # (batch, heads, length, length)
        scores += shifted(
            product_by_head(query + self.place_bias[:, None], tf.transpose(places, [1, 2, 0]), self.heads)
        )
        if len(inputs) > 2:
            scores += self._of_segments(query, inputs[2])
        scores *= tf.constant(self.head_size**-0.5, scores.dtype)
        if mask is not None and mask[0] is not None:
            scores = tf.where(mask[0][:, None, None, :], scores, scores.dtype.min)
        outputs = tf.matmul(self.dropout(tf.nn.softmax(scores)), value)
        outputs = tf.reshape(tf.transpose(outputs, [0, 2, 1, 3]), [shape[0], shape[1], self.heads * self.head_size])
        return tf.matmul(outputs, self._flat(self.output_kernel), transpose_b=True)

    def _flat(self, kernel: Any) -> Any:
        return tf.reshape(kernel, [-1, self.heads * self.head_size])

    def _of_segments(self, query: Any, segments: Any) -> Any:
        vectors = tf.transpose(self.segments, [1, 2, 0])
        kinds = product_by_head(query + self.segment_bias[:, None], vectors, self.heads)
        another = tf.not_equal(segments[:, None, :, None], segments[:, None, None, :])  # (batch, 1, length, length)
        return tf.where(another, kinds[..., 1:], kinds[..., :1])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the hidden states."""
        return mask and mask[0]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the hidden states."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "head_size": self.head_size,
            "attention_dropout": self.attention_dropout,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def shifted(scores: Any) -> Any:
    """From scores by distance to scores by key: (batch, heads, length, 2 * length) to (batch, heads, length, length).

    Row i holds the distances length, length - 1, ...; key j is at distance i - j, in column length - i + j. Read the
    matrix as one sequence, skip the first `length` values and use rows shorter by one: key j is then in column j.
    """
    batch, heads, length = tf.unstack(tf.shape(scores)[:3])
    flat = tf.reshape(scores, [batch, heads, 2 * length * length])[..., length:]
    return tf.reshape(flat, [batch, heads, length, 2 * length - 1])[..., :length]
