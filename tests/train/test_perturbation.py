"""Passes at moved embeddings compute what a table with moved rows gives, for every family and every head."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.perturbation import Embeddings, mean_of, row_norms, scaled_to, within
from bert4ner.train.step import Gradients, Loss, Modifier, TrainingStep
from tests.train.moved_tables import (
    ENCODERS,
    IDS,
    REAL,
    assert_close,
    batch_for,
    dense,
    norms,
    plain_gradients,
    slopes_of,
    table_of,
)


def assert_moved_as_the_table_is(network, rng):
    batch = batch_for(network)
    step = TrainingStep(network)
    offsets = (rng.normal(size=(*IDS.shape, table_of(network).shape[1])) * REAL[:, :, None]).astype("float32")
    for added in (None, offsets):
        found = Embeddings(network, "x").run(step.gradients, batch, None if added is None else tf.constant(added))
        expected = plain_gradients(network, batch, added)
        assert_close(dense(found.gradients), expected)
        slopes = slopes_of(network, expected)
        assert np.abs(slopes).max() > 1e-4
        assert_close({"": found.slopes.numpy()}, {"": slopes})
        assert not found.slopes.numpy()[~REAL].any()


@pytest.mark.parametrize("family", ENCODERS)
def test_every_family_computes_what_a_moved_table_gives(family, network_of, rng):
    assert_moved_as_the_table_is(network_of(family), rng)


@pytest.mark.parametrize("head", HEADS.own())
def test_every_head_gets_what_a_moved_table_gives(head, network_of, rng):
    assert_moved_as_the_table_is(network_of(head=head), rng)  # mrc: the lower layer reads windows by themselves


def test_behind_queries_every_pair_of_query_and_window_is_moved_by_itself(network_of):
    network = network_of(head="mrc", joint_layers=0)
    batch, embeddings, step = batch_for(network), Embeddings(network, "x"), TrainingStep(network)
    masks = []

    def start(vectors, real):
        masks.append(real.numpy())
        return tf.zeros_like(vectors)

    found = embeddings.run(step.gradients, batch, start)
    (real,) = masks
    queries = NERModel.of(network).reading.token_ids
    text = REAL.sum(axis=1) - 1  # its own [CLS] is left out
    assert real.sum(axis=1).tolist() == [1 + len(query) + length for length in text for query in queries]
    slopes = found.slopes.numpy()
    assert slopes.shape[:2] == real.shape and not slopes[~real].any()
    assert (np.abs(slopes[real]).max(axis=-1) > 0).all()
    assert_close(dense(found.gradients), plain_gradients(network, batch))
    moved = embeddings.run(step.gradients, batch, scaled_to(found.slopes, 0.01))
    assert loss_of(network, batch, moved) > loss_of(network, batch, found)


def loss_of(network, batch, found):
    return float(network.compute_loss(batch.inputs, batch.targets, found.gradients.outputs, None))


def test_nothing_of_it_is_left_in_the_network(network_of):
    network = network_of()
    layer, embeddings = network.get_layer("Embedding-Token"), Embeddings(network, "x")
    step, batch = TrainingStep(network), batch_for(network)

    def fail(batch):
        assert "call" in vars(layer)
        raise KeyError

    with pytest.raises(KeyError):
        embeddings.run(fail, batch)
    assert "call" not in vars(layer)
    before = network.get_weights()
    embeddings.run(lambda batch: embeddings.run(step.gradients, batch).gradients, batch)  # one around the other
    assert "call" not in vars(layer)
    assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))


class Twice(Modifier):
    """The sum of two forward passes."""

    def around_loss(self, compute, batch):
        one, other = compute(batch), compute(batch)
        return Loss(one.value + other.value, one.outputs)


def test_several_forward_passes_of_one_gradient_are_at_the_same_vectors(network_of, rng):
    network = network_of()
    batch, embeddings, drawn = batch_for(network), Embeddings(network, "x"), []

    def draw(vectors, real):
        drawn.append(tf.constant(rng.normal(size=vectors.shape) * real.numpy()[:, :, None], "float32"))
        return drawn[-1]

    found = embeddings.run(TrainingStep(network, {"twice": Twice()}).gradients, batch, draw)
    assert len(drawn) == 1 and found.offsets is drawn[0]
    once = embeddings.run(TrainingStep(network).gradients, batch, drawn[0])
    assert_close({"": found.slopes.numpy()}, {"": 2 * once.slopes.numpy()})


def test_frozen_embeddings_are_moved_as_well(network_of):
    network = network_of()
    batch, embeddings = batch_for(network), Embeddings(network, "fgm")
    expected = embeddings.run(TrainingStep(network).gradients, batch).slopes
    network.get_layer("Embedding-Token").trainable = False
    found = embeddings.run(TrainingStep(network).gradients, batch)
    assert table_of(network).name not in [variable.name for _, variable in found.gradients.pairs]
    assert_close({"": found.slopes.numpy()}, {"": expected.numpy()})


def test_embeddings_that_no_gradient_reaches_or_that_are_not_there_are_refused(network_of):
    network = network_of()
    with pytest.raises(ConfigError, match="the modifier fgm needs the gradient of the embeddings; train them"):
        Embeddings(network, "fgm").run(lambda batch: Gradients([], network(batch.inputs)), batch_for(network))
    bare = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    bare.ner_model = NERModel.of(network)
    with pytest.raises(ConfigError, match="the modifier fgm needs the layer Embedding-Token, which this"):
        Embeddings(bare, "fgm")
    with pytest.raises(ConfigError, match=r"expected a network made by bert4ner\.build_model, got Sequential"):
        Embeddings(keras.Sequential(), "fgm")


class TestRows:
    def test_norms_are_exact_however_small_or_large(self, rng):
        rows = rng.normal(size=(4, 3, 5)) * np.array([1e-30, 1.0, 1e30, 0.0])[:, None, None]
        found = row_norms(tf.constant(rows, "float32")).numpy()
        np.testing.assert_allclose(found, norms(rows), rtol=1e-6)
        scaled = scaled_to(tf.constant(rows, "float32"), 0.5).numpy()
        np.testing.assert_allclose(norms(scaled).ravel(), [0.5, 0.5, 0.5, 0.0], rtol=1e-5)
        np.testing.assert_allclose(scaled[0], rows[0] / norms(rows)[0] * 0.5, rtol=1e-5)

    @pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
    def test_what_holds_no_number_becomes_nothing(self, wrong):
        rows = np.ones((2, 3, 2), "float32")
        rows[0, 1, 1] = wrong
        scaled = scaled_to(tf.constant(rows), 6.0).numpy()
        assert not scaled[0].any()
        np.testing.assert_allclose(scaled[1], np.sqrt(6), rtol=1e-6)

    def test_only_what_is_outside_the_ball_is_brought_back(self):
        rows = np.stack([np.full((2, 2), value, "float32") for value in (0.0, 0.1, 3.0)])  # norms 0, 0.2 and 6
        found = within(tf.constant(rows), 0.5).numpy()
        assert np.array_equal(found[:2], rows[:2])
        np.testing.assert_allclose(found[2], 0.25, rtol=1e-6)
        assert not within(tf.constant(rows), 0.0).numpy().any()


def test_the_mean_of_gradients_is_that_of_each_weight():
    table, bias, unused = tf.Variable(tf.zeros((4, 2))), tf.Variable([0.0]), tf.Variable([0.0])
    rows = [tf.IndexedSlices(tf.fill((len(at), 2), 4.0), tf.constant(at), tf.constant([4, 2])) for at in ([1, 1], [3])]
    passes = [
        Gradients([(each, table), (tf.constant([number]), bias), (None, unused)], number)
        for each, number in zip(rows, (1.0, 2.0), strict=True)
    ]
    found = mean_of(passes)
    assert found.outputs == 1.0
    (of_table, _), (of_bias, same), (nothing, _) = found.pairs
    assert np.array_equal(tf.convert_to_tensor(of_table), [[0, 0], [4, 4], [0, 0], [2, 2]])
    assert same is bias and of_bias.numpy() == [1.5] and nothing is None
    whole = mean_of([Gradients([(tf.ones((4, 2)), table)], None), Gradients([(rows[1], table)], None)])
    assert np.array_equal(whole.pairs[0][0], [[0.5, 0.5]] * 3 + [[2.5, 2.5]])
