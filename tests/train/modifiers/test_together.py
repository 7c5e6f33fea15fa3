"""Several modifiers of one step, on every head: each does what it says beside the others."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.step import evaluation
from tests.train.modifiers.resuming import LABELS, assert_resumes

ALL = "swa:first=1,r_drop:alpha=2,accumulate:batches=2,freeze:epochs=1"


class Weights(keras.callbacks.Callback):
    """Keeps the weights and the number of updates that each epoch ends with."""

    def __init__(self, model):
        super().__init__()
        self.of, self.after = model, []

    def on_epoch_end(self, epoch, logs=None):
        self.after.append((self.of.weights(), int(self.of.network.optimizer.iterations)))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("head", HEADS.own())
def test_they_go_together_with_every_head(tiny_config, documents, head, precision, request):
    if precision == "bfloat16":
        request.getfixturevalue("eagerly")  # the graph is that of float32 with other types
    config = tiny_config(head=head, head_size=8, precision=precision, modifiers=ALL)
    table = "Embedding-Token/0.embeddings"
    model = NERModel.create(config, LABELS)
    start, kept = model.weights(), Weights(model)
    batches = TrainingBatches(documents[:12], model)
    number = len(batches)
    assert number >= 3
    compile_for_training(model.network, 2 * number, epochs=2)
    history = model.network.fit(
        batches.dataset(0, 2), epochs=2, steps_per_epoch=number, verbose=0, callbacks=[Replay(1), kept]
    )
    assert np.isfinite(history.history["loss"]).all()
    (once, updates), (twice, _) = kept.after
    assert updates == -(-number // 2)
    assert np.array_equal(once[table], start[table])
    assert not np.array_equal(twice[table], start[table])
    assert all(np.array_equal(value, twice[name]) for name, value in model.weights().items())
    with evaluation(model.network):
        assert not np.array_equal(model.weights()[table], twice[table])
        np.testing.assert_allclose(model.weights()[table], (start[table] + twice[table]) / 2, atol=1e-6)


def test_a_killed_training_ends_as_if_it_had_not_been_killed(documents, tiny_config, tmp_path, without_times):
    config = tiny_config(head="crf", batch_tokens=160, modifiers=ALL, precision="bfloat16")
    assert_resumes(documents, config, tmp_path, without_times)
