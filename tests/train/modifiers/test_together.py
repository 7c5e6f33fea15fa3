"""Several modifiers of one step, on every head: each does what it says beside the others."""

import numpy as np
import pytest

from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.step import evaluation
from tests.train.modifiers.resuming import LABELS, assert_resumes

ALL = "swa:first=1,r_drop:alpha=2,accumulate:batches=2,freeze:epochs=1"


def trained(config, documents, epochs):
    """A network after some epochs, and the number of its batches."""
    model = NERModel.create(config, LABELS)
    batches = TrainingBatches(documents[:12], model)
    compile_for_training(model.network, epochs * len(batches), epochs=epochs)
    history = model.network.fit(
        batches.dataset(0, epochs), epochs=epochs, steps_per_epoch=len(batches), verbose=0, callbacks=[Replay(1)]
    )
    assert np.isfinite(history.history["loss"]).all()
    return model, len(batches)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("head", HEADS.own())
def test_they_go_together_with_every_head(tiny_config, documents, head, precision):
    config = tiny_config(head=head, head_size=8, precision=precision, modifiers=ALL)
    table = "Embedding-Token/0.embeddings"
    start = NERModel.create(config, LABELS).weights()
    model, number = trained(config, documents, epochs=1)
    assert number >= 3
    assert int(model.network.optimizer.iterations) == -(-number // 2)
    once = model.weights()
    assert np.array_equal(once[table], start[table])
    model, _ = trained(config, documents, epochs=2)
    twice = model.weights()
    assert not np.array_equal(twice[table], start[table])
    with evaluation(model.network):
        assert not np.array_equal(model.weights()[table], twice[table])
        np.testing.assert_allclose(model.weights()[table], (start[table] + twice[table]) / 2, atol=1e-6)


def test_a_killed_training_ends_as_if_it_had_not_been_killed(documents, tiny_config, tmp_path, without_times):
    config = tiny_config(head="crf", batch_tokens=160, modifiers=ALL, precision="bfloat16")
    assert_resumes(documents, config, tmp_path, without_times)
