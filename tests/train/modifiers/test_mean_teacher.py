"""The mean teacher: its weights are those of `ema`, its outputs are learned from; it resumes bit by bit."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.heads.base import Head
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.modifiers.fast_gradient import FastGradient
from bert4ner.train.modifiers.mean_teacher import MeanTeacher
from bert4ner.train.modifiers.moving_average import MovingAverage
from bert4ner.train.modifiers.r_drop import RDrop
from bert4ner.train.step import Gradients, TrainingStep
from tests.train.modifiers.resuming import assert_resumes
from tests.train.moved_tables import batch_for, dense, relative_error


def moved(network, modifier, rng):
    """A step with the modifier, whose student has gone some way from the teacher."""
    step = TrainingStep(network, {"mean_teacher": modifier})
    modifier.after_update()
    for weight in network.trainable_variables:
        weight.assign_add(rng.normal(scale=0.1, size=weight.shape))
    return step


def by_hand(network, batch, teacher_weights):
    """The mean divergence from the outputs of the network with other weights, and its gradients."""
    head, own = NERModel.of(network).head, network.get_weights()
    network.set_weights(teacher_weights)
    taught = network(batch.inputs, training=False)
    network.set_weights(own)
    with tf.GradientTape() as tape:
        given = network(batch.inputs, training=True)
        apart = tf.reduce_mean(head.divergence(batch.targets, given, taught))
    variables = network.trainable_variables
    found = tape.gradient(apart, variables, unconnected_gradients="zero")
    return float(apart), [tf.convert_to_tensor(gradient).numpy() for gradient in found]


def test_loss_and_gradient_are_those_computed_by_hand(small_network, rng):
    network = small_network()
    first = network.get_weights()
    step = moved(network, MeanTeacher(weight=2.0, ramp=0), rng)
    batch = batch_for(network)._replace(weights=tf.constant([1.0, 0.0]))  # labels have no part in it
    apart, gradients = by_hand(network, batch, first)
    assert apart > 0.001
    plain = TrainingStep(network)
    np.testing.assert_allclose(float(step.loss(batch).value - plain.loss(batch).value), 2 * apart, rtol=1e-4)
    pairs = zip(dense(plain.gradients(batch)).items(), gradients, strict=True)
    expected = {name: value + 2 * more for (name, value), more in pairs}
    assert relative_error(dense(step.gradients(batch)), expected) < 1e-4
    in_graph = tf.function(lambda batch: [gradient for gradient, _ in step.gradients(batch).pairs])(batch)
    pairs = list(zip(in_graph, network.trainable_variables, strict=True))
    assert relative_error(dense(Gradients(pairs, None)), expected) < 1e-4


def test_the_teacher_drops_nothing_and_is_not_moved_by_an_adversary(small_network, rng):
    network = small_network(encoder_dropout=0.3)
    teacher = MeanTeacher(ramp=0)
    moved(network, teacher, rng)
    batch, seen = batch_for(network), []
    own = teacher.teacher.call
    teacher.teacher.call = lambda *args, **kwargs: seen.append(own(*args, **kwargs)) or seen[-1]
    TrainingStep.gradients(_with(network, {"fgm": FastGradient(epsilon=5.0), "mean_teacher": teacher}), batch)
    assert len(seen) == 2 and np.array_equal(*seen)


def _with(network, modifiers):
    """A step of modifiers that are built already."""
    step = TrainingStep(network)
    step.modifiers = modifiers
    for name, modifier in modifiers.items():
        if name != "mean_teacher":
            modifier.build(network)
    return step


def test_its_weights_are_those_of_ema_scored_and_remembered(small_network, rng):
    network = small_network()
    averages = {"ema": MovingAverage(decay=0.3), "mean_teacher": MeanTeacher(decay=0.3)}
    for each in averages.values():
        each.build(network)
    for _ in range(5):
        for weight in network.trainable_variables:
            weight.assign_add(rng.normal(size=weight.shape))
        for each in averages.values():
            each.after_update()
    one, other = (each.variables() for each in averages.values())
    assert len(one) == 1 + len(network.trainable_variables)
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    batch, own = batch_for(network), network.get_weights()
    teacher = averages["mean_teacher"]
    with teacher.evaluation():
        scored = network(batch.inputs, training=False)
        assert not np.array_equal(network.get_weights()[0], own[0])
    assert np.array_equal(scored, teacher.teacher(batch.inputs, training=False))
    assert all(np.array_equal(a, b) for a, b in zip(network.get_weights(), own, strict=True))


def test_its_part_rises_over_the_first_epochs(small_network):
    modifier = MeanTeacher(ramp=4)
    modifier.build(small_network())
    shares = [float(modifier.share)]
    for epoch in range(6):
        modifier.begin_epoch(epoch)
        shares.append(float(modifier.share))
    np.testing.assert_allclose(shares[0], shares[1])
    np.testing.assert_allclose(shares[1:], np.exp(-5 * (1 - np.minimum(np.arange(6) / 4, 1)) ** 2), rtol=1e-5)


def test_with_weight_0_the_gradient_is_the_plain_one_to_the_last_bit(small_network, rng):
    network = small_network()
    step, batch = moved(network, MeanTeacher(weight=0, ramp=0), rng), batch_for(network)
    expected, found = dense(TrainingStep(network).gradients(batch)), dense(step.gradients(batch))
    assert all(np.array_equal(found[name], value) for name, value in expected.items())
    both = TrainingStep(network, {"r_drop": RDrop(), "mean_teacher": MeanTeacher(ramp=0)})
    np.testing.assert_allclose(both.loss(batch).value, TrainingStep(network).loss(batch).value, rtol=1e-5)


def test_a_killed_training_ends_as_if_it_had_not_been_killed(documents, tiny_config, tmp_path, without_times, eagerly):
    modifiers = "mean_teacher:decay=0.5:ramp=1"
    config = tiny_config(head="softmax", batch_tokens=256, epochs=2, modifiers=modifiers)
    state = assert_resumes(documents, config, tmp_path, without_times)
    assert int(state["modifier/mean_teacher/0"]) == int(state["optimizer/0"]) > 3  # updates


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": -1}, "weight of the modifier mean_teacher must be a number, at least 0, got -1"),
        ({"decay": 1}, r"decay of the modifier mean_teacher must be a number, in \[0, 1\), got 1"),
        ({"ramp": 0.5}, "ramp of the modifier mean_teacher must be a whole number, at least 0, got 0.5"),
    ],
)
def test_options_outside_their_ranges_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        MeanTeacher(**options)


def test_a_head_that_does_not_say_how_far_outputs_are_apart_is_refused(tiny_config, monkeypatch):
    silent = type("Silent", (HEADS.get("softmax"),), {"divergence": Head.divergence})
    monkeypatch.setitem(HEADS._loaded, "silent", silent)
    with pytest.raises(
        ConfigError, match="the modifier mean_teacher does not work with the head 'silent', which has no"
    ):
        MeanTeacher().check(tiny_config(head="silent"), None)
