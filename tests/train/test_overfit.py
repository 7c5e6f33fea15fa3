"""A network that cannot learn a handful of sentences by heart is broken somewhere: the cheapest test of everything."""

from itertools import pairwise

import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.entities import Document, Entity
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.registry import HEADS
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit

LOW = 0.02
"""A loss under this is that of a network that is sure of all that it was shown."""


class StopWhenLearned(keras.callbacks.Callback):
    """Ends a training after the epoch that has everything by heart, or else trains on to the last."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = logs["f1"] == 1.0 and logs["loss"] < LOW


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "precision"),
    [
        ("crf", "float32"),
        ("softmax", "float32"),
        ("span", "float32"),
        ("crf", "bfloat16"),
        ("softmax", "bfloat16"),
        ("span", "bfloat16"),
        ("crf", "float16"),
    ],
)
def test_a_tiny_random_network_learns_eight_documents_by_heart(
    head, precision, documents, tiny_config, tiny_encoder, tmp_path
):
    few = documents[:8]
    config = tiny_config(
        pretrained=str(tiny_encoder),
        head=head,
        precision=precision,
        epochs=60,
        batch_tokens=128,
        patience=0,
        encoder_dropout=0.0,
        head_dropout=0.0,
    )
    history = fit(Fold(few, few, ["DRUG", "PERSON", "SYMPTOM"]), config, folder=tmp_path, callbacks=[StopWhenLearned()])
    assert history[-1]["f1"] == 1.0, [line["f1"] for line in history]
    assert history[-1]["loss"] < LOW
    assert evaluate(few, predict_documents([NERModel.load(tmp_path / "model")], few)).micro.f1 == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("head", [name for name in HEADS if HEADS.get(name).may_nest])
def test_heads_that_may_nest_learn_nested_entities_by_heart(head, precision, documents, tiny_config, tmp_path):
    few = [
        Document(
            document.id,
            document.text,
            (
                *document.entities,
                *(
                    Entity(entity.start, entity.start + 2, "PART")
                    for entity in document.entities
                    if entity.label == "SYMPTOM"
                ),
            ),
        )
        for document in documents[:8]
    ]
    config = tiny_config(head=head, precision=precision, epochs=60, encoder_dropout=0.0, head_dropout=0.0, head_size=16)
    history = fit(
        Fold(few, few, ["DRUG", "PART", "PERSON", "SYMPTOM"]), config, folder=tmp_path, callbacks=[StopWhenLearned()]
    )
    assert history[-1]["f1"] == 1.0, [line["f1"] for line in history]
    found = list(predict_documents([NERModel.load(tmp_path / "model")], few))
    assert evaluate(few, found).micro.f1 == 1.0
    assert any(one.end > two.start for document in found for one, two in pairwise(document.entities))
    for entity in (entity for document in found for entity in document.entities):
        # What is decoded has probabilities above 0.5: W2NER multiplies one for each token of an entity, MRC three, of
        # first token, last token and match. The model kept is that of the first epoch with F1 1.0, the loss the last's.
        assert entity.score > 0.5 ** {"w2ner": entity.end - entity.start, "mrc": 3}.get(head, 1)
    assert history[-1]["loss"] < LOW
