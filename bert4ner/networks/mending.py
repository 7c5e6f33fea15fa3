"""Repairs of bert4keras classes that are wrong on tf-keras, each with the reason, and replacements by faster layers."""

import functools
from typing import Any

from bert4keras.backend import apply_rotary_position_embeddings

from bert4ner.backend.frameworks import keras, tf
from bert4ner.networks.fast_layers import Attention, ByteDropout, Dense


class FreshTruncatedNormal(keras.initializers.Initializer):
    """Truncated normal values, drawn anew at every call, so that weights differ; obeys `tf.random.set_seed`."""

    def __init__(self, stddev: float = 0.02):
        self.stddev = stddev

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """Values of that shape, in `dtype` or Keras' default type."""
        return tf.random.truncated_normal(shape, stddev=self.stddev, dtype=dtype or keras.backend.floatx())

    def get_config(self) -> dict[str, Any]:
        """The arguments, as Keras saves them."""
        return {"stddev": self.stddev}


def mend_bert4keras() -> None:
    """Apply every repair; bert4keras must be importable under the module names that it uses itself."""
    from bert4keras import layers, models

    # All kernels of a layer share one TruncatedNormal object. On tf-keras an unseeded initializer returns the same
    # values at every call, so that q = k = v and all blocks start equal.
    models.Transformer.initializer = property(lambda self: FreshTruncatedNormal(stddev=0.02))

    # Mean and variance are computed in 16 bits, where adding an epsilon of 1e-12 has no effect; float32 is right.
    layers.LayerNormalization.call = _normalization_in_float32(layers.LayerNormalization.call)

    # Keras casts an embedding's output, not its table: a tied output layer multiplied float16 by float32, an error.
    layers.Embedding.call = _tied_in_one_type(layers.Embedding.call)

    # Every call made a new Dropout layer: variables in a traced function, and random state that cannot be repeated.
    layers.MultiHeadAttention.build = _build_with_core(layers.MultiHeadAttention.build)
    layers.MultiHeadAttention.pay_attention_to = _attention_by_core(layers.MultiHeadAttention.pay_attention_to)

    # Not wrong, but slow; see `fast_layers`.
    layers.MultiHeadAttention.call = _self_attention(layers.MultiHeadAttention.call)
    layers.Dense, models.Dropout = Dense, ByteDropout


def _normalization_in_float32(original: Any) -> Any:
    @functools.wraps(original)
    def call(self: Any, inputs: Any) -> Any:
        learned = isinstance(self.scale, bool) and isinstance(self.offset, bool)  # otherwise they are constants
        plain = not self.conditional and self.unit_variance and learned
        if not plain or self.compute_dtype == "float32":
            return original(self, inputs)
        values = tf.cast(inputs, "float32")  # (batch, length, width)
        if self.zero_mean:
            values -= tf.reduce_mean(values, axis=-1, keepdims=True)
        normed = values * tf.math.rsqrt(tf.reduce_mean(tf.square(values), axis=-1, keepdims=True) + self.epsilon)
        if self.scale:
            normed *= tf.cast(self.gamma, "float32")
        if self.offset:
            normed += tf.cast(self.beta, "float32")
        return tf.cast(normed, self.compute_dtype)

    return call


def _tied_in_one_type(original: Any) -> Any:
    @functools.wraps(original)
    def call(self: Any, inputs: Any, mode: str = "embedding") -> Any:
        if mode == "embedding":
            return original(self, inputs)
        return keras.backend.dot(inputs, tf.cast(tf.transpose(self.embeddings), inputs.dtype))

    return call


def _build_with_core(original: Any) -> Any:
    @functools.wraps(original)
    def build(self: Any, input_shape: Any) -> None:
        original(self, input_shape)
        self.core = Attention(self.attention_dropout or 0, self.key_size**-0.5 if self.attention_scale else 1.0)
        self.core.build(())  # it has random state

    return build


