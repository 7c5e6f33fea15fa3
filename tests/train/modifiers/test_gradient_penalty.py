"""The gradient penalty: its value by hand, its gradient by differences, with every head and beside an adversary."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.registry import HEADS
from bert4ner.train.modifiers.fast_gradient import FastGradient
from bert4ner.train.modifiers.gradient_penalty import GradientPenalty
from bert4ner.train.step import TrainingStep
from tests.train.moved_tables import IDS, batch_for, dense, norms, plain_gradients, slopes_of


def penalty_of(network, batch):
    """The mean over windows of the squared norm, from the gradient of the table."""
    slopes = len(IDS) * slopes_of(network, plain_gradients(network, batch))
    return np.square(norms(slopes)).mean()


def test_the_loss_is_that_computed_by_hand(network_with):
    network = network_with()
    batch = batch_for(network)
    plain = float(TrainingStep(network).loss(batch).value)
    found = float(TrainingStep(network, {"it": GradientPenalty(weight=0.6)}).loss(batch).value)
    np.testing.assert_allclose(found - plain, 0.3 * penalty_of(network, batch), rtol=1e-3)
    assert found > plain


@pytest.mark.parametrize("graph", [False, True])
def test_its_gradient_is_that_of_differences(graph, network_with):
    network = network_with()
    batch = batch_for(network)
    step = TrainingStep(network, {"it": GradientPenalty(weight=2)})

    def gradients(ids, targets):
        found = step.gradients(batch._replace(inputs=[ids, tf.zeros_like(ids)], targets=targets))
        return [tf.convert_to_tensor(gradient) for gradient, _ in found.pairs]

    found = (tf.function(gradients) if graph else gradients)(batch.inputs[0], batch.targets)
    plain = dense(TrainingStep(network).gradients(batch)).values()
    slopes = [one.numpy() - other for one, other in zip(found, plain, strict=True)]
    variables = network.trainable_variables
    size = np.sqrt(sum(np.square(slope).sum() for slope in slopes))
    way = [slope / size for slope in slopes]
    ends = []
    for side in (1, -1):
        for variable, part in zip(variables, way, strict=True):
            variable.assign_add(side * 1e-3 * part)
        ends.append(penalty_of(network, batch))
        for variable, part in zip(variables, way, strict=True):
            variable.assign_sub(side * 1e-3 * part)
    np.testing.assert_allclose((ends[0] - ends[1]) / 2e-3, size, rtol=0.02)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("head", HEADS.own())
def test_every_head_is_trained_with_it(head, precision, network_with):
    network = network_with(head=head, precision=precision, encoder_dropout=0.1)
    batch, before = batch_for(network), network.get_weights()
    step = TrainingStep(network, {"fgm": FastGradient(), "gradient_penalty": GradientPenalty(0.1)})
    assert np.isfinite(float(step(tuple(batch[:2]))["loss"]))
    after = network.get_weights()
    assert all(np.isfinite(value).all() for value in after)
    assert any((one != other).any() for one, other in zip(before, after, strict=True))


def test_a_weight_below_0_is_refused():
    with pytest.raises(ConfigError, match="the weight of the modifier gradient_penalty must be 0 or more, got -1"):
        GradientPenalty(-1)
