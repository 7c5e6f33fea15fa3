"""Activations against PyTorch's functions, by the names that transformers gives them."""

import numpy as np
import pytest
import torch
from transformers.activations import ACT2FN

from bert4ner.backend.frameworks import keras
from bert4ner.networks.activations import ACTIVATIONS

VALUES = np.concatenate([np.linspace(-12, 12, 97), [0.0, -1e-3, 1e-3, 30.0, -30.0]]).astype("float32")
OWN = {"gelu_erf": "gelu", "gelu_tanh": "gelu_pytorch_tanh"}
"""bert4keras' names, and transformers'."""
NOT_READ = {"laplace", "hardswish", "prelu", "sqrtsoftplus", "xielu"}
"""Of no published encoder of text, or with weights of their own."""


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_is_what_transformers_has_under_its_name(name):
    found = keras.activations.get(ACTIVATIONS[name])(keras.backend.constant(VALUES)).numpy()
    expected = ACT2FN[OWN.get(name, name)](torch.tensor(VALUES)).numpy()
    np.testing.assert_allclose(found, expected, atol=2e-6, rtol=1e-5)


def test_each_of_transformers_is_known_or_left_out_on_purpose():
    assert {*ACT2FN} - NOT_READ == {*ACTIVATIONS} - {*OWN}