def _self_attention(original: Any) -> Any:
    @functools.wraps(original)
    def call(self: Any, inputs: Any, mask: Any = None, **kwargs: Any) -> Any:
        dense = [self.q_dense, self.k_dense, self.v_dense]
        alone = len(inputs) == 3 and inputs[0] is inputs[1] is inputs[2] and self.normalization == "softmax"
        alone = alone and all(each.built for each in dense)  # the first call builds them
        if not alone or self.return_attention_scores or self.key_size != self.head_size or not self.use_bias:
            return original(self, inputs, mask, **kwargs)
        shape = tf.shape(inputs[0])  # batch, length, width
        tokens = tf.reshape(tf.cast(inputs[0], self.compute_dtype), [-1, inputs[0].shape[-1]])
        kernel = tf.concat([each.kernel for each in dense], axis=1)  # one product for three
        joint = tf.nn.bias_add(tf.matmul(tokens, kernel), tf.concat([each.bias for each in dense], axis=0))
        by_head = tf.reshape(joint, [shape[0], shape[1], 3, self.heads, self.head_size])
        query, key, value = tf.unstack(tf.transpose(by_head, [2, 0, 3, 1, 4]))  # (batch, heads, length, size)
        outputs = _by_core(self, query, key, value, mask and mask[2])
        return self.o_dense(tf.reshape(outputs, [shape[0], shape[1], self.heads * self.head_size]))

    return call


def _by_core(layer: Any, query: Any, key: Any, value: Any, mask: Any) -> Any:
    """Attention of (batch, heads, length, size) to keys where the mask (batch, length) is true; None masks nothing.

    The result is (batch, length, heads, size).
    """
    bias = tf.zeros([tf.shape(key)[0], 1, 1, tf.shape(key)[2]], key.dtype)  # added to the scores
    if mask is not None:
        bias = tf.where(mask[:, None, None, :], bias, bias.dtype.min)
    return tf.transpose(layer.core([query, key, value, bias]), [0, 2, 1, 3])


def _attention_by_core(original: Any) -> Any:
    @functools.wraps(original)
    def pay_attention_to(self: Any, inputs: Any, mask: Any = None, **kwargs: Any) -> Any:
        query, key, value, *others = inputs
        allowed = others.pop(0) if kwargs.get("a_bias") else None
        if self.normalization != "softmax" or (allowed is not None and allowed.dtype != tf.bool):
            return original(self, inputs, mask, **kwargs)  # other position biases, or biases to add
        if kwargs.get("p_bias") == "rotary":
            query, key = apply_rotary_position_embeddings(others.pop(0), query, key)
        query, key, value = (tf.transpose(part, [0, 2, 1, 3]) for part in (query, key, value))
        if others or allowed is not None:  # (batch, heads, length, size)
            tables = {kwargs["p_bias"]: others[0]} if others else {}
            return _by_places(self, (query, key, value), _permitted(mask[1], allowed), **tables)
        outputs = _by_core(self, query, key, value, mask[1])
        return outputs, tf.matmul(query, key, transpose_b=True) * self.core.score_scale  # not computed if not used

    return pay_attention_to


def _permitted(mask: Any, allowed: Any) -> Any:
    """Which keys each query sees, from masks of keys (batch, length) and of pairs ([batch,] length, length)."""
    keys = None if mask is None else mask[:, None, None, :]
    if allowed is None:
        return keys
    pairs = allowed if allowed.shape.rank == 2 else allowed[:, None]
    return pairs if keys is None else keys & pairs


def _by_places(
    layer: Any, heads: tuple[Any, Any, Any], mask: Any, *, typical_relative: Any = None, t5_relative: Any = None
) -> Any:
    """Attention under a mask, with optional terms for the distance between two tokens.

    Args:
        layer: bert4keras' attention layer.
        heads: query, key and value, each (batch, heads, length, size).
        mask: which keys each query may see; None means all.
        typical_relative: vectors (length, length, size), added to keys and to values (NEZHA).
        t5_relative: biases (length, length, heads), added to scores (T5).

    References:
        Shaw et al. 2018, Self-Attention with Relative Position Representations; Wei et al. 2019, NEZHA; Raffel et al.
        2020, T5.
    """
    query, key, value = heads
    scores = tf.matmul(query, key, transpose_b=True)  # (batch, heads, length, length)
    if typical_relative is not None:
        scores += tf.einsum("bhjd,jkd->bhjk", query, typical_relative)
    if t5_relative is not None:
        scores += tf.transpose(t5_relative, [2, 0, 1])
    scores *= tf.constant(layer.core.score_scale, query.dtype)
    masked = scores if mask is None else tf.where(mask, scores, scores.dtype.min)
    weights = ByteDropout.call(layer.core, tf.nn.softmax(masked))
    outputs = tf.matmul(weights, value)
    if typical_relative is not None:
        outputs += tf.einsum("bhjk,jkd->bhjd", weights, typical_relative)
    return tf.transpose(outputs, [0, 2, 1, 3]), scores
