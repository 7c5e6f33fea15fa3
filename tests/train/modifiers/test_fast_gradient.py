"""FGM: its step equals one computed by hand, weights come back, and it works with every head and arithmetic."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.backend.optimizer import loss_scaling_state
from bert4ner.errors import ConfigError
from bert4ner.registry import MODIFIERS
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.modifiers.fast_gradient import FastGradient
from bert4ner.train.step import TrainingStep
from tests.train.modifiers.pairs import HEADS_AND_PRECISIONS
from tests.train.moved_tables import assert_close, batch_for, dense, mean, norms, plain_gradients, slopes_of


@pytest.mark.parametrize("epsilon", [0.3, 2])
def test_the_gradient_is_that_computed_by_hand(epsilon, network_with):
    network = network_with()
    batch = batch_for(network)
    plain = plain_gradients(network, batch)
    slopes = slopes_of(network, plain)
    moved = plain_gradients(network, batch, epsilon * slopes / norms(slopes))
    step = TrainingStep(network, {"fgm": FastGradient(epsilon)})
    found = dense(step.gradients(batch))
    assert_close(found, mean(plain, moved))
    assert max(np.abs(found[name] - plain[name]).max() for name in plain) > 0.01


def test_in_a_graph_it_is_the_same_and_weights_stay_to_the_last_bit(network_with):
    network = network_with()
    batch = batch_for(network)
    step, before = TrainingStep(network, {"fgm": FastGradient()}), network.get_weights()
    eager = dense(step.gradients(batch))

    @tf.function(input_signature=[tf.TensorSpec((None, None), "int32")] * 2)
    def compiled(ids, targets):
        gradients = step.gradients(batch._replace(inputs=[ids, tf.zeros_like(ids)], targets=targets))
        return [tf.convert_to_tensor(gradient) for gradient, _ in gradients.pairs]

    found = compiled(batch.inputs[0], batch.targets)
    assert_close(dict(zip(eager, (each.numpy() for each in found), strict=True)), eager)
    assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))
    assert not [each for each in compiled.get_concrete_function().graph.get_operations() if "PyFunc" in each.type]


def test_without_a_norm_it_is_the_plain_step(network_with):
    network = network_with()
    batch = batch_for(network)
    found = dense(TrainingStep(network, {"fgm": FastGradient(0)}).gradients(batch))
    assert_close(found, plain_gradients(network, batch), tolerance=1e-6)


@pytest.mark.parametrize(("head", "precision"), HEADS_AND_PRECISIONS)
def test_every_head_is_trained_by_every_adversary(head, precision, network_with):
    network = network_with(head=head, precision=precision)
    batch, step = batch_for(network), TrainingStep(network)
    plain = dense(step.gradients(batch))
    for name in ("fgm", "pgd", "freelb"):
        found = dense(TrainingStep(network, {name: MODIFIERS.get(name)()}).gradients(batch))
        assert all(np.isfinite(value).all() for value in found.values())
        assert max(np.abs(found[each] - plain[each]).max() for each in plain) > 1e-3
    before = network.get_weights()
    message = TrainingStep(network, {"fgm": FastGradient()})(tuple(batch[:2]))
    assert np.isfinite(float(message["loss"]))
    assert any((one != other).any() for one, other in zip(before, network.get_weights(), strict=True))


def test_a_scale_of_the_loss_that_is_too_large_for_float16_does_no_harm(network_with):
    network = network_with(precision="float16")
    compile_for_training(network, total_steps=100)
    batch, step = batch_for(network), TrainingStep(network, {"fgm": FastGradient()})
    (scale, _), before = loss_scaling_state(network.optimizer), network.get_weights()
    scale.assign(2.0**40)
    losses = [float(step(tuple(batch[:2]))["loss"]) for _ in range(2)]
    assert np.isfinite(losses).all()
    assert float(scale) == 2.0**38  # no update with such gradients
    assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))


@pytest.mark.parametrize("epsilon", [-0.1, float("nan"), float("inf")])
def test_an_epsilon_that_is_no_size_is_refused(epsilon):
    with pytest.raises(ConfigError, match="epsilon of the modifier fgm must be a number, at least 0, got"):
        FastGradient(epsilon)
