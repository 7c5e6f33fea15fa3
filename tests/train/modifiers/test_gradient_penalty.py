"""The gradient penalty: its value by hand, its gradient by differences, with every head and beside an adversary."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.modifiers.fast_gradient import FastGradient
from bert4ner.train.modifiers.gradient_penalty import GradientPenalty
from bert4ner.train.step import TrainingStep
from tests.train.modifiers.pairs import HEADS_AND_PRECISIONS
from tests.train.moved_tables import IDS, batch_for, norms, plain_gradients, relative_error, slopes_of


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


def by_differences(network, batch, length):
    """Of half the sum of |g|², its gradients: the change of the plain ones on the way of g through the embeddings."""
    slopes = slopes_of(network, plain_gradients(network, batch))
    size = np.sqrt(np.square(slopes).sum())
    ends = [plain_gradients(network, batch, side * length * slopes / size) for side in (1, -1)]
    return {name: (ends[0][name] - ends[1][name]) * (size / (2 * length)) for name in ends[0]}


@pytest.mark.parametrize(("head", "graph"), [*((head, False) for head in HEADS.own()), ("crf", True)])
def test_its_gradient_is_that_of_differences(head, graph, network_with):
    network = network_with(head=head)
    for variable in NERModel.of(network).head.trainable_variables:
        variable.assign(0.3 * variable)  # else the loss is very steep
    batch = batch_for(network)
    step = TrainingStep(network, {"it": GradientPenalty(weight=1.5)})

    def gradients(ids, targets):
        found = step.gradients(batch._replace(inputs=[ids, tf.zeros_like(ids)], targets=targets))
        return [tf.convert_to_tensor(gradient) for gradient, _ in found.pairs]

    found = (tf.function(gradients) if graph else gradients)(batch.inputs[0], batch.targets)
    plain = plain_gradients(network, batch)
    added = {name: one.numpy() - plain[name] for name, one in zip(plain, found, strict=True)}
    errors = []
    for length in (1e-3, 1e-4, 1e-5):  # too long, and there is a kink of an activation; too short, and digits are lost
        expected = by_differences(network, batch, length)
        errors.append(relative_error(added, {name: 1.5 * len(IDS) * value for name, value in expected.items()}))
    assert min(errors) < 0.02


@pytest.mark.parametrize(("head", "precision"), HEADS_AND_PRECISIONS)
def test_every_head_is_trained_with_it(head, precision, network_with):
    network = network_with(head=head, precision=precision, encoder_dropout=0.1)
    batch, before = batch_for(network), network.get_weights()
    step = TrainingStep(network, {"fgm": FastGradient(), "gradient_penalty": GradientPenalty(0.1)})
    assert np.isfinite(float(step(tuple(batch[:2]))["loss"]))
    after = network.get_weights()
    assert all(np.isfinite(value).all() for value in after)
    assert any((one != other).any() for one, other in zip(before, after, strict=True))


def test_a_weight_below_0_is_refused():
    with pytest.raises(ConfigError, match="weight of the modifier gradient_penalty must be a number, at least 0"):
        GradientPenalty(-1)
