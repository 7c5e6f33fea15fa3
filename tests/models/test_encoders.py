"""Networks on top of the encoder: the convolutions against a loop, their mask, and how loud they start."""

import math

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.encoders import MaskedConvolutions, encode

STACKS = [((1, 1), 1), ((1, 1, 2), 4)]


@pytest.mark.parametrize(("dilations", "repetitions"), STACKS, ids=["cnn", "idcnn"])
def test_the_convolutions_pass_the_layer_examination(check_layer, rng, precision, dilations, repetitions):
    arguments = {"dilations": list(dilations), "kernel_size": 3, "repetitions": repetitions}
    check_layer(MaskedConvolutions, arguments, [rng.normal(size=(2, 7, 6)).astype("float32")], precision)


def by_hand(hidden, mask, kernels, biases, dilations, repetitions):
    """The same in loops over tokens; (length, width) and (length,) of one sequence."""
    gelu = np.vectorize(lambda x: 0.5 * x * (1 + math.erf(x / math.sqrt(2))))
    for kernel, bias, dilation in list(zip(kernels, biases, dilations, strict=True)) * repetitions:
        hidden = np.where(mask[:, None], hidden, 0)
        added = np.tile(bias, (len(hidden), 1))  # (length, width)
        for place in range(len(hidden)):
            for tap, shift in enumerate((-dilation, 0, dilation)):
                if 0 <= place + shift < len(hidden):
                    added[place] += hidden[place + shift] @ kernel[tap]
        hidden = hidden + gelu(added)
    return hidden


@pytest.mark.parametrize(("dilations", "repetitions"), STACKS, ids=["cnn", "idcnn"])
def test_the_convolutions_agree_with_a_loop(rng, dilations, repetitions):
    hidden = rng.normal(size=(2, 9, 4)).astype("float32")
    mask = np.arange(9) < np.array([[9], [5]])
    layer = MaskedConvolutions(dilations, repetitions=repetitions)
    layer.build(hidden.shape)
    layer.set_weights([rng.normal(scale=0.3, size=weight.shape) for weight in layer.get_weights()])
    kernels, biases = layer.get_weights()[::2], layer.get_weights()[1::2]
    found = layer(tf.constant(hidden), mask=tf.constant(mask)).numpy()
    for row in range(2):
        expected = by_hand(hidden[row].astype(float), mask[row], kernels, biases, dilations, repetitions)
        np.testing.assert_allclose(found[row][mask[row]], expected[mask[row]], atol=1e-4)


@pytest.mark.parametrize("width", [16, 256])
@pytest.mark.parametrize("encoder", ["cnn", "idcnn"])
def test_convolutions_start_about_as_loud_as_what_they_are_given(rng, encoder, width):
    features = rng.normal(size=(2, 64, width)).astype("float32")
    ends = keras.Input((None, width))
    loudness = float(np.std(keras.Model(ends, encode(ends, encoder))(features)))
    assert 0.7 < loudness < 1.5


@pytest.mark.parametrize("width", [6, 7])
@pytest.mark.parametrize("encoder", ["none", "bilstm", "cnn", "idcnn"])
def test_the_width_is_kept_and_made_even_for_lstms(encoder, width):
    features = encode(keras.Input((None, width)), encoder)
    assert features.shape[-1] == (8 if (encoder, width) == ("bilstm", 7) else width)


@pytest.mark.parametrize("encoder", ["bilstm", "cnn", "idcnn"])
def test_the_mask_reaches_the_head(encoder):
    ids = keras.Input((None,))
    features = encode(keras.layers.Embedding(9, 4, mask_zero=True)(ids), encoder)
    network = keras.Model(ids, keras.layers.Lambda(lambda _, mask=None: mask)(features))
    assert network(np.array([[3, 5, 0]])).numpy().tolist() == [[True, True, False]]
