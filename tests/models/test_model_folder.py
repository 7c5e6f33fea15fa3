"""Model folders: what is in them, and what is refused when it is damaged."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert4ner.errors import CheckpointError
from bert4ner.migrations import CONFIG_MIGRATIONS
from bert4ner.models.ner_model import NERModel
from bert4ner.version import VERSION

LATEST = len(CONFIG_MIGRATIONS) + 1  # version of the options


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "model"
    tiny_model.save(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of the model folder to break."""
    return shutil.copytree(saved, tmp_path / "model")


def redescribe(folder, change):
    path = folder / "config.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    change(described)
    path.write_text(json.dumps(described), encoding="utf-8")


def refusal(folder, kind=CheckpointError):
    with pytest.raises(kind) as error:
        NERModel.load(folder)
    assert "\n" not in str(error.value)
    return str(error.value).replace(str(folder), "FOLDER")


def test_a_folder_holds_what_it_takes_and_no_code(saved, tiny_model, tiny_encoder):
    assert sorted(path.name for path in saved.iterdir()) == ["config.json", "vocab.txt", "weights.safetensors"]
    described = json.loads((saved / "config.json").read_text(encoding="utf-8"))
    assert (described["format"], described["bert4ner"], described["labels"]) == (1, VERSION, ["DRUG", "SYMPTOM"])
    original = json.loads((tiny_encoder / "bert_config.json").read_text(encoding="utf-8"))
    del original["initializer_range"]  # decides nothing any more
    assert described["encoder"] == {"family": "bert", **original}
    assert (saved / "vocab.txt").read_bytes() == (tiny_encoder / "vocab.txt").read_bytes()
    weights = load_file(saved / "weights.safetensors")
    assert set(weights) == set(tiny_model.weights()) and len(weights) == len(tiny_model.network.weights)
    assert {value.dtype.name for value in weights.values()} == {"float32"}


def test_no_model_folder(tmp_path):
    assert refusal(tmp_path / "nothing") == "FOLDER: no model folder, config.json is missing"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"format": 1', "cannot be read: "),
        (b"\xff\xfe", "cannot be read: "),
        (b"[]", "expected a model folder of format 1, found 'list'"),
        (b"{}", "expected a model folder of format 1, found None"),
        (b'{"format": 2}', "expected a model folder of format 1, found 2"),
        (b'{"format": 1}', "labels, config, encoder missing"),
    ],
)
def test_a_description_that_is_none(folder, content, said):
    (folder / "config.json").write_bytes(content)
    assert refusal(folder).startswith(f"FOLDER/config.json: {said}")


@pytest.mark.parametrize("labels", ["AB", None, [1, 2], ["A", 1], ["SYMPTOM", "DRUG"], ["DRUG", "DRUG"], [""]])
def test_labels_that_cannot_number_tags(folder, labels):
    redescribe(folder, lambda described: described.update(labels=labels))
    assert refusal(folder) == (
        f"FOLDER/config.json: expected labels to be a sorted list of different words, found {labels!r}"
    )


def test_a_missing_label_shows_in_the_weights(folder):
    redescribe(folder, lambda described: described.update(labels=["DRUG"]))
    text = refusal(folder)
    assert text.startswith("FOLDER/weights.safetensors: does not fit the network of its configuration: ")
    assert "head/0.transitions has shape (7, 7), expected (4, 4)" in text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda config: config["model"].update(hed="crf"), "unknown option 'hed' in [model]; did you mean 'head'?"),
        (lambda config: config["model"].update(scheme="xx"), "scheme must be one of bio, bios, bioes, got 'xx'"),
        (lambda config: config["windows"].update(max_length=4), "max_length must be in [8, 100000], got 4"),
        (lambda config: config.update(model=[]), "model must be a table, got []"),
        (
            lambda config: config.update(format=99),
            f"its options are of format 99, this bert4ner knows those up to {LATEST}; upgrade bert4ner",
        ),
    ],
)
def test_options_that_this_version_does_not_know(folder, change, said):
    redescribe(folder, lambda described: change(described["config"]))
    assert refusal(folder) == f"FOLDER/config.json: {said}"


def test_an_encoder_that_cannot_be(folder):
    redescribe(folder, lambda described: described["encoder"].update(num_attention_heads=0))
    assert refusal(folder) == (
        "FOLDER/config.json: expected 'num_attention_heads' to be a whole number above 0, found 0"
    )


def test_a_vocabulary_of_another_size(folder):
    (folder / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", encoding="utf-8")
    assert refusal(folder) == "FOLDER/vocab.txt: 4 tokens, expected 107"
    (folder / "vocab.txt").unlink()
    assert refusal(folder) == "FOLDER/vocab.txt: cannot be read (No such file or directory)"


def test_weights_that_are_missing_truncated_or_damaged(folder):
    weights = folder / "weights.safetensors"
    content = weights.read_bytes()
    for broken in (content[:-1], content[: len(content) // 2], content[:5], b"", b"\xff" * 64):
        weights.write_bytes(broken)
        assert refusal(folder).startswith("FOLDER/weights.safetensors: truncated or damaged (")
    weights.unlink()
    assert refusal(folder) == "FOLDER/weights.safetensors: missing; the model folder is incomplete"


def test_every_weight_that_does_not_fit_is_named(folder):
    weights = load_file(folder / "weights.safetensors")
    weights["head/9.extra"] = weights.pop("head/1.starts")
    weights["fusion/0.mixture"] = np.zeros(2, "float32")
    weights["head/4.bias"] = np.zeros(3, "float32")
    save_file(weights, folder / "weights.safetensors")
    text = refusal(folder)
    for said in (
        "head/1.starts is missing",
        "head/9.extra is unexpected",
        "fusion/0.mixture is unexpected",
        "head/4.bias has shape (3,), expected (7,)",
    ):
        assert said in text
