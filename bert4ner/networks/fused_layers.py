"""Layers of newer encoders: attention with one matrix for query, key and value, and gated feed-forward."""

from typing import Any

from bert4keras import layers, models

from bert4ner.backend.frameworks import keras, tf


class FusedAttention(layers.Layer):
    """BERT's self-attention; a subclass may transform queries and keys, and add to the scores.

    Hidden states ``(batch, length, width)`` in and out. Keys that the mask excludes get no weight.

    Args:
        heads, head_size: number of heads, and their size.
        use_bias: whether both projections have a bias.
        attention_dropout: share of attention weights to drop in training.
        kernel_initializer: of all weights but biases.
    """

    def __init__(
        self,
        heads: int,
        head_size: int,
        use_bias: bool = True,
        attention_dropout: float = 0.0,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.heads, self.head_size, self.use_bias = heads, head_size, use_bias
        self.attention_dropout = attention_dropout
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    @property
    def inner(self) -> int:
        """The width of all heads together."""
        return self.heads * self.head_size

    def build(self, input_shape: Any) -> None:
        """Creates the weights: first query, key and value side by side, then a subclass's own, last the output."""
        super().build(input_shape)
        width = self.width_of(input_shape)
        self.kernel, self.bias = self.weights_of("input", width, 3 * self.inner)
        self.build_own(width)
        self.output_kernel, self.output_bias = self.weights_of("output", self.inner, width)
        self.dropout = models.Dropout(self.attention_dropout)

    def width_of(self, input_shape: Any) -> int:
        """The width of the hidden states."""
        return int(input_shape[-1])

    def build_own(self, width: int) -> None:
        """Creates a subclass's own weights; called between those of the input and output projections."""

    def weights_of(self, name: str, inputs: int, outputs: int) -> tuple[Any, Any]:
        """A kernel, and a bias or None."""
        kernel = self.add_weight(name=f"{name}_kernel", shape=(inputs, outputs), initializer=self.kernel_initializer)
        bias = self.add_weight(name=f"{name}_bias", shape=(outputs,), initializer="zeros") if self.use_bias else None
        return kernel, bias

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Hidden states (batch, length, width) from hidden states."""
        return self.attend(inputs, inputs, mask)

    def attend(self, states: Any, inputs: Any, mask: Any) -> Any:
        """Self-attention; `inputs` is passed on to `added`, `mask` is (batch, length)."""
        joint = product(tf.cast(states, self.compute_dtype), self.kernel, self.bias)
        parts = self.turned(*tf.split(joint, 3, axis=-1))
        query, key, value = (self.by_head(part) for part in parts)  # (batch, heads, length, size)
        query *= tf.constant(self.scale(), query.dtype)
        scores = self.added(tf.matmul(query, key, transpose_b=True), (query, key), inputs)
        if mask is not None:
            scores = tf.where(mask[:, None, None, :], scores, scores.dtype.min)
        weights = self.dropout(tf.cast(tf.nn.softmax(scores), value.dtype))
        outputs = tf.transpose(tf.matmul(weights, value), [0, 2, 1, 3])
        outputs = tf.reshape(outputs, [*tf.unstack(tf.shape(states)[:2]), self.inner])
        return product(outputs, self.output_kernel, self.output_bias)

    def by_head(self, part: Any) -> Any:
        """From (…, length, heads * size) to (…, heads, length, size)."""
        shape = tf.shape(part)
        split = tf.reshape(part, tf.concat([shape[:-1], [self.heads, self.head_size]], axis=0))
        axes = list(range(part.shape.rank + 1))
        return tf.transpose(split, [*axes[:-3], axes[-2], axes[-3], axes[-1]])

    def scale(self) -> float:
        """The factor of the scores."""
        return float(self.head_size**-0.5)

    def turned(self, query: Any, key: Any, value: Any) -> tuple[Any, Any, Any]:
        """Query, key and value, each (batch, length, heads * size), before attention; a subclass may change them."""
        return query, key, value

    def added(self, scores: Any, heads: tuple[Any, Any], inputs: Any) -> Any:
        """The scores (batch, heads, length, length) plus those of positions; `heads` are scaled queries, and keys."""
        return scores

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the hidden states."""
        return mask

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {
            **super().get_config(),
            "heads": self.heads,
            "head_size": self.head_size,
            "use_bias": self.use_bias,
            "attention_dropout": self.attention_dropout,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


class GatedFeedForward(layers.Layer):
    """Feed-forward with gated inner states: (a(x U) * (x V)) W, with U and V side by side in one kernel.

    Args:
        units: number of inner states.
        activation: a, applied to the first half.
        input_bias, output_bias: whether the projections have biases.
        kernel_initializer: of all weights but biases.

    References:
        Shazeer 2020, GLU Variants Improve Transformer.
    """

    def __init__(
        self,
        units: int,
        activation: Any,
        *,
        input_bias: bool = False,
        output_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units, self.activation = units, keras.activations.get(activation)
        self.input_bias, self.output_bias = input_bias, output_bias
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: Any) -> None:
        """Creates the two kernels and, if used, the biases."""
        super().build(input_shape)
        width, self.biases = input_shape[-1], {}
        made = {"initializer": self.kernel_initializer}
        self.kernel = self.add_weight(name="input_kernel", shape=(width, 2 * self.units), **made)
        if self.input_bias:
            self.biases["input"] = self.add_weight(name="input_bias", shape=(2 * self.units,), initializer="zeros")
        self.output_kernel = self.add_weight(name="output_kernel", shape=(self.units, width), **made)
        if self.output_bias:
            self.biases["output"] = self.add_weight(name="output_bias", shape=(width,), initializer="zeros")

    def call(self, inputs: Any) -> Any:
        """Hidden states of the same shape."""
        states = product(tf.cast(inputs, self.compute_dtype), self.kernel, self.biases.get("input"))
        inner, gates = tf.split(states, 2, axis=-1)
        return product(self.activation(inner) * gates, self.output_kernel, self.biases.get("output"))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the layer, as Keras saves them."""
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "input_bias": self.input_bias,
            "output_bias": self.output_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


def product(states: Any, kernel: Any, bias: Any) -> Any:
    """Hidden states (…, width) times a kernel, as one matrix of all tokens, plus a bias if it is not None."""
    outputs = tf.matmul(tf.reshape(states, [-1, kernel.shape[0]]), kernel)
    if bias is not None:
        outputs = tf.nn.bias_add(outputs, bias)
    return tf.reshape(outputs, tf.concat([tf.shape(states)[:-1], [kernel.shape[1]]], axis=0))


def product_by_head(states: Any, vectors: Any, heads: int) -> Any:
    """The products (batch, heads, length, number) of states (batch, heads, length, size) with their head's vectors.

    TensorFlow 2.21 writes past the end of its memory where the vectors of a single head meet a batch; so of one head
    the products are taken without that axis.

    Args:
        states: of each head.
        vectors: of shape (heads, size, number).
        heads: number of heads.
    """
    return tf.matmul(states, vectors) if heads > 1 else tf.matmul(states[:, 0], vectors[0])[:, None]
