"""Layers that save passes over memory: the same results and gradients as the ones they stand for."""

import numpy as np
import pytest
from bert4keras import layers

from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.randomness import random_generators
from bert4ner.models.precision import policy
from bert4ner.networks.fast_layers import Attention, ByteDropout, Dense, _attend, gelu
from bert4ner.networks.mending import FreshTruncatedNormal

TOLERANCE = {"float32": 1e-5, "bfloat16": 0.02, "float16": 0.003}


class TestByteDropout:
    @pytest.mark.parametrize("rate", [0.1, 0.3, 0.5])
    def test_keeps_its_share_and_the_expectation(self, rate):
        layer = ByteDropout(rate)
        dropped = layer(tf.ones((300, 1001)), training=True).numpy()
        kept = dropped != 0
        assert abs(kept.mean() - (1 - rate)) < 1 / 256 + 0.003  # the rounded rate, and random variation
        assert np.unique(dropped[kept]).size == 1 and dropped.max() == pytest.approx(layer.scale)
        assert dropped.mean() == pytest.approx(1, abs=0.005)
        for axis in (0, 1):
            assert 0.5 * (1 - rate) < kept.mean(axis=axis).min()  # no row or column is left out

    def test_draws_are_new_at_every_call_and_follow_the_generator(self):
        layer = ByteDropout(0.5)
        values = tf.ones((3, 7, 5))  # 105 values, no multiple of 4
        first, second = layer(values, training=True), layer(values, training=True)
        assert first.shape == (3, 7, 5) and not np.array_equal(first, second)
        random_generators(layer)[0].reset_from_seed(3)
        one = layer(values, training=True)
        random_generators(layer)[0].reset_from_seed(3)
        assert np.array_equal(layer(values, training=True), one)

    @pytest.mark.parametrize(("rate", "training"), [(0.0, True), (0.5, False), (0.001, True)])
    def test_passes_everything_where_nothing_is_to_be_dropped(self, rate, training):
        values = tf.reshape(tf.range(24.0), (4, 6))
        assert np.array_equal(ByteDropout(rate)(values, training=training), values)

    @pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
    def test_its_gradient_is_what_it_multiplied_by(self, precision):
        layer, values = ByteDropout(0.25, dtype=precision), tf.ones((40, 50), precision)
        with tf.GradientTape() as tape:
            tape.watch(values)
            dropped = layer(values, training=True)
        assert dropped.dtype.name == precision
        np.testing.assert_array_equal(tape.gradient(dropped, values), dropped)

    def test_almost_everything_can_be_dropped(self):
        assert 0 < (ByteDropout(0.999)(tf.ones((100, 1000)), training=True).numpy() != 0).mean() < 0.01


def dense_pair(activation, precision):
    with policy(precision):
        pair = [cls(24, activation=activation) for cls in (Dense, keras.layers.Dense)]
    for layer in pair:
        layer.build((None, None, 16))
        draws = np.random.default_rng(4)
        layer.set_weights([draws.normal(size=weight.shape) for weight in layer.get_weights()])
    return pair


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("activation", [None, "gelu", "tanh"])
def test_dense_is_that_of_keras(rng, activation, training, precision):
    fast, plain = dense_pair(activation, precision)
    values = tf.cast(rng.normal(size=(3, 5, 16)), precision)
    results = []
    for layer in (fast, plain):

        def run(layer=layer):
            with tf.GradientTape() as tape:
                tape.watch(values)
                given = layer(values, training=training) if layer is fast else layer(values)
            return given, tape.gradient(given, [values, *layer.trainable_variables])

        results.append(tf.function(run)() if training else run())
    (found, gradients), (expected, expected_gradients) = results
    assert found.dtype == expected.dtype and found.shape == (3, 5, 24)
    for one, other in zip([found, *gradients], [expected, *expected_gradients], strict=True):
        other = tf.cast(other, "float32").numpy()
        np.testing.assert_allclose(tf.cast(one, "float32"), other, atol=TOLERANCE[precision] * np.abs(other).max())


def test_dense_knows_the_shape_of_a_window_that_is_not_yet_there():
    inputs = keras.Input((None, 16))
    assert Dense(24, activation="gelu")(inputs).shape.as_list() == [None, None, 24]


def test_gelu_and_its_gradient_are_exact():
    values = tf.constant(np.linspace(-6, 6, 241))
    with tf.GradientTape() as tape:
        tape.watch(values)
        found = gelu(values)
    distribution = 0.5 * (1 + tf.math.erf(values / np.sqrt(2)))
    density = np.exp(-0.5 * values.numpy() ** 2) / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(found, values * distribution, atol=1e-12)
    np.testing.assert_allclose(tape.gradient(found, values), distribution + values * density, atol=1e-12)


def test_attention_with_dropped_weights_has_the_gradient_of_its_formula(rng):
    query, key, value = (tf.constant(rng.normal(size=(2, 3, 6, 4))) for _ in range(3))
    bias = tf.constant(np.where(np.arange(6) < 4, 0.0, -1e30)[None, None, None, :])
    kept = tf.constant((rng.random(size=(2, 3, 6, 6)) < 0.7).astype(float))
    scale, upstream = tf.constant(0.5, "float64"), tf.constant(rng.normal(size=(2, 3, 6, 4)))
    results = []
    for attend in (_attend, lambda q, k, v, b, m, s: tf.nn.softmax(q @ tf.linalg.matrix_transpose(k) * s + b) * m @ v):
        with tf.GradientTape() as tape:
            tape.watch([query, key, value])
            outputs = attend(query, key, value, bias, kept, scale)
        results.append([outputs, *tape.gradient(outputs, [query, key, value], output_gradients=upstream)])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)  # its sum over keys is in float32


def test_attention_is_configured_like_any_layer():
    rebuilt = Attention.from_config(Attention(0.25, 0.125).get_config())
    assert (rebuilt.rate, rebuilt.score_scale) == (0.25, 0.125)


@pytest.mark.parametrize("masked", [False, True])
def test_self_attention_in_one_product_is_bert4keras_own_in_three(rng, masked):
    layer = layers.MultiHeadAttention(2, 8, kernel_initializer=FreshTruncatedNormal())
    values = tf.constant(rng.normal(size=(3, 7, 16)), "float32")
    layer([values] * 3)
    layer.set_weights([rng.normal(scale=0.4, size=weight.shape) for weight in layer.get_weights()])
    mask = [tf.constant(np.arange(7) < np.array([[7], [4], [1]]))] * 3 if masked else None
    results = []
    for call in (layers.MultiHeadAttention.call, layers.MultiHeadAttention.call.__wrapped__):
        with tf.GradientTape() as tape:
            tape.watch(values)
            outputs = call(layer, [values] * 3, mask=mask)
        results.append([outputs, *tape.gradient(outputs, [values, *layer.trainable_variables])])
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
