"""The order in which a network calls a shared layer is that in which it really does."""

import numpy as np

from bert4ner.backend.calls import sources_of_calls
from bert4ner.backend.frameworks import keras, tf


class Noting(keras.layers.Layer):
    """Remembers what it was called on."""

    def call(self, inputs):
        self.seen = [*getattr(self, "seen", ()), inputs]
        return inputs


class Halves(keras.layers.Layer):
    """Two outputs."""

    def call(self, inputs):
        return inputs / 2, inputs / 4


def test_calls_are_in_the_order_of_a_forward_pass():
    one, other = keras.Input((2,), name="one"), keras.Input((2,), name="other")
    shared = Noting(name="shared")
    shared(keras.Input((2,), name="elsewhere"))  # a call of no network
    early = shared(one)
    halves = Halves(name="halves")(keras.layers.Dense(2, name="deep")(early))
    network = keras.Model([one, other], [shared(halves[1]), shared(other) + shared(halves[0])])
    values = {"one": 8.0, "other": 5.0}
    network.get_layer("deep").set_weights([np.eye(2), np.zeros(2)])
    shared.seen = []
    network([tf.fill((1, 2), value) for value in values.values()])
    read = {8.0: ("one", 0), 5.0: ("other", 0), 4.0: ("halves", 0), 2.0: ("halves", 1)}
    assert sources_of_calls(network, shared) == [read[float(each[0, 0])] for each in shared.seen]
    assert len(shared.seen) == 4
