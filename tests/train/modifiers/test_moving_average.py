"""The average of the weights: exact, scored and saved in their place, taken up again bit by bit after a kill."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.modifiers.moving_average import MovingAverage
from bert4ner.train.step import Batch, step_of
from tests.train.modifiers.resuming import LABELS, assert_resumes, trained


@pytest.fixture
def network():
    network = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    network.compile("sgd", "mse")
    return network


def moved(network, average, values):
    """Let the first weight take on some values in turn, as updates would have it do."""
    for value in values:
        network.weights[0].assign(tf.fill((3, 2), value))
        average.after_update()


def test_it_is_the_exponential_average_that_begins_with_the_first_update(network):
    average = MovingAverage(decay=0.3)
    average.build(network)
    values = [4.0, 2.0, -1.0, 8.0, 3.0, 5.0, 0.5]
    moved(network, average, values)
    expected = 0.0
    for done, value in enumerate(values):
        decay = min(0.3, done / (done + 9))
        expected = decay * expected + (1 - decay) * value
    with average.evaluation():
        np.testing.assert_allclose(network.weights[0].numpy(), expected, rtol=1e-6)
    assert (network.weights[0].numpy() == 0.5).all()


def test_the_weights_come_back_when_scoring_fails(network):
    average = MovingAverage()
    average.build(network)
    moved(network, average, [1.0, 2.0])
    with pytest.raises(KeyError), average.evaluation():
        assert (network.weights[0].numpy() != 2.0).all()
        raise KeyError
    assert (network.weights[0].numpy() == 2.0).all()


def test_before_the_first_update_there_is_nothing_to_average(network):
    average = MovingAverage()
    average.build(network)
    network.weights[0].assign(tf.fill((3, 2), 7.0))  # loaded after the network was compiled
    with average.evaluation():
        assert (network.weights[0].numpy() == 7.0).all()


@pytest.mark.parametrize("decay", [1, -0.1, 1.5, float("nan")])
def test_a_decay_outside_its_range_is_refused(decay):
    with pytest.raises(ConfigError, match=r"decay of the modifier ema must be a number, in \[0, 1\), got"):
        MovingAverage(decay)


def test_of_an_embedding_with_sparse_gradients_it_is_that_of_the_dense_formula_at_every_step(tiny_config, documents):
    model = NERModel.create(tiny_config(head="softmax", modifiers="ema:decay=0.4"), LABELS)
    compile_for_training(model.network, 20)
    step, batches = step_of(model.network), TrainingBatches(documents, model)
    table = model.network.get_layer("Embedding-Token").embeddings
    expected = 0.0
    for done in range(8):
        data = tf.nest.map_structure(tf.constant, batches.batch(np.arange(2 * done, 2 * done + 2)))
        sparse = [isinstance(gradient, tf.IndexedSlices) for gradient, _ in step.gradients(Batch(*data)).pairs]
        assert any(sparse)
        step(data)
        decay = min(0.4, done / (done + 9))
        expected = decay * expected + (1 - decay) * table.numpy().astype("float64")
        with step.modifiers["ema"].evaluation():
            np.testing.assert_allclose(table.numpy(), expected, rtol=1e-5, atol=1e-6)


class TestTraining:
    @pytest.fixture
    def config(self, tiny_config):
        return lambda modifiers="ema:decay=0.5", epochs=3: tiny_config(
            head="softmax", batch_tokens=256, modifiers=modifiers, epochs=epochs
        )

    def test_a_killed_training_ends_as_if_it_had_not_been_killed(self, documents, config, tmp_path, without_times):
        state = assert_resumes(documents, config(), tmp_path, without_times)
        assert int(state["modifier/ema/0"]) == int(state["optimizer/0"]) > 3  # updates

    def test_the_average_is_saved_and_training_goes_on_with_the_weights_themselves(self, documents, config, tmp_path):
        _, state, weights = trained(documents, config(epochs=1), tmp_path / "average")
        _, plain_state, plain_weights = trained(documents, config("", epochs=1), tmp_path / "plain")
        assert all(np.array_equal(value, state[name]) for name, value in plain_state.items())  # same path of weights
        saved, raw = load_file(weights), load_file(plain_weights)
        kernel = "head/0.kernel"
        assert not np.array_equal(saved[kernel], raw[kernel])
        averages = [value for name, value in state.items() if name.startswith("modifier/ema/")]
        assert any(np.array_equal(saved[kernel], value) for value in averages)
