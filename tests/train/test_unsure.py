"""Training with unsure spans in a graph: of every head, from documents to weights."""

from dataclasses import replace

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.entities import Document, Entity
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")

LABELS = ["DRUG", "SYMPTOM"]
DRUG = Entity(8, 10, "DRUG")
KNOWN = Document("a", "本品用于头晕目眩人参", (Entity(4, 8, "SYMPTOM"),), weight=0.5)
OTHER = Document("b", "面色萎黄当归孕妇慎用", (Entity(0, 4, "SYMPTOM"),))
OPEN, NONE, ENTITY = replace(KNOWN, unsure=(DRUG,)), KNOWN, replace(KNOWN, entities=(*KNOWN.entities, DRUG))


@pytest.mark.parametrize("head", HEADS.own())
def test_an_open_span_costs_less_than_either_annotation_of_it_and_a_graph_learns_what_is_learned_without(
    head, tiny_config
):
    config = tiny_config(head=head, head_size=8, head_dropout=0.0, encoder_dropout=0.0, warmup=0.0)
    model = NERModel.create(config, LABELS)
    compile_for_training(model.network, 100)
    network = model.network

    def fit(document, steps):
        dataset = TrainingBatches([document, OTHER], model).dataset(0, steps)
        (loss,) = network.fit(dataset, steps_per_epoch=steps, verbose=0).history["loss"]
        return loss, model.weights()

    fit(ENTITY, 4)  # from here on the span is likely, so that all three differ
    variables = [*network.weights, *network.optimizer.variables]
    start = [variable.numpy() for variable in variables]

    def step(document):
        """The loss, and the weights after one step from the same start."""
        for variable, value in zip(variables, start, strict=True):
            variable.assign(value)
        return fit(document, 1)

    (loss, weights), (without, _), (entity, _) = map(step, (OPEN, NONE, ENTITY))
    assert np.isfinite(loss) and 0 < loss < 0.995 * min(without, entity)
    tf.config.run_functions_eagerly(True)
    try:
        expected, eager = step(OPEN)
    finally:
        tf.config.run_functions_eagerly(False)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    for name, value in weights.items():
        np.testing.assert_allclose(value, eager[name], atol=1e-5, err_msg=name)
