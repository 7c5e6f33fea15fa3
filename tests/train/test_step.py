"""The training step: what Keras' own does when nothing modifies it, and what modifiers may do around its parts."""

import contextlib

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.step import Batch, Loss, Modifier, TrainingStep, evaluation, step_of

LABELS = ["DRUG", "PERSON", "SYMPTOM"]


class Identity(Modifier):
    """Changes nothing, and takes its part in all of it."""

    def around_loss(self, compute, batch):
        return compute(batch)

    def around_gradients(self, compute, batch):
        return compute(batch)

    def around_update(self, update, pairs):
        update(pairs)


class Noting(Modifier):
    """Notes where it is asked."""

    def __init__(self, name, notes):
        self.name, self.notes = name, notes

    def around_loss(self, compute, batch):
        self.notes.append(f"{self.name} loss")
        return compute(batch)

    def around_gradients(self, compute, batch):
        self.notes.append(f"{self.name} gradients")
        return compute(batch)

    def around_update(self, update, pairs):
        self.notes.append(f"{self.name} update")
        update(pairs)

    def after_update(self):
        self.notes.append(f"{self.name} after")


class Accumulate(Modifier):
    """Updates the weights by the sum of two batches' gradients."""

    batches_per_update = 2

    def build(self, network):
        self.seen = tf.Variable(0, trainable=False)
        self.sums = [tf.Variable(tf.zeros_like(weight), trainable=False) for weight in network.trainable_variables]

    def around_update(self, update, pairs):
        self.seen.assign_add(1)
        for total, (gradient, _) in zip(self.sums, pairs, strict=True):
            total.assign_add(gradient)

        def move():
            update([(total.read_value(), weight) for total, (_, weight) in zip(self.sums, pairs, strict=True)])
            for total in self.sums:
                total.assign(tf.zeros_like(total))

        tf.cond(self.seen % 2 == 0, move, lambda: None)


@pytest.fixture
def train(tiny_config, documents):
    """Trains two epochs by a step of these modifiers, or by Keras' own; returns the network and its losses."""

    def train(modifiers=None, *, own=True, precision="float32"):
        config = tiny_config(head="softmax", precision=precision, batch_tokens=256)
        model = NERModel.create(config, LABELS)
        batches = TrainingBatches(documents, model)
        compile_for_training(model.network, 2 * len(batches))
        if own:
            model.network.train_step = TrainingStep(model.network, modifiers)
        else:
            del model.network.train_step  # the class's is left
        history = model.network.fit(
            batches.dataset(0, 2), epochs=2, steps_per_epoch=len(batches), verbose=0, callbacks=[Replay(42)]
        )
        return model.network, history.history["loss"]

    return train


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_step_that_nothing_modifies_is_that_of_keras(train, precision):
    keras_network, keras_losses = train(own=False, precision=precision)
    assert step_of(keras_network) is None
    for modifiers in ({}, {"identity": Identity(), "noting": Noting("a", [])}):
        network, losses = train(modifiers, precision=precision)
        assert losses == keras_losses
        for one, other in zip(network.get_weights(), keras_network.get_weights(), strict=True):
            assert np.array_equal(one, other)


@pytest.fixture
def network(tiny_config):
    config = tiny_config(head="softmax", head_dropout=0.0, encoder_dropout=0.0)
    model = NERModel.create(config, LABELS)
    model.network.compile(optimizer=keras.optimizers.SGD(0.1), loss=model.head.loss)
    return model.network


@pytest.fixture
def batch(network, documents):
    batches = TrainingBatches(documents, NERModel.of(network))
    inputs, targets = batches.batch(np.arange(4))
    return Batch([tf.constant(part) for part in inputs], tf.constant(targets))


