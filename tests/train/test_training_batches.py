"""Training documents as batches: what is lost is told, what is in a batch can be named."""

import logging

import numpy as np
import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches


@pytest.fixture(scope="module")
def model(tiny_encoder):
    config = Config().replace(pretrained=str(tiny_encoder), max_length=64, overlap=16, batch_tokens=128)
    return NERModel.create(config, ["A", "B"])


def test_nested_entities_that_tags_cannot_hold_are_counted_once(model, caplog):
    text = "心房内折返性心动过速。" * 10  # longer than a window: windows share text
    nested = Document("d", text, (Entity(0, 10, "A"), Entity(0, 2, "B"), Entity(3, 5, "B"), Entity(11, 13, "B")))
    with caplog.at_level(logging.WARNING):
        TrainingBatches([nested, Document("e", "头痛", (Entity(0, 2, "A"),))], model)
    warnings = [record.getMessage() for record in caplog.records if "overlap" in record.getMessage()]
    assert len(warnings) == 1
    assert warnings[0].startswith("2 of 5 entities overlap longer ones")
    assert "B '心房' at [0, 2) of document d" in warnings[0]


def test_flat_annotation_gives_no_warning(model, caplog):
    TrainingBatches([Document("e", "头痛头痛", (Entity(0, 2, "A"), Entity(2, 4, "B")))], model)
    assert not caplog.records


def test_each_window_is_in_one_batch_of_an_epoch_and_epochs_differ(model):
    documents = [Document(f"d{n}", "头痛发热" * (n % 9 + 1), (Entity(0, 2, "A"),)) for n in range(40)]
    batches = TrainingBatches(documents, model)
    first, second = batches.plan(0), batches.plan(1)
    assert sorted(np.concatenate(first)) == list(range(40)) == sorted(np.concatenate(second))
    assert [list(batch) for batch in first] != [list(batch) for batch in second]
    assert [list(batch) for batch in first] == [list(batch) for batch in TrainingBatches(documents, model).plan(0)]
    assert batches.documents_of(0, 0) == [f"d{number}" for number in sorted(first[0])]


def test_the_end_of_training_waits_for_no_thread_that_tunes(model, documents):
    assert TrainingBatches(documents, model).dataset(0, 1).options().autotune.enabled is False
