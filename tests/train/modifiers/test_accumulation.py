"""Accumulation: several batches move the weights as one of all their windows would; who counts, counts updates."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.modifiers.accumulation import Accumulation
from bert4ner.train.modifiers.moving_average import MovingAverage
from bert4ner.train.step import Gradients, Modifier, TrainingStep, step_of
from tests.train.modifiers.pairs import HEADS_AND_PRECISIONS
from tests.train.modifiers.resuming import LABELS, assert_resumes

PARTS = (np.arange(1), np.arange(1, 6), np.arange(6, 8))
"""Windows of three batches, some of one window and some of several."""


@pytest.fixture
def network(tiny_config):
    """A network that drops nothing, moved by plain gradient descent."""

    def network(head="softmax", precision="float32"):
        config = tiny_config(head=head, head_size=8, precision=precision, head_dropout=0.0, encoder_dropout=0.0)
        model = NERModel.create(config, LABELS)
        model.network.compile(optimizer=keras.optimizers.SGD(1.0), loss=model.head.loss)
        return model.network

    return network


@pytest.fixture
def batch(documents):
    """The data of some windows, of unlike lengths, as Keras gives them to a step."""

    def batch(network, windows, weights=None):
        inputs, targets = TrainingBatches(documents, NERModel.of(network)).batch(windows)
        data = ([tf.constant(part) for part in inputs], tf.constant(targets))
        return data if weights is None else (*data, tf.constant(weights[windows]))

    return batch


def moved(network, before):
    """How far each weight has moved."""
    return {variable.name: variable.numpy() - before[variable.name] for variable in network.trainable_variables}


def values(network):
    return {variable.name: variable.numpy() for variable in network.trainable_variables}


def assert_like(found, expected, share):
    """Each array differs from what is expected by less than this share of the largest of all norms."""
    norm = max(np.linalg.norm(array) for array in expected.values())
    assert norm > 1e-3
    for name, array in expected.items():
        assert np.linalg.norm(found[name] - array) < share * norm, name


@pytest.mark.parametrize(("head", "precision"), HEADS_AND_PRECISIONS)
def test_several_batches_move_the_weights_as_one_of_all_their_windows(network, batch, head, precision):
    network = network(head, precision)
    before = values(network)
    TrainingStep(network)(batch(network, np.concatenate(PARTS)))
    expected = moved(network, before)
    for variable in network.trainable_variables:
        variable.assign(before[variable.name])
    step = TrainingStep(network, {"accumulate": Accumulation(batches=len(PARTS))})
    for number, part in enumerate(PARTS):
        assert number == 0 or all((array == 0).all() for array in moved(network, before).values())
        step(batch(network, part))
    assert_like(moved(network, before), expected, share={"float32": 1e-5, "bfloat16": 0.02}[precision])


def test_weights_of_documents_count_as_in_one_batch(network, batch):
    network = network()
    before = values(network)
    weights = np.array([1, 5, 1, 0.2, 3, 1, 2, 0.5], "float32")
    TrainingStep(network)(batch(network, np.concatenate(PARTS), weights))
    expected = moved(network, before)
    for variable in network.trainable_variables:
        variable.assign(before[variable.name])
    step = TrainingStep(network, {"accumulate": Accumulation(batches=3)})
    for part in PARTS:
        step(batch(network, part, weights))
    assert_like(moved(network, before), expected, 1e-5)


class Doubled(Modifier):
    """Adds the gradients of a batch to themselves, computed again."""

    def around_gradients(self, compute, batch):
        one, other = compute(batch), compute(batch)
        pairs = zip(one.pairs, other.pairs, strict=True)
        dense = tf.convert_to_tensor
        return Gradients(
            [(dense(each) + dense(again), variable) for (each, variable), (again, _) in pairs], one.outputs
        )


@pytest.mark.parametrize("outermost", [True, False])
def test_gradients_that_others_make_of_several_passes_count_once(network, batch, outermost):
    network = network()
    before = values(network)
    TrainingStep(network, {"doubled": Doubled()})(batch(network, np.concatenate(PARTS)))
    expected = moved(network, before)
    for variable in network.trainable_variables:
        variable.assign(before[variable.name])
    both = [("doubled", Doubled()), ("accumulate", Accumulation(batches=3))]
    step = TrainingStep(network, dict(both if outermost else reversed(both)))
    for part in PARTS:
        step(batch(network, part))
    assert_like(moved(network, before), expected, 1e-5)


@pytest.mark.parametrize("order", [("ema", "accumulate"), ("accumulate", "ema")])
def test_what_an_epoch_has_left_over_makes_an_update_that_all_take_notice_of(network, batch, order):
    network = network()
    before = values(network)
    plain = TrainingStep(network)
    plain(batch(network, np.concatenate(PARTS[:2])))
    plain(batch(network, PARTS[2]))
    expected = moved(network, before)
    for variable in network.trainable_variables:
        variable.assign(before[variable.name])
    network.optimizer.iterations.assign(0)
    modifiers = {"ema": MovingAverage(), "accumulate": Accumulation(batches=2)}
    step = TrainingStep(network, {name: modifiers[name] for name in order})
    traced = tf.function(step)
    step.begin_epoch(0)
    for part in PARTS:
        traced(batch(network, part))
    assert int(network.optimizer.iterations) == 1
    step.end_epoch(0)
    assert int(network.optimizer.iterations) == int(modifiers["ema"].updates) == 2
    assert_like(moved(network, before), expected, 1e-5)
    step.end_epoch(1)  # nothing is left
    assert int(network.optimizer.iterations) == 2


def test_what_an_epoch_that_was_broken_off_has_left_is_forgotten(network, batch):
    network = network()
    step = TrainingStep(network, {"accumulate": Accumulation(batches=2)})
    before = values(network)
    step.begin_epoch(0)
    step(batch(network, PARTS[0]))
    step.begin_epoch(0)
    step.end_epoch(0)
    assert all((array == 0).all() for array in moved(network, before).values())


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_schedule_and_bias_correction_count_updates(tiny_config, documents, precision):
    config = tiny_config(head="softmax", precision=precision, modifiers="accumulate:batches=2", batch_tokens=256)
    model = NERModel.create(config, LABELS)
    batches = TrainingBatches(documents, model)
    in_epoch = -(-len(batches) // 2)
    assert len(batches) % 2  # so that something is left over
    compile_for_training(model.network, 3 * len(batches), epochs=3)
    model.network.fit(
        batches.dataset(0, 3), epochs=3, steps_per_epoch=len(batches), verbose=0, callbacks=[Replay(config.run.seed)]
    )
    optimizer = getattr(model.network.optimizer, "inner_optimizer", model.network.optimizer)
    assert int(optimizer.iterations) == optimizer._learning_rate.total_steps == 3 * in_epoch
    assert np.isfinite(model.network.get_layer("head").weights[0].numpy()).all()


def test_the_step_after_a_group_is_that_of_adam_at_its_first_update(tiny_config, documents):
    """In Adam's first step each weight moves by the rate, whatever the gradient; by a mistaken count it were less."""
    config = tiny_config(head="softmax", modifiers="accumulate:batches=2", warmup=0.0, weight_decay=0.0)
    model = NERModel.create(config, LABELS)
    batches = TrainingBatches(documents, model)
    compile_for_training(model.network, 2000)
    kernel = model.network.get_layer("head").weights[0]
    before = kernel.numpy()
    step = step_of(model.network)
    for part in PARTS[:2]:
        step(tf.nest.map_structure(tf.constant, batches.batch(part)))
    farthest = np.abs(kernel.numpy() - before).max()  # where no gradient is so small that epsilon counts
    assert farthest == pytest.approx(2e-2, rel=0.003)


def test_a_killed_training_ends_as_if_it_had_not_been_killed(documents, tiny_config, tmp_path, without_times):
    config = tiny_config(head="softmax", batch_tokens=160, modifiers="accumulate:batches=2,ema")
    state = assert_resumes(documents, config, tmp_path, without_times)
    assert int(state["modifier/ema/0"]) == int(state["optimizer/0"])


@pytest.mark.parametrize("batches", [0, -2, 2.0, "two", True])
def test_batches_outside_their_range_are_refused(batches):
    message = "batches of the modifier accumulate must be a whole number, at least 1, got"
    with pytest.raises(ConfigError, match=message):
        Accumulation(batches)
