"""Weights by name: all are assigned or none."""

import numpy as np
import pytest

from bert4ner.errors import CheckpointError


def test_weights_that_do_not_fit_change_nothing(tiny_model):
    before = tiny_model.weights()
    with pytest.raises(CheckpointError, match="here: does not fit"):
        tiny_model.set_weights({name: value + 1 for name, value in list(before.items())[:-1]}, where="here")
    for name, value in tiny_model.weights().items():
        assert np.array_equal(value, before[name])
