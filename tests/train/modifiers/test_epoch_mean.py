"""SWA: the mean of the weights that epochs end with, scored and saved in their place, taken up again bit by bit."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.crossval import train_model
from bert4ner.train.modifiers.epoch_mean import EpochMean
from tests.train.modifiers.resuming import assert_resumes, trained


@pytest.fixture
def network():
    network = keras.Sequential([keras.layers.Dense(2, input_shape=(3,))])
    network.compile("sgd", "mse")
    return network


def ended(network, mean, values):
    """Let epochs end with these values in the first weight."""
    for epoch, value in enumerate(values):
        network.weights[0].assign(tf.fill((3, 2), value))
        mean.end_epoch(epoch)


@pytest.mark.parametrize(("options", "chosen"), [((3, 1), [2, 3, 4, 5, 6]), ((2, 2), [1, 3, 5]), ((7, 3), [6])])
def test_it_is_the_mean_of_the_epochs_that_are_chosen(network, options, chosen):
    mean = EpochMean(*options)
    mean.build(network)
    values = [4.0, 2.0, -1.0, 8.0, 3.0, 5.0, 0.5]
    ended(network, mean, values)
    with mean.evaluation():
        expected = np.mean([values[epoch] for epoch in chosen])
        np.testing.assert_allclose(network.weights[0].numpy(), expected, rtol=1e-6)
    assert (network.weights[0].numpy() == 0.5).all()


def test_before_the_first_of_them_the_weights_themselves_are_scored(network):
    mean = EpochMean(first=3)
    mean.build(network)
    ended(network, mean, [4.0, 2.0])
    with mean.evaluation():
        assert (network.weights[0].numpy() == 2.0).all()


def test_the_weights_come_back_when_scoring_fails(network):
    mean = EpochMean(first=1)
    mean.build(network)
    ended(network, mean, [1.0, 2.0])
    with pytest.raises(KeyboardInterrupt), mean.evaluation():
        assert (network.weights[0].numpy() == 1.5).all()
        raise KeyboardInterrupt
    assert (network.weights[0].numpy() == 2.0).all()


class Raw(keras.callbacks.Callback):
    """Keeps the weights of the training at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.weights = []

    def on_epoch_end(self, epoch, logs=None):
        self.weights.append(NERModel.of(self.model).weights())


class TestTraining:
    @pytest.fixture
    def config(self, tiny_config):
        return lambda modifiers: tiny_config(head="softmax", batch_tokens=256, modifiers=modifiers, learning_rate=3e-3)

    def test_the_mean_of_the_raw_weights_is_saved_and_training_goes_on_with_them(self, documents, config, tmp_path):
        raw = Raw()
        history, state, saved = trained(documents, config("swa:first=2"), tmp_path / "mean", [raw])
        _, plain, _ = trained(documents, config(""), tmp_path / "plain")
        assert all(np.array_equal(value, state[name]) for name, value in plain.items())  # same path of weights
        assert int(state["modifier/swa/0"]) == 2
        best = max(history, key=lambda line: line["f1"])["epoch"]
        chosen = raw.weights[1:best] or raw.weights[:1]
        for name, value in load_file(saved).items():
            expected = np.mean([weights[name].astype("float64") for weights in chosen], axis=0)
            np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-7, err_msg=name)
        means = [value for name, value in state.items() if name.startswith("modifier/swa/")]
        last_two = np.mean([weights["head/0.kernel"] for weights in raw.weights[1:]], axis=0)
        assert any(value.shape == last_two.shape and np.allclose(value, last_two, rtol=1e-5) for value in means)
        assert not np.allclose(raw.weights[-1]["head/0.kernel"], last_two, rtol=1e-5)

    def test_a_killed_training_ends_as_if_it_had_not_been_killed(self, documents, config, tmp_path, without_times):
        state = assert_resumes(documents, config("swa:first=1"), tmp_path, without_times)
        assert int(state["modifier/swa/0"]) == 3


@pytest.mark.parametrize("option", ["first", "every"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, "some"])
def test_an_option_outside_its_range_is_refused(option, value):
    with pytest.raises(ConfigError, match=f"{option} of the modifier swa must be a whole number, at least 1, got"):
        EpochMean(**{option: value})


@pytest.mark.parametrize(
    ("modifiers", "message"),
    [
        (
            "swa:first=4",
            "the modifier swa begins with epoch first=4, but epochs=3; name an earlier one, such as swa:first=1",
        ),
        ("swa:first=1, ema", "modifiers: swa and ema are both an average of the weights; name one of them"),
        ("ema,freeze,swa:first=1", "modifiers: ema and swa are both an average of the weights"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(tiny_config, documents, tmp_path, modifiers, message):
    with pytest.raises(ConfigError) as error:
        train_model(documents, tiny_config(modifiers=modifiers, epochs=3), output=tmp_path / "run")
    assert message in str(error.value)
    assert not (tmp_path / "run").exists()