class TestModifiers:
    def test_the_first_is_the_outermost_and_what_comes_after_has_their_order(self, network, batch):
        notes = []
        step = TrainingStep(network, {"a": Noting("a", notes), "b": Noting("b", notes)})
        step(tuple(batch[:2]))
        assert notes == [f"{name} {what}" for what in ("gradients", "loss", "update", "after") for name in ("a", "b")]

    def test_a_loss_may_be_that_of_several_passes(self, network, batch):
        class Weighed(Modifier):
            def around_loss(self, compute, batch):
                one, other = compute(batch), compute(batch)
                return Loss(one.value + 2 * other.value, one.outputs)

        plain = TrainingStep(network).gradients(batch).pairs
        modified = TrainingStep(network, {"weighed": Weighed()}).gradients(batch).pairs
        for (one, variable), (three, same) in zip(plain, modified, strict=True):
            assert variable is same
            np.testing.assert_allclose(3 * tf.convert_to_tensor(one), tf.convert_to_tensor(three), rtol=1e-4, atol=1e-6)

    def test_a_batch_may_be_changed_before(self, network, batch):
        class FirstOnly(Modifier):
            def around_gradients(self, compute, batch):
                return compute(Batch([part[:1] for part in batch.inputs], batch.targets[:1]))

        modified = TrainingStep(network, {"first": FirstOnly()}).gradients(batch)
        assert modified.outputs.shape[0] == 1

    def test_weights_may_be_moved_for_a_second_gradient_and_put_back(self, network, batch):
        class Perturbed(Modifier):
            def build(self, network):
                self.embeddings = network.get_layer("Embedding-Token").embeddings

            def around_gradients(self, compute, batch):
                compute(batch)
                before = tf.identity(self.embeddings)
                self.embeddings.assign_add(before[:, ::-1])  # not what a norm takes off again
                second = compute(batch)
                self.embeddings.assign(before)
                return second

        embeddings = network.get_layer("Embedding-Token").embeddings
        before = embeddings.numpy()
        plain = TrainingStep(network).gradients(batch)
        step = TrainingStep(network, {"perturbed": Perturbed()})
        other = tf.function(lambda: step.gradients(batch).outputs)()
        assert np.array_equal(embeddings.numpy(), before)
        assert np.abs(other - plain.outputs).max() > 0.01

    def test_updates_may_be_rarer_than_batches(self, train):
        notes = []
        network, _ = train({"accumulate": Accumulate(), "noting": Noting("b", notes)})
        step = step_of(network)
        seen = int(step.modifiers["accumulate"].seen)
        assert int(network.optimizer.iterations) == seen // 2 > 1
        assert notes.count("b after") == 1  # traced where the update is

    def test_weights_are_left_alone_whose_gradients_are_left_out(self, network, batch):
        class HeadOnly(Modifier):
            def around_update(self, update, pairs):
                update([pair for pair in pairs if pair[1].name.startswith("head")])

        before = {weight.name: weight.numpy() for weight in network.trainable_variables}
        TrainingStep(network, {"frozen": HeadOnly()})(tuple(batch[:2]))
        moved = {weight.name for weight in network.trainable_variables if (weight.numpy() != before[weight.name]).any()}
        assert moved == {name for name in before if name.startswith("head")}

    def test_at_the_end_of_an_epoch_what_is_left_over_goes_through_those_inside(self, network):
        notes = []
        bias = network.get_layer("head").weights[-1]

        class LeftOver(Noting):
            def finish_epoch(self, update):
                self.notes.append(f"{self.name} finish")
                update([(tf.ones_like(bias), bias)])

            def end_epoch(self, epoch):
                self.notes.append(f"{self.name} end {epoch}")

        before = bias.numpy()
        step = TrainingStep(network, {"a": Noting("a", notes), "b": LeftOver("b", notes), "c": LeftOver("c", notes)})
        step.end_epoch(4)
        np.testing.assert_allclose(bias.numpy(), before - 2 * 0.1, rtol=1e-5)
        after = [f"{name} after" for name in "abc"]
        assert notes == ["b finish", "c update", *after, "c finish", *after, "b end 4", "c end 4"]

    def test_what_they_remember_is_known_by_their_names(self, network):
        step = TrainingStep(network, {"accumulate": Accumulate(), "a": Noting("a", [])})
        assert step.variables() == {}

        class Remembering(Modifier):
            def build(self, network):
                self.one, self.other = tf.Variable(1), tf.Variable(2)

            def variables(self):
                return [self.one, self.other]

        remembering = Remembering()
        named = TrainingStep(network, {"r": remembering, "again": remembering}).variables()
        assert list(named) == ["r/0", "r/1", "again/0", "again/1"]


class TestEvaluation:
    def test_modifiers_exchange_the_weights_and_put_them_back_whatever_happens(self, network):
        class Zero(Modifier):
            def build(self, network):
                self.bias = network.get_layer("head").weights[-1]

            @contextlib.contextmanager
            def evaluation(self):
                kept = self.bias.numpy()
                self.bias.assign(0 * kept)
                try:
                    yield
                finally:
                    self.bias.assign(kept)

        bias = network.get_layer("head").weights[-1]
        bias.assign(tf.ones_like(bias))
        network.train_step = TrainingStep(network, {"zero": Zero()})
        with pytest.raises(KeyError), evaluation(network):
            assert not bias.numpy().any()
            raise KeyError
        assert bias.numpy().all()

    def test_a_network_of_another_step_is_left_as_it_is(self, network):
        before = network.get_weights()
        with evaluation(network):
            assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))
