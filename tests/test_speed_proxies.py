"""What makes training and recognition fast, in numbers that do not depend on the machine; see benchmarks/speed.py."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from bert4ner import Config, Document, NamedEntityRecognizer, read_documents
from bert4ner.models.ner_model import NERModel
from bert4ner.train.batches import TrainingBatches
from bert4ner.train.compiling import compile_for_training
from tests.padding import padding_share

ROOT = Path(__file__).resolve().parent.parent
LABELS = ["DISEASE", "DRUG", "SYMPTOM"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """As many tokens and positions as the bundled encoder has, in one narrow layer: only calls and shapes count."""
    folder = tmp_path_factory.mktemp("encoder")
    bundled = ROOT / "pretrained/tcm-mini"
    config = json.loads((bundled / "bert_config.json").read_text(encoding="utf-8"))
    config |= {"num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32}
    config |= {"random_weights": True}
    (folder / "bert_config.json").write_text(json.dumps(config), encoding="utf-8")
    shutil.copy(bundled / "vocab.txt", folder)
    return NERModel.create(Config().replace(pretrained=str(folder)), LABELS)


@pytest.fixture(scope="module")
def batches(model):
    sample = read_documents(ROOT / "examples/data/leaflets.jsonl")
    return TrainingBatches([Document(each.id, each.text) for each in sample], model)


@pytest.fixture
def calls(monkeypatch):
    """How many windows of which length the encoder was given, call by call."""
    shapes = []
    original = NERModel.outputs
    monkeypatch.setattr(NERModel, "outputs", lambda self, ids: (shapes.append(ids.shape), original(self, ids))[1])
    return shapes


def test_little_of_what_is_learned_is_padding(batches):
    lengths = batches.encoded.lengths
    for epoch in range(5):
        assert padding_share(lengths, batches.plan(epoch)) < 0.08


def test_an_epoch_has_hardly_more_batches_than_its_tokens_fill(batches):
    budget = batches.config.optimization.batch_tokens
    assert len(batches) <= np.ceil(batches.tokens / budget / 0.9)


def test_training_is_traced_once_whatever_shapes_come(model, batches):
    compile_for_training(model.network, 3 * len(batches))
    shapes = Counter(batches.batch(windows)[0][0].shape for epoch in range(3) for windows in batches.plan(epoch))
    assert len(shapes) > 2
    model.network.fit(batches.dataset(0, 3), steps_per_epoch=len(batches), epochs=3, verbose=0)
    assert model.network.train_tf_function.experimental_get_tracing_count() == 1


def test_recognition_is_traced_once_for_a_model(model, calls):
    recognizer = NamedEntityRecognizer([model])
    for number in (1, 7, 40):
        list(recognizer.recognize_all(["本品用于气血两亏引起的月经量少"[:number]] * number))
    assert len(set(calls)) == 3 and model.__dict__["_forward"] is model._forward


@pytest.mark.parametrize(
    ("number", "characters", "expected"),
    [
        (1000, 30, 4),  # 32 tokens each, 256 to a batch
        (100, 250, 4),  # 256 tokens each, 32 to a batch
        (10_000, 2, 10),  # 8 tokens each, 1,024 to a batch
    ],
)
def test_a_stream_takes_as_few_calls_of_the_encoder_as_its_tokens_need(model, calls, number, characters, expected):
    texts = ("气血两亏引起的月经量少"[place % 5 :] * 30 for place in range(number))
    found = sum(1 for _ in NamedEntityRecognizer([model]).recognize_all(text[:characters] for text in texts))
    assert found == number and len(calls) == expected


def test_windows_of_long_texts_share_batches_with_short_ones(model, calls):
    texts = ["气血两亏引起的月经量少，" * 100, *["本品用于气血两亏。" * 26] * 20]
    assert len(list(NamedEntityRecognizer([model]).recognize_all(texts))) == 21
    assert len(calls) == 1 and calls[0][0] >= 25
