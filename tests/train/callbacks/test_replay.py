"""Every epoch begins with randomness of its own, the same whenever it begins; modifiers receive its number."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.ner_model import NERModel
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.step import Modifier, TrainingStep

LABELS = ["DRUG", "PERSON", "SYMPTOM"]


@pytest.fixture(scope="module")
def model(tiny_config) -> NERModel:
    return NERModel.create(tiny_config(head="softmax", batch_tokens=64), LABELS)


class TestRandomness:
    def drawn(self, model, epoch, *, seed=42, calls=2):
        replayable = Replay(seed)
        replayable.set_model(model.network)
        replayable.on_epoch_begin(epoch)
        ids = tf.constant([[3, 50, 51, 52, 53, 4]], "int32")
        return [model.network([ids, tf.zeros_like(ids)], training=True).numpy() for _ in range(calls)]

    def test_an_epoch_draws_the_same_again_whatever_was_drawn_before(self, model):
        first = self.drawn(model, 3)
        self.drawn(model, 4, calls=3)
        for one, again in zip(first, self.drawn(model, 3), strict=True):
            assert np.array_equal(one, again)

    def test_steps_epochs_and_seeds_differ(self, model):
        one, two = self.drawn(model, 0)
        assert not np.array_equal(one, two)
        assert not np.array_equal(one, self.drawn(model, 1)[0])
        assert not np.array_equal(one, self.drawn(model, 0, seed=43)[0])

    def test_every_dropout_is_reached_and_no_two_draw_alike(self, model):
        def generators():
            found = [
                layer._random_generator._generator
                for layer in model.network._flatten_layers()
                if isinstance(layer, keras.layers.Dropout)
            ]
            return [tuple(generator.state.numpy()) for generator in found if generator is not None]

        self.drawn(model, 0, calls=0)
        states = generators()
        assert len(states) == len(set(states)) >= 4  # embedding, attention, feed-forward, head
        self.drawn(model, 0, calls=1)
        assert all(before != after for before, after in zip(states, generators(), strict=True))


def test_modifiers_are_reported_of_the_epoch(model):
    class Listening(Modifier):
        def __init__(self):
            self.epochs = []

        def begin_epoch(self, epoch):
            self.epochs.append(epoch)

    listening = Listening()
    model.network.train_step = TrainingStep(model.network, {"listening": listening})
    replay = Replay(42)
    replay.set_model(model.network)
    for epoch in (0, 5):
        replay.on_epoch_begin(epoch)
    assert listening.epochs == [0, 5]
