"""FreeLB: without a radius it is the mean of plain steps, its steps equal those computed by hand, and it resumes."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.backend.randomness import random_generators
from bert4ner.errors import ConfigError
from bert4ner.train.modifiers.free_large_batch import FreeLargeBatch
from bert4ner.train.step import TrainingStep
from tests.train.modifiers.resuming import assert_resumes
from tests.train.moved_tables import IDS, REAL, assert_close, batch_for, dense, mean, norms, plain_gradients, slopes_of


def reset(network):
    for number, generator in enumerate(random_generators(network)):
        generator.reset_from_seed(number)


def test_without_a_radius_it_is_the_mean_of_plain_steps(network_with):
    network = network_with(head_dropout=0.3, encoder_dropout=0.3)
    batch, step = batch_for(network), TrainingStep(network)
    step.gradients(batch)  # makes the generators of dropout
    reset(network)
    plain = [dense(step.gradients(batch)) for _ in range(3)]
    assert any((plain[0][name] != plain[1][name]).any() for name in plain[0])
    reset(network)
    found = dense(TrainingStep(network, {"freelb": FreeLargeBatch(steps=3, epsilon=0)}).gradients(batch))
    assert_close(found, mean(*plain), tolerance=2e-6)


def test_the_gradient_is_that_computed_by_hand(network_with):
    network = network_with()
    batch = batch_for(network)
    modifier = FreeLargeBatch(steps=3, epsilon=0.5, alpha=0.3, init=0.2)
    step = TrainingStep(network, {"freelb": modifier})
    found = dense(step.gradients(batch))
    offsets = modifier._start(tf.zeros((*IDS.shape, 16)), tf.constant(REAL)).numpy()  # of the same draw
    passes = []
    for _ in range(3):
        passes.append(plain_gradients(network, batch, offsets))
        slopes = slopes_of(network, passes[-1])
        offsets = offsets + 0.3 * slopes / norms(slopes)
        offsets = offsets * np.minimum(1, 0.5 / norms(offsets))
    assert_close(found, mean(*passes), tolerance=1e-3)


def test_it_starts_anew_at_every_batch_within_its_bounds(network_with):
    network = network_with()
    batch, starts = batch_for(network), []
    modifier = FreeLargeBatch(steps=1, init=0.2)
    step = TrainingStep(network, {"freelb": modifier})
    for _ in range(2):
        step.gradients(batch)
        starts.append(modifier._start(tf.zeros((*IDS.shape, 16)), tf.constant(REAL)).numpy())
    assert (starts[0] != starts[1])[REAL].all()
    for start in starts:
        assert not start[~REAL].any()
        tokens = REAL.sum(axis=1)[:, None, None]
        assert (np.abs(start) <= 0.2 / np.sqrt(16 * tokens) * (1 + 1e-6)).all()
        assert (norms(start) > 0.05).all() and (norms(start) <= 0.2).all()
    assert [int(each) for each in modifier.variables()] == [2]
    again = FreeLargeBatch(steps=1, init=0.2)
    TrainingStep(network, {"freelb": again}).gradients(batch)
    assert np.array_equal(again._start(tf.zeros((*IDS.shape, 16)), tf.constant(REAL)), starts[0])


def test_the_start_is_in_the_ball_as_well(network_with):
    modifier = FreeLargeBatch(epsilon=0.01, init=5)
    TrainingStep(network_with(), {"freelb": modifier})
    start = modifier._start(tf.zeros((*IDS.shape, 16)), tf.constant(REAL))
    np.testing.assert_allclose(norms(start).ravel(), 0.01, rtol=1e-5)


@pytest.mark.parametrize("modifiers", ["fgm", "pgd:steps=2", "freelb:steps=2,ema:decay=0.5", "vat,gradient_penalty"])
def test_a_killed_training_ends_as_if_it_had_not_been_killed(
    modifiers, documents, tiny_config, tmp_path, without_times
):
    config = tiny_config(head="softmax", batch_tokens=256, modifiers=modifiers, epochs=2)
    state = assert_resumes(documents, config, tmp_path, without_times)
    for name in ("freelb", "vat"):
        assert name not in modifiers or int(state[f"modifier/{name}/0"]) == int(state["optimizer/0"]) > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, r"steps of the modifier freelb must be a whole number, in \[1, 20\], got 0"),
        ({"epsilon": -1}, "epsilon of the modifier freelb must be a number, at least 0, got -1"),
        ({"alpha": float("inf")}, "alpha of the modifier freelb must be a number, at least 0, got inf"),
        ({"init": -0.5}, "init of the modifier freelb must be a number, at least 0, got -0.5"),
    ],
)
def test_options_outside_their_ranges_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        FreeLargeBatch(**options)
