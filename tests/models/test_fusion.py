"""Fusion of block outputs: what each way gives, by plain arithmetic, and the mixture layer's examination."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.models.fusion import LayerMixture, fuse


def test_the_mixture_passes_the_layer_examination(check_layer, rng, precision):
    blocks = [rng.normal(size=(2, 5, 8)).astype("float32") for _ in range(3)]
    check_layer(LayerMixture, {}, blocks, precision)


def fused(blocks, fusion, mixture=None):
    ends = [keras.Input((None, block.shape[-1])) for block in blocks]
    network = keras.Model(ends, fuse(ends, fusion))
    if mixture is not None:
        network.set_weights([np.array(mixture, "float32")])
    return network(blocks).numpy()


@pytest.mark.parametrize(
    ("fusion", "expected"),
    [
        ("last", lambda blocks: blocks[-1]),
        ("mean", lambda blocks: np.mean(blocks, axis=0)),
        ("weighted", lambda blocks: np.mean(blocks, axis=0)),  # as long as nothing is learned
        ("concat", lambda blocks: np.concatenate(blocks, axis=-1)),
    ],
)
def test_fusion_gives_what_it_says(rng, fusion, expected):
    blocks = [rng.normal(size=(2, 5, 8)).astype("float32") for _ in range(3)]
    np.testing.assert_allclose(fused(blocks, fusion), expected(blocks), atol=1e-6)
    if fusion != "weighted":
        np.testing.assert_array_equal(fused(blocks[-1:], fusion), blocks[-1])


def test_the_mixture_weighs_by_a_softmax(rng):
    blocks = [rng.normal(size=(2, 5, 8)).astype("float32") for _ in range(3)]
    shares = np.array([0.2, 0.7, 0.1])
    expected = sum(share * block for share, block in zip(shares, blocks, strict=True))
    np.testing.assert_allclose(fused(blocks, "weighted", np.log(shares) + 5), expected, atol=1e-6)


@pytest.mark.parametrize("fusion", ["last", "mean", "weighted", "concat"])
def test_the_mask_of_the_blocks_reaches_what_stands_on_them(fusion):
    ids = keras.Input((None,))
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(ids)
    shown = keras.layers.Lambda(lambda _, mask=None: mask)
    network = keras.Model(ids, shown(fuse([embedded, embedded], fusion)))
    assert network(np.array([[3, 5, 0], [1, 0, 0]])).numpy().tolist() == [[True, True, False], [True, False, False]]
