"""Values that are computed again are the same values: gradients of every family do not change, dropout included."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.backend.randomness import random_generators
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.networks.recompute import recompute_layers
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.crossval import train_model
from bert4ner.train.step import TrainingStep
from tests.train.modifiers.resuming import LABELS
from tests.train.moved_tables import ENCODERS, batch_for, dense, relative_error

DROPPING = {"head_dropout": 0.2, "encoder_dropout": 0.3}


def seeded(network, seed):
    for number, generator in enumerate(random_generators(network)):
        generator.reset_from_seed(number + 100 * seed)


def in_a_graph(network, batch):
    """The gradients of a plain step in a graph, and the graph."""
    step = TrainingStep(network)

    @tf.function(autograph=False)
    def traced(ids, targets):
        found = step.gradients(batch._replace(inputs=[ids, tf.zeros_like(ids)], targets=targets))
        return [tf.convert_to_tensor(gradient) for gradient, _ in found.pairs]

    ran = traced.get_concrete_function(batch.inputs[0], batch.targets)
    names = enumerate(variable.name for variable in network.trainable_variables)
    found = ran(batch.inputs[0], batch.targets)
    return dict(zip(names, (each.numpy() for each in found), strict=True)), ran.graph


def softmaxes(graph):
    """How often a graph computes weights of attention; heads have no softmax of four axes."""
    return sum(op.type == "Softmax" and op.outputs[0].shape.rank == 4 for op in graph.get_operations())


@pytest.mark.parametrize("family", ENCODERS)
def test_gradients_of_every_family_are_the_same(family, network_of):
    network = network_of(family, **DROPPING)
    batch, step, found = batch_for(network), TrainingStep(network), []
    step.gradients(batch)  # makes the generators of dropout
    for seed in (1, 0):
        seeded(network, seed)
        found.append(dense(step.gradients(batch)))
    assert recompute_layers(network) == (2 if "albert" in family else 4)
    seeded(network, 0)
    found.append(dense(step.gradients(batch)))
    other, plain, again = found
    assert relative_error(again, plain) < 1e-5
    assert relative_error(other, plain) > 0.1


@pytest.mark.parametrize(("head", "precision", "tolerance"), [("crf", "float32", 1e-5), ("mrc", "bfloat16", 0.03)])
def test_in_a_graph_they_are_the_same_and_weights_of_attention_are_computed_twice(
    head, precision, tolerance, network_of
):
    network = network_of(head=head, precision=precision, **DROPPING)
    batch = batch_for(network)
    TrainingStep(network).gradients(batch)
    seeded(network, 0)
    plain, graph = in_a_graph(network, batch)
    recompute_layers(network)
    seeded(network, 0)
    again, larger = in_a_graph(network, batch)
    assert relative_error(again, plain) < tolerance
    assert softmaxes(larger) == 2 * softmaxes(graph) > 0


def test_the_option_reaches_training_and_changes_no_weight(tiny_config, documents, eagerly):
    weights = []
    for recompute in (False, True):
        config = tiny_config(head="softmax", recompute=recompute, modifiers="vat,ema")
        model = NERModel.create(config, LABELS)
        batches = TrainingBatches(documents[:12], model)
        for _ in range(2):  # compiling twice does not wrap twice
            compile_for_training(model.network, 6)
        assert ["call" in vars(model.network.get_layer("Transformer-0-FeedForward"))] == [recompute]
        model.network.fit(batches.dataset(0, 1), steps_per_epoch=2, verbose=0)
        weights.append(model.weights())
    for name, value in weights[0].items():
        np.testing.assert_allclose(weights[1][name], value, rtol=1e-4, atol=1e-5, err_msg=name)


def test_gradients_of_second_order_are_refused(tiny_config, documents, tmp_path):
    with pytest.raises(
        ConfigError, match="the modifier gradient_penalty does not work with recompute, whose gradients"
    ):
        train_model(documents, tiny_config(recompute=True, modifiers="gradient_penalty"), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()
