"""Pretrained folders, whole and broken in every way known: one line each that names the thing."""

import json
import logging
import shutil

import numpy as np
import pytest

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import open_pretrained, read_variables

WORDS = "bert/embeddings/word_embeddings"


@pytest.fixture
def folder(tiny_checkpoint, tmp_path):
    """A copy of the checkpoint to break."""
    return shutil.copytree(tiny_checkpoint, tmp_path / "encoder")


def reconfigure(folder, **changes):
    path = folder / "bert_config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    path.write_text(json.dumps({key: value for key, value in config.items() if value != "drop"}), encoding="utf-8")


def refusal(given):
    with pytest.raises(CheckpointError) as error:
        open_pretrained(given)
    text = str(error.value)
    assert "\n" not in text and str(given) in text, text
    return text.replace(str(given), "FOLDER")


def test_a_whole_folder_is_opened(folder):
    found = open_pretrained(str(folder))
    assert found.config["hidden_size"] == 16 and found.vocabulary.tokens[:2] == ("[PAD]", "[unused1]")
    assert found.checkpoint == str(folder / "bert_model.ckpt")


def test_config_json_will_do_and_bert_config_json_comes_first(folder):
    shutil.copy(folder / "bert_config.json", folder / "config.json")
    reconfigure(folder, hidden_size=32)
    assert open_pretrained(folder).config["hidden_size"] == 32
    (folder / "bert_config.json").unlink()
    assert open_pretrained(folder).config["hidden_size"] == 16


def test_without_weights_the_encoder_starts_at_random_and_that_is_said(tiny_encoder, caplog):
    with caplog.at_level(logging.WARNING):
        assert open_pretrained(tiny_encoder).checkpoint is None
    (record,) = caplog.records
    assert "starts from random weights" in record.getMessage() and str(tiny_encoder) in record.getMessage()


def test_no_folder(tmp_path):
    assert refusal(tmp_path / "nothing") == (
        "FOLDER: no such folder; --pretrained takes one with bert_config.json, vocab.txt and bert_model.ckpt.*"
    )


def test_no_configuration(folder):
    (folder / "bert_config.json").unlink()
    assert refusal(folder).startswith("FOLDER: no bert_config.json; ")


@pytest.mark.parametrize(("content", "said"), [
    (b'{"hidden_size": 16', "not valid JSON: "),
    (b"", "not valid JSON: "),
    (b"\xff\xfe{", "not valid JSON: "),
    (b"[16]", "expected a JSON object with hidden_size etc., got list"),
])
def test_a_broken_configuration(folder, content, said):
    (folder / "bert_config.json").write_bytes(content)
    assert refusal(folder).startswith(f"FOLDER/bert_config.json: {said}")


@pytest.mark.parametrize(("key", "value", "said"), [
    ("hidden_size", "drop", "a whole number above 0, it is missing"),
    ("hidden_act", "drop", "the name of an activation, as a rule 'gelu', it is missing"),
    ("hidden_act", "gleu", "the name of an activation, as a rule 'gelu', found 'gleu'"),
    ("hidden_act", None, "the name of an activation, as a rule 'gelu', found None"),
    ("hidden_act", 3, "the name of an activation, as a rule 'gelu', found 3"),
    ("num_hidden_layers", "2", "a whole number above 0, found '2'"),
    ("num_hidden_layers", 0, "a whole number above 0, found 0"),
    ("num_attention_heads", 0, "a whole number above 0, found 0"),
    ("hidden_size", -16, "a whole number above 0, found -16"),
    ("vocab_size", True, "a whole number above 0, found True"),
    ("max_position_embeddings", "512", "a whole number above 0, found '512'"),
    ("type_vocab_size", 0, "a whole number above 0, found 0"),
    ("hidden_dropout_prob", "0.1", "a number in [0, 1), found '0.1'"),
    ("attention_probs_dropout_prob", 1, "a number in [0, 1), found 1"),
])
def test_a_value_that_no_encoder_can_have(folder, key, value, said):
    reconfigure(folder, **{key: value})
    assert refusal(folder) == f"FOLDER/bert_config.json: expected {key!r} to be {said}"


def test_heads_must_share_the_width(folder):
    reconfigure(folder, num_attention_heads=3)
    assert refusal(folder).endswith("hidden_size=16 is not a multiple of num_attention_heads=3")


