"""The repaired parts of bert4keras: against their own originals where these are right, against numpy where not."""

import numpy as np
import pytest
from bert4keras import layers

from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.randomness import random_generators
from bert4ner.models.precision import policy
from bert4ner.networks.building import build_transformer_model
from bert4ner.networks.mending import FreshTruncatedNormal

ENCODER = {
    "vocab_size": 50,
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_act": "gelu",
    "max_position_embeddings": 32,
}
HEADS, SIZE = 2, 8


def test_no_two_weights_share_their_first_values():
    keras.utils.set_random_seed(1)
    kernels = [
        weight.numpy() for weight in build_transformer_model(model="bert", **ENCODER).weights if len(weight.shape) == 2
    ]
    assert len(kernels) == 3 + 3 * 6  # embeddings; query, key, value, output, in, out
    first_rows = {tuple(kernel[0, :8].tolist()) for kernel in kernels}
    assert len(first_rows) == len(kernels)
    for kernel in kernels:
        assert 0.01 < kernel.std() < 0.03 and np.abs(kernel).max() <= 0.0401  # stddev 0.02, cut at two


def test_the_seed_decides_the_first_values():
    drawn = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        drawn.append(build_transformer_model(model="bert", **ENCODER).get_weights())
    assert all(np.array_equal(one, other) for one, other in zip(drawn[0], drawn[1], strict=True))
    assert not np.array_equal(drawn[0][0], drawn[2][0])


def test_the_initializer_can_be_rebuilt_from_its_configuration():
    assert FreshTruncatedNormal.from_config(FreshTruncatedNormal(stddev=0.5).get_config()).stddev == 0.5


class OwnNormalization(layers.LayerNormalization):
    """As bert4keras made it."""

    call = layers.LayerNormalization.call.__wrapped__


def normalizations(precision, values, **options):
    """The mended layer and bert4keras' own with the same weights."""
    pair = [cls(epsilon=1e-12, dtype=precision, **options) for cls in (layers.LayerNormalization, OwnNormalization)]
    for layer in pair:
        layer.build(values.shape)
        draws = np.random.default_rng(5)
        layer.set_weights([draws.normal(1, 0.2, size=weight.shape) for weight in layer.get_weights()])
    return pair


@pytest.mark.parametrize(
    ("precision", "scale", "times"),
    [
        ("bfloat16", 1, 1.5),
        ("float16", 1, 1.5),
        ("float16", 1e-3, 10),
        ("float16", 30, 100),
    ],
)
def test_layer_normalization_is_as_exact_as_its_16_bits_allow(rng, precision, scale, times):
    inputs = tf.cast(scale * rng.normal(loc=3, size=(4, 9, 64)), precision)
    mended, own = normalizations(f"mixed_{precision}", inputs)
    given = tf.cast(inputs, "float64").numpy()
    centred = given - given.mean(axis=-1, keepdims=True)
    beta, gamma = mended.get_weights()
    exact = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12) * gamma + beta
    error, own_error = (np.sqrt(np.mean((tf.cast(layer(inputs), "float64") - exact) ** 2)) for layer in (mended, own))
    assert mended(inputs).dtype.name == precision
    step = {"bfloat16": 2**-8, "float16": 2**-11}[precision]
    assert error < step * np.sqrt(np.mean(exact**2)) and own_error > times * error


@pytest.mark.parametrize("options", [{}, {"scale": False}, {"offset": False}, {"zero_mean": False}])
def test_layer_normalization_in_float32_is_bert4keras_own(rng, options):
    values = rng.normal(loc=3, size=(2, 5, 16)).astype("float32")
    mended, own = normalizations("float32", values, **options)
    assert np.array_equal(mended(values), own(values))


@pytest.mark.parametrize(
    "options",
    [
        {"scale": False},
        {"offset": False},
        {"zero_mean": False},
        {"zero_mean": False, "scale": False, "offset": False},
    ],
)
def test_bare_kinds_of_normalization_are_as_exact(rng, options):
    values = tf.cast(1e-3 * rng.normal(loc=3, size=(2, 5, 64)), "float16")
    mended, _ = normalizations("mixed_float16", values, **options)
    given = tf.cast(values, "float64").numpy()
    given -= given.mean(axis=-1, keepdims=True) if options.get("zero_mean", True) else 0
    weights = {weight.name.partition(":")[0]: weight.numpy() for weight in mended.weights}
    exact = given / np.sqrt((given**2).mean(axis=-1, keepdims=True) + 1e-12)
    exact = exact * weights.get("gamma", 1) + weights.get("beta", 0)
    np.testing.assert_allclose(tf.cast(mended(values), "float64"), exact, atol=2**-10 * np.abs(exact).max())


