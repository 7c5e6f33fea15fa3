"""Weights of documents: whatever the head, a window's loss, and so its gradient, is multiplied by its weight."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.entities import Document, Entity
from bert4ner.models.ner_model import NERModel
from bert4ner.registry import HEADS
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit
from bert4ner.train.step import Batch, step_of

LABELS = ["DRUG", "SYMPTOM"]
ONE = Document("one", "本品用于头晕目眩人参", (Entity(4, 8, "SYMPTOM"), Entity(8, 10, "DRUG")))
OTHER = Document("other", "面色萎黄当归孕妇慎用", (Entity(0, 4, "SYMPTOM"), Entity(4, 6, "DRUG")))  # as long


@pytest.fixture(params=[head for head in HEADS.names() if HEADS.get(head).__module__.startswith("bert4ner.")])
def gradient(request, tiny_config):
    """The gradient of some documents of these weights in one batch, as one vector."""
    config = tiny_config(head=request.param, head_dropout=0.0, encoder_dropout=0.0, batch_tokens=1024)
    model = NERModel.create(config, LABELS)
    compile_for_training(model.network, 1)

    def gradient(documents, weights=None):
        if weights is not None:
            pairs = zip(documents, weights, strict=True)
            documents = [Document(each.id, each.text, each.entities, weight) for each, weight in pairs]
        batches = TrainingBatches(documents, model)
        inputs, *rest = batches.batch(np.arange(len(documents)))
        batch = Batch([tf.constant(part) for part in inputs], *map(tf.constant, rest))
        pairs = step_of(model.network).gradients(batch).pairs
        return np.concatenate([tf.reshape(tf.convert_to_tensor(part), [-1]).numpy() for part, _ in pairs])

    return gradient


def close(one, other):
    assert np.abs(one).max() > 1e-3
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5 * np.abs(one).max())


def test_the_gradient_of_a_window_is_multiplied_by_its_weight(gradient):
    both = gradient([ONE, OTHER])
    close(gradient([ONE, OTHER], [3.0, 3.0]), 3 * both)
    first = gradient([ONE, OTHER], [2.0, 1.0]) - both  # what the first document adds
    close(both - gradient([ONE, OTHER], [0.5, 1.0]), first / 2)
    # One of weight 0 adds nothing; the loss is still for each of its tokens, too.
    close(gradient([ONE, OTHER], [1.0, 0.0]), gradient([ONE]) / 2)
    assert not gradient([ONE, OTHER], [0.0, 0.0]).any()
    # A document that is there twice counts as one of weight 2, but for its tokens: the loss is for each of them.
    close(gradient([ONE, ONE, OTHER]), 2 / 3 * gradient([ONE, OTHER], [2.0, 1.0]))


def test_a_training_with_weights_is_another_and_can_be_taken_up(documents, tiny_config, tmp_path):
    config = tiny_config(head="softmax", batch_tokens=256, epochs=1)
    weighed = [
        Document(each.id, each.text, each.entities, 0.1 if number % 2 else 1.0)
        for number, each in enumerate(documents[:18])
    ]
    labels = ["DRUG", "PERSON", "SYMPTOM"]
    plain = fit(Fold(documents[:18], documents[18:], labels), config, folder=tmp_path / "plain")
    other = fit(Fold(weighed, documents[18:], labels), config, folder=tmp_path / "weighed")
    assert 0 < other[0]["loss"] < 0.8 * plain[0]["loss"]
    assert fit(Fold(weighed, documents[18:], labels), config, folder=tmp_path / "weighed") == other
    ramp = config.replace(pseudo_ramp=3)  # in the first epoch half of the documents weigh next to nothing
    half, rest = documents[:9], documents[9:18]
    rising = fit(Fold(half, documents[18:], labels, pseudo=rest), ramp, folder=tmp_path / "rising")
    assert 0 < rising[0]["loss"] < 0.8 * plain[0]["loss"]