@pytest.mark.parametrize("key", ["max_position_embeddings", "type_vocab_size", "hidden_dropout_prob"])
@pytest.mark.parametrize("value", [None, "drop"])
def test_what_has_a_default_may_be_absent(folder, key, value):
    reconfigure(folder, **{key: value})
    assert open_pretrained(folder).checkpoint


def test_no_vocabulary(folder):
    (folder / "vocab.txt").unlink()
    assert refusal(folder) == "FOLDER/vocab.txt: cannot be read (No such file or directory)"


def test_vocabulary_and_configuration_disagree(folder):
    with (folder / "vocab.txt").open("a", encoding="utf-8") as vocabulary:
        vocabulary.write("龘\n")
    assert "vocab.txt: 108 tokens, but the configuration says vocab_size=107" in refusal(folder)


def test_vocabulary_and_embedding_disagree(folder):
    with (folder / "vocab.txt").open("a", encoding="utf-8") as vocabulary:
        vocabulary.write("龘\n")
    reconfigure(folder, vocab_size=108)
    assert f"{WORDS} has 107 rows, but vocab.txt has 108 tokens" in refusal(folder)


def test_parts_of_a_checkpoint(folder):
    index = folder / "bert_model.ckpt.index"
    index.rename(folder / "elsewhere")
    assert refusal(folder).startswith("FOLDER/bert_model.ckpt.index is missing beside the checkpoint's data")
    (folder / "elsewhere").rename(index)
    data = next(folder.glob("*.data-*"))
    data.unlink()
    assert refusal(folder).startswith("FOLDER/bert_model.ckpt.data-* is missing beside the checkpoint's index")


def test_two_checkpoints_in_one_folder(folder):
    shutil.copy(folder / "bert_model.ckpt.index", folder / "model.ckpt-1000.index")
    assert "expected one checkpoint, found bert_model.ckpt, model.ckpt-1000; keep one" in refusal(folder)


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"])
def test_an_index_that_is_none(folder, content):
    (folder / "bert_model.ckpt.index").write_bytes(content)
    assert refusal(folder).startswith("FOLDER/bert_model.ckpt: not a readable TensorFlow checkpoint: ")


def shapes_of(folder):
    reader_shapes = {WORDS: (107, 16), "bert/embeddings/LayerNorm/beta": (16,),
                     "bert/encoder/layer_1/output/dense/kernel": (32, 16)}
    return str(folder / "bert_model.ckpt"), reader_shapes


def test_variables_are_read_by_name(folder):
    checkpoint, shapes = shapes_of(folder)
    values = read_variables(checkpoint, shapes)
    assert {name: value.shape for name, value in values.items()} == shapes
    assert all(np.isfinite(value).all() for value in values.values())


def test_all_misfits_are_named_at_once(folder):
    checkpoint, shapes = shapes_of(folder)
    with pytest.raises(CheckpointError) as error:
        read_variables(checkpoint, {**shapes, "a/b": (1,), "c": (), WORDS: (108, 16)})
    assert str(error.value) == (
        f"{checkpoint}: does not fit its configuration: a/b is missing; c is missing; "
        f"{WORDS} has shape (107, 16), expected (108, 16)"
    )


@pytest.mark.parametrize("kept", [0.0, 0.3])
def test_truncated_data_is_told_with_the_variable_at_which_it_ends(folder, kept):
    checkpoint, shapes = shapes_of(folder)
    (data,) = folder.glob("*.data-*")
    content = data.read_bytes()
    data.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(CheckpointError) as error:
        read_variables(checkpoint, shapes)
    assert "\n" not in str(error.value)
    assert any(f"{checkpoint}: variable {name} cannot be read, the file is truncated or damaged" in str(error.value)
               for name in shapes)


def test_a_damaged_byte_is_noticed(folder):
    checkpoint, shapes = shapes_of(folder)
    (data,) = folder.glob("*.data-*")
    content = bytearray(data.read_bytes())
    content[100] ^= 255
    data.write_bytes(content)
    with pytest.raises(CheckpointError, match="the file is truncated or damaged"):
        read_variables(checkpoint, {**shapes, "bert/embeddings/LayerNorm/gamma": (16,)})
