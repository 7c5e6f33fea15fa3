"""Virtual adversarial training: loss and gradient equal those by moved rows of the table; it works with every head."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.errors import ConfigError
from bert4ner.models.heads.base import Head
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.crossval import train_model
from bert4ner.train.modifiers.virtual_adversarial import VirtualAdversarial
from bert4ner.train.step import TrainingStep
from tests.train.moved_tables import IDS, REAL, assert_close, batch_for, dense, norms, slopes_of, table_of


def apart_at(network, batch, offsets):
    """The mean divergence of outputs at the table's rows from those at moved ones, and its gradients there."""
    table, head = table_of(network), NERModel.of(network).head
    before, fixed = table.numpy(), network(batch.inputs, training=True)
    moved = before.copy()
    moved[IDS[REAL]] += offsets[REAL]
    table.assign(moved)
    with tf.GradientTape() as tape:
        apart = tf.reduce_mean(head.divergence(batch.targets, fixed, network(batch.inputs, training=True)))
    variables = network.trainable_variables
    found = tape.gradient(apart, variables, unconnected_gradients="zero")
    table.assign(before)
    return float(apart), {
        (number, each.name): tf.convert_to_tensor(gradient).numpy()
        for number, (gradient, each) in enumerate(zip(found, variables, strict=True))
    }


def by_hand(network, batch, seed, epsilon, xi):
    start = tf.random.stateless_normal((*IDS.shape, 16), [seed, 1]).numpy() * REAL[:, :, None]
    _, gradients = apart_at(network, batch, xi * start / norms(start))
    slopes = slopes_of(network, gradients)
    return apart_at(network, batch, epsilon * slopes / norms(slopes))


@pytest.mark.parametrize("weights", [None, [3.0, 0.5], [1.0, 0.0], [0.0, 0.0]])
def test_loss_and_gradient_are_those_computed_by_hand_whatever_labels_weigh(weights, network_with):
    network = network_with(seed=5)
    batch = batch_for(network)._replace(weights=None if weights is None else tf.constant(weights))
    apart, gradients = by_hand(network, batch, 5, epsilon=0.5, xi=0.2)
    options = {"weight": 2, "epsilon": 0.5, "xi": 0.2}
    plain, loss = TrainingStep(network), TrainingStep(network, {"vat": VirtualAdversarial(**options)}).loss(batch)
    assert apart > 0.01
    np.testing.assert_allclose(float(loss.value - plain.loss(batch).value), 2 * apart, rtol=1e-3)
    assert np.array_equal(loss.outputs, network(batch.inputs, training=True))
    expected = {name: value + 2 * gradients[name] for name, value in dense(plain.gradients(batch)).items()}
    found = TrainingStep(network, {"vat": VirtualAdversarial(**options)}).gradients(batch)
    assert_close(dense(found), expected, tolerance=1e-3)


def test_every_batch_has_a_random_start_of_its_own_that_is_counted(network_with):
    network, modifier = network_with(), VirtualAdversarial(xi=0.2)
    batch, step, starts = batch_for(network), TrainingStep(network, {"vat": modifier}), []
    for _ in range(2):
        step.loss(batch)
        starts.append(modifier._start(tf.zeros((*IDS.shape, 16)), tf.constant(REAL)).numpy())
    assert (starts[0] != starts[1])[REAL].all() and not starts[0][~REAL].any()
    np.testing.assert_allclose(norms(starts[0]).ravel(), 0.2, rtol=1e-5)
    assert [int(each) for each in modifier.variables()] == [2]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("head", HEADS.own())
def test_every_head_is_trained_with_it(head, precision, network_with):
    network = network_with(head=head, precision=precision, encoder_dropout=0.1)
    batch, before = batch_for(network), network.get_weights()
    plain = float(TrainingStep(network).loss(batch).value)
    step = TrainingStep(network, {"vat": VirtualAdversarial(weight=100.0)})
    assert float(step.loss(batch).value) > plain
    assert np.isfinite(float(step(tuple(batch[:2]))["loss"]))
    after = network.get_weights()
    assert all(np.isfinite(value).all() for value in after)
    assert any((one != other).any() for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weight": -1}, "weight of the modifier vat must be a number, at least 0, got -1"),
        ({"epsilon": float("inf")}, "epsilon of the modifier vat must be a number, at least 0, got inf"),
        ({"xi": 0}, "xi of the modifier vat must be a number, above 0, got 0"),
    ],
)
def test_options_outside_their_ranges_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        VirtualAdversarial(**options)


def test_a_head_that_does_not_say_how_far_outputs_are_apart_is_refused(tiny_config, documents, tmp_path, monkeypatch):
    silent = type("Silent", (HEADS.get("softmax"),), {"divergence": Head.divergence})
    monkeypatch.setitem(HEADS._loaded, "silent", silent)
    with pytest.raises(ConfigError, match="the modifier vat does not work with the head 'silent', which has no"):
        train_model(documents, tiny_config(head="silent", modifiers="vat"), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()
