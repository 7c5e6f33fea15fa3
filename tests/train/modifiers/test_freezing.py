"""Freezing: the embeddings and just the layers named rest for some epochs, then move as if they had been seen."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.backend.optimizer import loss_scaling_state
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.crossval import train_model
from bert4ner.train.modifiers.freezing import Freezing
from bert4ner.train.step import step_of
from tests.train.modifiers.pairs import HEADS_AND_PRECISIONS
from tests.train.modifiers.resuming import LABELS, assert_resumes


def stepped(model, documents, epoch):
    """The names of the variables that a step in an epoch moves."""
    step = step_of(model.network)
    step.begin_epoch(epoch)
    before = {variable.name: variable.numpy() for variable in model.network.trainable_variables}
    step(tf.nest.map_structure(tf.constant, TrainingBatches(documents, model).batch(np.arange(4))))
    return {
        variable.name
        for variable in model.network.trainable_variables
        if not np.array_equal(variable.numpy(), before[variable.name])
    }


def compiled(config):
    model = NERModel.create(config, LABELS)
    compile_for_training(model.network, 100)
    for scale in loss_scaling_state(model.network.optimizer)[:1]:
        scale.assign(64.0)  # of float16: what overflows is no update
    return model, {variable.name for variable in model.network.trainable_variables}


def test_the_first_layer_is_neither_the_tenth_nor_the_eleventh(tiny_config, deep_encoder, documents):
    config = tiny_config(
        head="softmax", pretrained=str(deep_encoder(num_hidden_layers=12)), modifiers="freeze:layers=1:epochs=2"
    )
    model, every = compiled(config)
    resting = {name for name in every if name.startswith(("Embedding-", "Transformer-0-"))}
    assert len(resting) > 16
    assert stepped(model, documents, 0) == stepped(model, documents, 1) == every - resting
    assert stepped(model, documents, 2) == every


@pytest.mark.parametrize(("head", "precision"), [*HEADS_AND_PRECISIONS, ("crf", "float16")])
def test_it_goes_with_every_head(tiny_config, documents, head, precision):
    config = tiny_config(head=head, head_size=8, precision=precision, modifiers="freeze")
    model, every = compiled(config)
    resting = {name for name in every if name.startswith("Embedding-")}
    assert resting
    moved = stepped(model, documents, 0)
    assert not moved & resting and {name for name in every if name.startswith("head/")} & moved
    assert stepped(model, documents, 1) & resting


def test_all_layers_may_rest_for_good(tiny_config, documents):
    model, every = compiled(tiny_config(head="softmax", modifiers="freeze:layers=1:epochs=100"))
    assert stepped(model, documents, 99) == {name for name in every if name.startswith("head/")}


def test_a_killed_training_ends_as_if_it_had_not_been_killed(documents, tiny_config, tmp_path, without_times):
    config = tiny_config(head="softmax", batch_tokens=256, modifiers="freeze:layers=1:epochs=2")
    assert_resumes(documents, config, tmp_path, without_times)


@pytest.mark.parametrize(("option", "low"), [("layers", 0), ("epochs", 1)])
@pytest.mark.parametrize("value", [-1, 1.5, True, "all"])
def test_an_option_outside_its_range_is_refused(option, low, value):
    message = f"{option} of the modifier freeze must be a whole number, at least {low}, got"
    with pytest.raises(ConfigError, match=message):
        Freezing(**{option: value})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "the modifier freeze has layers=3, but the encoder has only 2"),
        (
            {"num_hidden_layers": 4, "model_type": "albert", "embedding_size": 16},
            "the modifier freeze cannot use layers=3 with the family albert, whose layers share their weights",
        ),
    ],
)
def test_an_encoder_without_such_layers_is_refused(tiny_config, deep_encoder, documents, tmp_path, options, message):
    config = tiny_config(pretrained=str(deep_encoder(**options)), modifiers="freeze:layers=3")
    with pytest.raises(ConfigError) as error:
        train_model(documents, config, output=tmp_path / "run")
    assert message in str(error.value)
    assert not (tmp_path / "run").exists()


def test_another_optimizer_is_refused(tiny_config):
    model, _ = compiled(tiny_config(head="softmax"))
    model.network.compile("sgd", loss=model.head.loss)
    with pytest.raises(ConfigError, match="the modifier freeze needs the optimizer of `compile_for_training`"):
        Freezing().build(model.network)