def test_normalization_without_variance_is_left_to_bert4keras_in_16_bits(rng):
    values = tf.cast(rng.normal(size=(2, 5, 16)), "bfloat16")
    mended, own = normalizations("mixed_bfloat16", values, unit_variance=False)
    assert np.array_equal(mended(values), own(values))


def attention(precision="float32", **options):
    with policy(precision):
        layer = layers.MultiHeadAttention(HEADS, SIZE, kernel_initializer=FreshTruncatedNormal(), **options)
        inputs = keras.Input((None, HEADS * SIZE))
        layer([inputs, inputs, inputs])
    draws = np.random.default_rng(8)
    layer.set_weights([draws.normal(scale=0.5, size=weight.shape) for weight in layer.get_weights()])
    return layer


def in_numpy(layer, values, mask=None):
    """Multi-head attention of a sequence with itself, as the paper has it: result and unmasked scores."""
    weights = [weight.numpy().astype(float) for weight in layer.weights]
    batch, length, _ = values.shape
    query, key, value = (
        (values.astype(float) @ kernel + bias).reshape(batch, length, HEADS, SIZE).transpose(0, 2, 1, 3)
        for kernel, bias in zip(weights[0:6:2], weights[1:6:2], strict=True)
    )  # (batch, heads, length, size)
    scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(SIZE)  # (batch, heads, length, length)
    visible = scores if mask is None else np.where(mask[:, None, None, :], scores, -np.inf)
    probabilities = np.exp(visible - visible.max(axis=-1, keepdims=True))
    context = probabilities / probabilities.sum(axis=-1, keepdims=True) @ value
    return context.transpose(0, 2, 1, 3).reshape(batch, length, -1) @ weights[6] + weights[7], scores


