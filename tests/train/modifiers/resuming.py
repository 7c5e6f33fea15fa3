"""A training that is broken off in the middle of its second epoch, and taken up again."""

import shutil

import numpy as np
from safetensors.numpy import load_file

from bert4ner.backend.frameworks import keras
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit

LABELS = ["DRUG", "PERSON", "SYMPTOM"]


class Copy(keras.callbacks.Callback):
    """Copies the folder after the first batch of the second epoch: what a process leaves that is killed there.

    That costs no training of its own.
    """

    epoch = 0

    def __init__(self, folder, to):
        super().__init__()
        self.folder, self.to = folder, to

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.epoch == 1 and batch == 1:
            shutil.copytree(self.folder, self.to)


def trained(documents, config, folder, callbacks=()):
    """Trains on the first 18 documents; returns the history, the state and the file of the best weights."""
    history = fit(Fold(documents[:18], documents[18:], LABELS), config, folder=folder, callbacks=callbacks)
    return history, load_file(folder / "state/training.safetensors"), folder / "model/weights.safetensors"


def assert_resumes(documents, config, folder, without_times):
    """A training of `config` that is killed ends as if it had not been; returns its state."""
    copy = Copy(folder / "whole", folder / "killed")
    history, state, weights = trained(documents, config, folder / "whole", [copy])
    assert len((folder / "killed/history.jsonl").read_text(encoding="utf-8").splitlines()) == 1 < len(history)
    again, same, resumed = trained(documents, config, folder / "killed")
    assert without_times(again) == without_times(history)
    assert same.keys() == state.keys()
    assert all(np.array_equal(value, same[name]) for name, value in state.items())
    assert resumed.read_bytes() == weights.read_bytes()
    return state
