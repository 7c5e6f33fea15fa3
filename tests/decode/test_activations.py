"""Probabilities from logits, against the formulas where these do not overflow."""

import numpy as np
import pytest

from bert4ner.decode.activations import log_softmax, logistic


def test_logistic_is_the_formula_and_never_overflows(rng):
    logits = rng.normal(scale=5, size=(3, 4)).astype("float32")
    found = logistic(logits)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits.astype(float))), rtol=1e-12)
    with np.errstate(over="raise"):
        assert logistic([-1e30, 0.0, 1e30]).tolist() == [0.0, 0.5, 1.0]
    assert float(logistic(2.0)) == pytest.approx(1 / (1 + np.exp(-2)))


def test_log_softmax_sums_to_one_for_any_size(rng):
    logits = rng.normal(size=(2, 3, 5))
    powers = np.exp(logits)
    np.testing.assert_allclose(log_softmax(logits), np.log(powers / powers.sum(axis=-1, keepdims=True)), rtol=1e-10)
    with np.errstate(over="raise"):
        np.testing.assert_allclose(np.exp(log_softmax(logits * 1e3)).sum(axis=-1), 1)