MASK = np.array([[True] * 6, [True, True, True, False, False, False]])


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_attention_is_that_of_the_paper(rng, mask):
    values = rng.normal(size=(2, 6, HEADS * SIZE)).astype("float32")
    layer = attention(return_attention_scores=True)
    masks = None if mask is None else [tf.constant(mask)] * 3
    found, scores = layer([tf.constant(values)] * 3, mask=masks)
    expected, expected_scores = in_numpy(layer, values, mask)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-4)


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_attention_in_float32_is_bert4keras_own(rng, mask, scaled):
    layer = attention(attention_scale=scaled)
    inputs = [tf.constant(rng.normal(size=(2, 6, HEADS, SIZE)), "float32") for _ in range(3)]
    masks = [None, None if mask is None else tf.constant(mask)]
    for one, other in zip(
        layer.pay_attention_to(inputs, masks),
        type(layer).pay_attention_to.__wrapped__(layer, inputs, masks),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize(
    ("kind", "shape"),
    [("rotary", (1, 6, SIZE)), ("typical_relative", (6, 6, SIZE)), ("t5_relative", (6, 6, HEADS))],
)
def test_attention_with_positions_is_bert4keras_own(rng, mask, kind, shape):
    layer = attention(attention_dropout=0.5)
    inputs = [tf.constant(rng.normal(size=(2, 6, HEADS, SIZE)), "float32") for _ in range(3)]
    inputs.append(tf.constant(rng.normal(size=shape), "float32"))
    masks = [None, None if mask is None else tf.constant(mask)]
    original = type(layer).pay_attention_to.__wrapped__(attention(), inputs, masks, p_bias=kind)[0]
    np.testing.assert_allclose(layer.pay_attention_to(inputs, masks, p_bias=kind)[0], original, atol=1e-5)
    assert not np.allclose(layer.pay_attention_to(inputs[:3], masks)[0], original, atol=0.1)


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
@pytest.mark.parametrize("kind", [None, "t5_relative"])
@pytest.mark.parametrize("every", [True, False], ids=["one for all", "one each"])
def test_attention_from_left_to_right_is_bert4keras_own(rng, mask, kind, every):
    layer = attention(attention_dropout=0.5)
    inputs = [tf.constant(rng.normal(size=(2, 6, HEADS, SIZE)), "float32") for _ in range(3)]
    past = np.tri(6) > 0 if every else np.stack([np.tri(6) > 0, np.tri(6, k=1) > 0])
    biased = [*inputs, tf.constant(past)]
    if kind:
        biased.append(tf.constant(rng.normal(size=(6, 6, HEADS)), "float32"))
    masks = [None, None if mask is None else tf.constant(mask)]
    original = type(layer).pay_attention_to.__wrapped__(attention(), biased, masks, a_bias=True, p_bias=kind)[0]
    np.testing.assert_allclose(layer.pay_attention_to(biased, masks, a_bias=True, p_bias=kind)[0], original, atol=1e-5)
    assert not np.allclose(layer.pay_attention_to(inputs, masks)[0], original, atol=0.1)


def test_dropout_of_attention_by_relative_positions_makes_no_variables_while_traced(rng):
    values = tf.constant(rng.normal(size=(2, 6, HEADS * SIZE)), "float32")
    table = tf.constant(rng.normal(size=(6, 6, SIZE)), "float32")
    layer = attention(attention_dropout=0.5)
    (generator,) = random_generators(layer.core)
    inputs = [values, values, values, table]
    dropped = tf.function(lambda: layer(inputs, p_bias="typical_relative", training=True))
    generator.reset_from_seed(11)
    first, second = dropped().numpy(), dropped().numpy()
    generator.reset_from_seed(11)
    assert np.array_equal(dropped(), first) and not np.array_equal(first, second)
    plain = layer(inputs, p_bias="typical_relative", training=False).numpy()
    mean = np.mean([dropped().numpy() for _ in range(400)], axis=0)
    assert np.abs(mean - plain).mean() < 0.2 * np.abs(first - plain).mean()  # what is dropped is made up for


def test_attention_in_16_bits_stays_near_float32(rng):
    values = rng.normal(size=(2, 6, HEADS * SIZE)).astype("float32")
    for precision in ("bfloat16", "float16"):
        layer = attention(precision)
        found = layer([tf.constant(values)] * 3, mask=[tf.constant(MASK)] * 3)
        expected, _ = in_numpy(layer, values, MASK)
        assert found.dtype.name == precision
        np.testing.assert_allclose(tf.cast(found, "float32"), expected, atol=0.03 * np.abs(expected).max())


def test_dropout_of_attention_can_be_replayed_and_makes_no_variables_while_traced(rng):
    values = tf.constant(rng.normal(size=(2, 6, HEADS * SIZE)), "float32")
    layer = attention(attention_dropout=0.5)
    (generator,) = random_generators(layer.core)
    dropped = tf.function(lambda: layer([values] * 3, training=True))
    generator.reset_from_seed(11)
    first, second = dropped().numpy(), dropped().numpy()
    generator.reset_from_seed(11)
    assert np.array_equal(dropped(), first) and not np.array_equal(first, second)
    plain = layer([values] * 3, training=False).numpy()
    np.testing.assert_allclose(plain, in_numpy(layer, values.numpy())[0], atol=1e-4)
    mean = np.mean([dropped().numpy() for _ in range(400)], axis=0)
    assert np.abs(mean - plain).mean() < 0.2 * np.abs(first - plain).mean()  # what is dropped is made up for


def test_no_dropout_is_no_randomness(rng):
    values = tf.constant(rng.normal(size=(2, 6, HEADS * SIZE)), "float32")
    layer = attention(attention_dropout=None)
    assert np.array_equal(layer([values] * 3, training=True), layer([values] * 3, training=False))


def test_kinds_of_attention_that_need_biases_still_work(rng):
    encoder = {**ENCODER, "num_hidden_layers": 2}
    ids = rng.integers(1, 50, size=(2, 7))
    for model in ("nezha", "roformer"):
        network = build_transformer_model(model=model, **encoder)
        assert np.isfinite(network([ids, np.zeros_like(ids)]).numpy()).all()
