"""Model folders: what is in them, and what is refused when it is damaged."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert4ner.errors import CheckpointError
from bert4ner.migrations import CONFIG_MIGRATIONS
from bert4ner.models.ner_model import NERModel
from bert4ner.text.rules import Rules
from bert4ner.text.tokenizer import WordPieceTokenizer
from bert4ner.version import VERSION
from tests.disk import Disk

LATEST = len(CONFIG_MIGRATIONS) + 1  # version of the options


@pytest.fixture(scope="module")
def saved(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "model"
    tiny_model.save(folder)
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of the model folder to break, as older versions wrote it: without a manifest."""
    return shutil.copytree(saved, tmp_path / "model", ignore=shutil.ignore_patterns("manifest.json"))


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
    files = ["config.json", "manifest.json", "vocab.txt", "weights.safetensors"]
    assert sorted(path.name for path in saved.iterdir()) == files
    described = json.loads((saved / "config.json").read_text(encoding="utf-8"))
    assert (described["format"], described["bert4ner"], described["labels"]) == (1, VERSION, ["DRUG", "SYMPTOM"])
    original = json.loads((tiny_encoder / "bert_config.json").read_text(encoding="utf-8"))
    del original["initializer_range"], original["random_weights"]  # decide nothing any more
    assert described["encoder"] == {"family": "bert", **original}
    assert (saved / "vocab.txt").read_bytes() == (tiny_encoder / "vocab.txt").read_bytes()
    weights = load_file(saved / "weights.safetensors")
    assert set(weights) == set(tiny_model.weights()) and len(weights) == len(tiny_model.network.weights)
    assert {value.dtype.name for value in weights.values()} == {"float32"}


@pytest.mark.parametrize("name", ["weights.safetensors", "vocab.txt", "config.json"])
def test_one_changed_bit_is_told_unless_nobody_looks(saved, tmp_path, name):
    folder = shutil.copytree(saved, tmp_path / "model")
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)
    assert refusal(folder) == (
        f"FOLDER/{name}: has another SHA-256 than manifest.json says; copy the folder again, or train anew; if you "
        "changed the file yourself, delete manifest.json"
    )
    if name == "weights.safetensors":
        NERModel.load(folder, verify=False)
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    assert refusal(folder).startswith("FOLDER/manifest.json: damaged, ")


@pytest.mark.parametrize(("number", "said"), [(np.nan, "NaN"), (-np.inf, "an infinite number")])
def test_weights_that_are_not_finite_are_named(saved, tmp_path, number, said):
    folder = shutil.copytree(saved, tmp_path / "model")
    weights = load_file(folder / "weights.safetensors")
    weights["head/4.bias"][3] = number
    save_file(weights, folder / "weights.safetensors")
    with pytest.raises(CheckpointError, match=rf"weights\.safetensors: head/4\.bias holds {said}; "):
        NERModel.load(folder, verify=False)


def test_every_file_is_synced_before_it_bears_its_name(tiny_model, tmp_path):
    seen = []
    with Disk(tmp_path, lambda cut: seen.extend(disk.unsynced())) as disk:
        for _ in range(2):
            tiny_model.save(tmp_path / "model")
    assert seen == disk.unsynced() == []
    (tmp_path / "plain").touch()
    assert {path.stat().st_mode for path in (tmp_path / "model").iterdir()} == {(tmp_path / "plain").stat().st_mode}
    assert disk.cut().least["model"]["weights.safetensors"] == (tmp_path / "model/weights.safetensors").read_bytes()


def test_no_model_folder(tmp_path):
    assert refusal(tmp_path / "nothing") == "FOLDER: no model folder, config.json is missing"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"format": 1', "damaged, Expecting "),
        (b"\xff\xfe", "damaged, not UTF-8 in byte 0; "),
        (b"[]", "damaged, expected names with values, found list; "),
        (b"{}", "damaged, 'labels' is missing; copy the model folder again, or train it again"),
        (b'{"format": 2}', "has format 2, this version of bert4ner reads formats up to 1; install a newer one"),
        (b'{"format": 1, "labels": ["A"], "encoder": {}}', "damaged, 'config' is missing; "),
    ],
)
def test_a_description_that_is_none(folder, content, said):
    (folder / "config.json").write_bytes(content)
    assert refusal(folder).startswith(f"FOLDER/config.json: {said}")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("AB", "expected labels to be a list, found 'AB'"),
        (None, "expected labels to be a list, found None"),
        ([1, 2], "expected labels[0] to be a text, found 1"),
        (["A", 1], "expected labels[1] to be a text, found 1"),
        (["SYMPTOM", "DRUG"], "expected labels to be a sorted list of different words, found ['SYMPTOM', 'DRUG']"),
        (["DRUG", "DRUG"], "expected labels to be a sorted list of different words, found ['DRUG', 'DRUG']"),
        ([], "expected labels to be a sorted list of different words, found []"),
        ([""], "expected labels[0] to be a text that is not empty, found ''"),
    ],
)
def test_labels_that_cannot_number_tags(folder, labels, message):
    redescribe(folder, lambda described: described.update(labels=labels))
    assert refusal(folder).startswith(f"FOLDER/config.json: damaged, {message}; ")


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
            f"its options are of format 99, this bert4ner knows formats up to {LATEST}; upgrade bert4ner",
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
    with (folder / "vocab.txt").open("a", encoding="utf-8") as file:
        file.write("[more]\n")  # fewer are right: embeddings may have rows to spare
    assert refusal(folder) == "FOLDER/vocab.txt: 108 tokens, expected 107"
    (folder / "vocab.txt").unlink()
    assert refusal(folder) == "FOLDER/vocab.txt: cannot be read (No such file or directory)"


def test_weights_that_are_missing_truncated_or_damaged(folder):
    weights = folder / "weights.safetensors"
    content = weights.read_bytes()
    for broken in (content[:-1], content[: len(content) // 2], content[:5], b"", b"\xff" * 64):
        weights.write_bytes(broken)
        assert refusal(folder).startswith("FOLDER/weights.safetensors: damaged, truncated")
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


def test_what_a_text_becomes_is_kept(folder):
    model = NERModel.load(folder)
    assert model.vocabulary.rules.covered  # the encoder's own rules
    redescribe(folder, lambda described: described["tokenizer"]["normalizer"].update(lowercase=False))
    assert NERModel.load(folder).vocabulary.rules.normalizer["lowercase"] is False
    redescribe(folder, lambda described: described.update(tokenizer={"covers": True}))
    assert refusal(folder).startswith(
        "FOLDER/config.json: damaged, unknown name 'tokenizer.covers'; did you mean 'covered'; "
    )


def test_models_of_before_cut_texts_as_before(folder):
    redescribe(folder, lambda described: described.pop("tokenizer"))
    vocabulary = NERModel.load(folder).vocabulary
    assert vocabulary.rules == Rules() and not vocabulary.rules.covered
    encoding = WordPieceTokenizer(vocabulary).encode("本 A\u200b品")
    assert encoding.starts.tolist() == [0, 1, 2, 3, 4] and encoding.ids[1] == vocabulary.ids["[unused1]"]
    assert encoding.ids[2] == vocabulary.ids["a"] and encoding.ids[3] == vocabulary.unk_id
