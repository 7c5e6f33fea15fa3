"""A regularized head: several draws of its dropout, against passes made by hand; penalties, against sums by hand."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.step import Batch, TrainingStep, step_of
from tests.train.modifiers.resuming import LABELS, assert_resumes

SPARED = {"bias", "prior", "priors", "sizes", "transitions", "starts", "ends"}
"""What a head's weights are called of which no penalty is asked."""


@pytest.fixture
def compiled(tiny_config, documents):
    """A model as its configuration is trained, no dropout below its head, and a batch of windows of several lengths."""

    def compiled(head, **options):
        config = tiny_config(head=head, head_size=8, encoder_dropout=0.0, **options)
        model = NERModel.create(config, LABELS)
        compile_for_training(model.network, 10)
        inputs, targets = TrainingBatches(documents, model).batch(np.arange(4))
        assert (np.asarray(inputs[0]) == 0).any()
        return model, Batch([tf.constant(part) for part in inputs], tf.constant(targets))

    return compiled


class Known(keras.layers.Layer):
    """Multiplies by another number in each call, in place of a dropout."""

    factors = (0.5, 1.0, 2.0)

    def __init__(self):
        super().__init__(dtype="float32")
        self.calls = 0

    def call(self, inputs, training=None):
        self.calls += 1
        return inputs * self.factors[self.calls - 1]


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", HEADS.own())
def test_the_loss_is_the_mean_over_draws_of_dropout(compiled, name, precision):
    model, batch = compiled(name, dropout_samples=3, head_dropout=0.5, precision=precision)
    model.head.dropout_layer = known = Known()
    found = step_of(model.network).loss(batch)
    assert known.calls == 3
    one = TrainingStep(model.network)
    expected, first = [], None
    for factor in Known.factors:
        known.calls, known.factors = 0, (factor,)
        loss = one.loss(batch)
        expected.append(float(loss.value))
        first = loss.outputs if first is None else first
    assert len(set(expected)) == 3
    assert float(found.value) == pytest.approx(np.mean(expected), rel=1e-6)
    np.testing.assert_array_equal(found.outputs, first)


def test_draws_of_dropout_differ_and_teach_the_encoder(compiled):
    model, batch = compiled("softmax", dropout_samples=2, head_dropout=0.5)
    seen = []
    loss = type(model.head).loss

    def noted(self, targets, outputs):
        seen.append(outputs.numpy())
        return loss(self, targets, outputs)

    model.network.compile(optimizer=model.network.optimizer, loss=lambda *given: noted(model.head, *given))
    pairs = step_of(model.network).gradients(batch).pairs
    assert len(seen) == 2 and not np.array_equal(*seen)
    assert all(np.any(tf.convert_to_tensor(gradient)) for gradient, variable in pairs if "kernel" in variable.name)


@pytest.mark.parametrize("modifiers", ["fgm", "r_drop", "freelb:steps=2"])
def test_modifiers_are_around_all_draws(compiled, modifiers):
    """Where nothing is dropped, they see what they see of one."""
    losses, gradients = [], []
    for samples in (1, 2):
        model, batch = compiled("w2ner", dropout_samples=samples, head_dropout=0.5, modifiers=modifiers)
        model.head.dropout_layer = keras.layers.Activation("linear")
        step = step_of(model.network)
        losses.append(float(step.loss(batch).value))
        gradients.append([tf.convert_to_tensor(gradient).numpy() for gradient, _ in step.gradients(batch).pairs])
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    for one, two in zip(*gradients, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-5 * np.abs(one).max() + 1e-8)


@pytest.mark.parametrize("name", HEADS.own())
def test_kernels_of_the_head_and_nothing_else_are_penalized(compiled, name):
    l1, l2 = 0.01, 0.02
    model, batch = compiled(name, head_l1=l1, head_l2=l2, head_dropout=0.0)
    steps = TrainingStep(model.network), step_of(model.network)
    values = [float(step.loss(batch).value) for step in steps]
    gradients = [{variable.name: gradient for gradient, variable in step.gradients(batch).pairs} for step in steps]
    added = 0.0
    for variable in model.network.trainable_variables:
        plain, penalized = (tf.convert_to_tensor(found[variable.name]).numpy() for found in gradients)
        weights, kind = variable.numpy(), variable.name.rpartition("/")[2].partition(":")[0]
        expected = np.zeros_like(weights)
        if variable.name.startswith("head/") and kind not in SPARED:
            added += l1 * np.abs(weights).sum() + l2 * (weights**2).sum()
            expected = l1 * np.sign(weights) + 2 * l2 * weights
        np.testing.assert_allclose(penalized - plain, expected, atol=1e-6 + 1e-6 * np.abs(plain).max())
    assert added > 0 and values[1] - values[0] == pytest.approx(added, rel=1e-3)


def test_a_killed_training_ends_as_if_it_had_not_been_killed(documents, tiny_config, tmp_path, without_times):
    config = tiny_config(head="softmax", batch_tokens=256, dropout_samples=3, head_l1=1e-4, head_l2=1e-3)
    assert_resumes(documents, config, tmp_path, without_times)
