"""What callers hand in of the wrong type is refused by its name and place; numpy's numbers are taken."""

import json

import numpy as np
import pytest

from bert4ner.config import Config, ModelConfig, WindowConfig
from bert4ner.data.audit import audit
from bert4ner.data.jsonl import to_record
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError, DataError
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.checks import check_training

DOCUMENT = Document("1", "本品", (Entity(0, 1, "X"),))


def test_numbers_of_numpy_become_pythons():
    entity = Entity(np.int64(0), np.int32(3), "X", np.float32(0.5), [[np.int64(0), 1], (2, np.int8(3))])
    assert entity == Entity(0, 3, "X", 0.5, ((0, 1), (2, 3)))
    assert json.loads(json.dumps(to_record(Document("1", "本品。", (entity,)))))["entities"][0]["end"] == 3


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Entity("0", 2, "X"), r"expected a whole number as start, got '0' \(str\)"),
        (lambda: Entity(0, 1.5, "X"), r"expected a whole number as end, got 1.5 \(float\)"),
        (lambda: Entity(True, 2, "X"), r"expected a whole number as start, got True \(bool\)"),
        (lambda: Entity(0, 2, None), r"expected a string as label, got None \(NoneType\)"),
        (lambda: Entity(0, 2, "X", "0.5"), r"expected a number as score, got '0.5' \(str\)"),
        (lambda: Entity(0, 2, "X", fragments=(0, 1)), r"expected fragments as pairs \(start, end\), got \(0, 1\)"),
        (lambda: Document(1, "本品"), r"expected a string as a document's id, got 1 \(int\)"),
        (lambda: Document("1", float("nan")), r"document 1: expected the text as a string, got nan \(float\)"),
        (lambda: Document("1", "本品", [{"start": 0}]), r"1: entities\[0\]: expected an Entity, got .*from_dict"),
        (lambda: Document("1", "本品", "X"), r"document 1: entities: expected a list of Entity, got 'X' \(str\)"),
        (lambda: Document.from_dict("本品"), "expected a dict that describes a document, got '本品'"),
        (lambda: Document.from_dict({"text": "本品", "entites": []}), "'entites'; did you mean 'entities'"),
        (lambda: Document.from_dict({"id": "1"}), r"text is required\); found no 'text'"),
        (
            lambda: Document.from_dict({"text": "本品", "entities": [[0]]}),
            r"entities\[0\]: expected the fields of Entity",
        ),
        (lambda: check_training("train.json", Config()), r"training documents: .* got 'train.json' \(str\)"),
        (lambda: check_training([DOCUMENT, 5], Config()), r"training documents\[1\]: expected a Document, got 5"),
        (lambda: check_training([{"text": "本"}], Config()), r"documents\[0\]: expected .*; bert4ner.Document"),
        (lambda: evaluate([DOCUMENT], "found.jsonl"), "predicted documents: expected a list of Document, got 'found"),
        (lambda: audit("train.json"), r"documents: .* got 'train.json' \(str\); read the file first"),
        (
            lambda: check_training([DOCUMENT, "人参"], Config()),
            r"expected a Document, got '人参' \(str\); bert4ner.Document\(\"1\", text\) makes one from an id",
        ),
        (lambda: evaluate([DOCUMENT], [None]), r"predicted documents\[0\]: expected a Document, got None"),
    ],
)
def test_another_type_is_refused_by_name(made, message):
    with pytest.raises(DataError, match=message) as caught:
        made()
    assert len(str(caught.value)) < 250


def test_a_document_of_a_dict():
    whole = {"id": "7", "text": "本品好", "entities": [{"start": 0, "end": 2, "label": "X"}, [2, 3, "Y", 0.5]]}
    document = Document.from_dict(whole)
    assert document == Document("7", "本品好", (Entity(0, 2, "X"), Entity(2, 3, "Y")))
    assert Document.from_dict(to_record(document)) == document
    one, same, other = (Document.from_dict({"text": text}).id for text in ("头晕", "头晕", "头痛"))
    assert one == same != other


def test_options_need_no_group():
    config = Config(epochs=3, head="softmax", windows=WindowConfig(max_length=100), overlap=4)
    assert config == Config().replace(epochs=3, head="softmax", max_length=100, overlap=4)
    assert (config.epochs, config.head, config.max_length) == (3, "softmax", 100)
    assert Config(model=ModelConfig(head="span")).head == "span"
    assert "epochs" in dir(config) and "optimization" in dir(config)
    with pytest.raises(ConfigError, match="unknown option 'epoch'; did you mean 'epochs'"):
        Config(epoch=3)
    with pytest.raises(ConfigError, match=r"model must be a ModelConfig, got 'crf' \(str\)"):
        Config(model="crf")
    with pytest.raises(AttributeError, match="no attribute 'epoch'"):
        config.epoch  # noqa: B018
    with pytest.raises(ConfigError, match=r"expected a bert4ner\.Config"):
        check_training([DOCUMENT], {"epochs": 3})
