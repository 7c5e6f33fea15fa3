"""A training that is broken off in the middle of its second epoch, and taken up again."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert4ner.backend.frameworks import keras
from bert4ner.train.fit import fit

LABELS = ["DRUG", "PERSON", "SYMPTOM"]


class Stopped(Exception):
    """What a test raises in the middle of a training."""


class Stop(keras.callbacks.Callback):
    """Breaks a training off after the first batch of its second epoch."""

    epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 1 and batch == 1:
            raise Stopped


def trained(documents, config, folder, callbacks=()):
    """Trains on the first 18 documents; returns the history, the state and the file of the best weights."""
    history = fit(documents[:18], documents[18:], config, labels=LABELS, folder=folder, callbacks=callbacks)
    return history, load_file(folder / "state/training.safetensors"), folder / "model/weights.safetensors"


def assert_resumes(documents, config, folder, without_times):
    """A training of `config` that is killed ends as if it had not been; returns its state."""
    history, state, weights = trained(documents, config, folder / "whole")
    with pytest.raises(Stopped):
        trained(documents, config, folder / "killed", [Stop()])
    again, same, resumed = trained(documents, config, folder / "killed")
    assert without_times(again) == without_times(history)
    assert same.keys() == state.keys()
    assert all(np.array_equal(value, same[name]) for name, value in state.items())
    assert resumed.read_bytes() == weights.read_bytes()
    return state
