"""The partition function and both directions of a linear-chain CRF against the enumeration of all paths."""

import math

import numpy as np
import pytest

from bert4ner.decode.lattice import Lattice, log_partition
from tests.decode.paths import random_scores, weights_of_paths


@pytest.mark.parametrize("forbidden", [0.0, 0.5, 0.8])
def test_the_partition_sums_over_all_paths(rng, forbidden):
    lengths = np.array([2, 5, 1, 0, 4])
    emissions = rng.normal(size=(5, 6, 4))
    for garbage in (0.0, 1e30, -np.inf, np.nan):
        scores = random_scores(rng, 4, forbidden)
        for row, length in enumerate(lengths):
            emissions[row, length:] = garbage
        found = log_partition(emissions, lengths, *scores)
        for value, emission, length in zip(found, emissions, lengths, strict=True):
            paths = weights_of_paths(emission[:length], *scores) if length else {(): 1.0}
            assert value == pytest.approx(math.log(sum(paths.values())), abs=1e-9)
        assert found.dtype == np.float64


@pytest.mark.parametrize("forbidden", [0.0, 0.5])
def test_forwards_and_backwards_agree_at_every_place(rng, forbidden):
    lengths = np.array([9, 3, 6])
    lattice = Lattice(rng.normal(size=(3, 9, 5)), lengths, *random_scores(rng, 5, forbidden))
    for row, length in enumerate(lengths):
        rows, steps = np.full(length, row), np.arange(length)
        through = np.exp(lattice.alpha(rows, steps) + lattice.beta(rows, steps) - lattice.log_partition[row])
        np.testing.assert_allclose(through.sum(axis=-1), 1.0)
        third = np.full(length, 2)
        np.testing.assert_array_equal(lattice.alpha(rows, steps, third), lattice.alpha(rows, steps)[:, 2])
        np.testing.assert_array_equal(lattice.beta(rows, steps, third), lattice.beta(rows, steps)[:, 2])


def test_a_path_that_hangs_on_a_tiny_score_is_not_lost():
    transitions = np.array([[0.0, -np.inf], [-np.inf, 0.0]])  # whoever starts with a tag keeps it
    emissions = np.array([[[0.0, -2000.0], [-9000.0, 0.0], [0.0, 0.0]]])
    assert log_partition(emissions, [3], transitions)[0] == pytest.approx(-2000.0)
    assert log_partition(emissions, [3], [[0.0, -1e4], [-1e4, 0.0]])[0] == pytest.approx(-2000.0)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"received \(2, 3\)"):
        Lattice(np.zeros((1, 3, 2)), [3], np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"with 2 tags, received \(1, 3, 4\)"):
        Lattice(np.zeros((1, 3, 4)), [3], np.zeros((2, 2)))
