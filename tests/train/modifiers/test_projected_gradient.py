"""PGD: its steps equal those computed by hand, and every one ends in the ball; padding is never moved."""

import numpy as np
import pytest

from bert4ner.errors import ConfigError
from bert4ner.train.modifiers.fast_gradient import FastGradient
from bert4ner.train.modifiers.projected_gradient import ProjectedGradient
from bert4ner.train.step import TrainingStep
from tests.train.moved_tables import REAL, assert_close, batch_for, dense, mean, norms, plain_gradients, slopes_of


@pytest.fixture
def offsets_of(monkeypatch):
    """All offsets that a modifier tries on a batch, in their order."""

    def noted(network, modifier, batch):
        step = TrainingStep(network, {"it": modifier})
        run, found = modifier.embeddings.run, []

        def note(compute, batch, offsets=None):
            found.append(run(compute, batch, offsets))
            return found[-1]

        monkeypatch.setattr(modifier.embeddings, "run", note)
        step.gradients(batch)
        return [each.offsets.numpy() for each in found if each.offsets is not None]

    return noted


def test_the_gradient_is_that_computed_by_hand(network_with):
    network = network_with()
    batch = batch_for(network)
    plain = last = plain_gradients(network, batch)
    offsets = 0.0
    for _ in range(3):
        slopes = slopes_of(network, last)
        offsets = offsets + 0.3 * slopes / norms(slopes)
        offsets = offsets * np.minimum(1, 0.5 / norms(offsets))
        last = plain_gradients(network, batch, offsets)
    step = TrainingStep(network, {"pgd": ProjectedGradient(steps=3, epsilon=0.5, alpha=0.3)})
    assert_close(dense(step.gradients(batch)), mean(plain, last), tolerance=1e-3)  # three times normalized


@pytest.mark.parametrize(("epsilon", "alpha"), [(0.5, 0.2), (0.5, 3.0), (1e-3, 1.0), (0.0, 1.0)])
def test_every_step_stays_in_the_ball_and_leaves_padding_alone(epsilon, alpha, network_with, offsets_of):
    network = network_with()
    found = offsets_of(network, ProjectedGradient(5, epsilon, alpha), batch_for(network))
    assert len(found) == 5
    for number, offsets in enumerate(found, 1):
        assert (norms(offsets) <= epsilon * (1 + 1e-5)).all()
        assert (norms(offsets) <= number * alpha * (1 + 1e-5)).all()
        assert not offsets[~REAL].any()
    assert np.allclose(norms(found[0]), min(alpha, epsilon), rtol=1e-5)
    assert epsilon == 0 or (found[0] != found[-1]).any()


def test_one_long_step_is_fgm(network_with):
    network = network_with()
    batch = batch_for(network)
    once = TrainingStep(network, {"pgd": ProjectedGradient(steps=1, epsilon=0.7, alpha=5)})
    fgm = TrainingStep(network, {"fgm": FastGradient(0.7)})
    assert_close(dense(once.gradients(batch)), dense(fgm.gradients(batch)), tolerance=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, r"steps of the modifier pgd must be a whole number, in \[1, 20\], got 0"),
        ({"steps": 21}, r"steps of the modifier pgd must be a whole number, in \[1, 20\], got 21"),
        ({"steps": True}, r"steps of the modifier pgd must be a whole number, in \[1, 20\], got True"),
        ({"steps": 2.5}, r"steps of the modifier pgd must be a whole number, in \[1, 20\], got 2.5"),
        ({"epsilon": -1}, "epsilon of the modifier pgd must be a number, at least 0, got -1"),
        ({"alpha": float("nan")}, "alpha of the modifier pgd must be a number, at least 0, got nan"),
    ],
)
def test_options_outside_their_ranges_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        ProjectedGradient(**options)
