"""Pretrained folders, whole and broken in every way known: one line each that names the thing."""

import json
import logging
import shutil
import time

import numpy as np
import pytest

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import open_pretrained, open_store
from tests.models.pretrained import shapes

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
    assert found.config.hidden_size == 16 and found.vocabulary.tokens[:2] == ("[PAD]", "[unused1]")
    assert found.checkpoint == str(folder / "bert_model.ckpt")


def test_config_json_will_do_and_bert_config_json_comes_first(folder):
    shutil.copy(folder / "bert_config.json", folder / "config.json")
    reconfigure(folder, hidden_size=32)
    assert open_pretrained(folder).config.hidden_size == 32
    (folder / "bert_config.json").unlink()
    assert open_pretrained(folder).config.hidden_size == 16


def test_of_two_configurations_that_of_the_weights_is_read(tiny_checkpoint, tmp_path):
    shapes.rewrite(tiny_checkpoint, tmp_path / "encoder", "huggingface")
    config = {**open_pretrained(tiny_checkpoint).config.to_dict(), "hidden_act": "relu"}
    (tmp_path / "encoder" / "bert_config.json").write_text(json.dumps(config), encoding="utf-8")
    assert open_pretrained(tmp_path / "encoder").config.hidden_act == "gelu"
    (tmp_path / "encoder" / "config.json").unlink()
    assert open_pretrained(tmp_path / "encoder").config.hidden_act == "relu"


def test_without_weights_the_encoder_starts_at_random_and_that_is_said(tiny_encoder, caplog):
    with caplog.at_level(logging.WARNING):
        assert open_pretrained(tiny_encoder).checkpoint is None
    (record,) = caplog.records
    assert "starts from random weights" in record.getMessage() and str(tiny_encoder) in record.getMessage()


def test_no_folder(tmp_path):
    assert refusal(tmp_path / "nothing") == (
        "FOLDER: no such folder; --pretrained takes one with a configuration (config.json), vocab.txt and weights, "
        "the owner/name of one on the Hugging Face hub, as google-bert/bert-base-chinese, or tcm-mini"
    )
    assert refusal(tmp_path / ("x" * 300)).startswith("FOLDER: no such folder; ")  # no file can have this name


def test_no_configuration(folder):
    (folder / "bert_config.json").unlink()
    assert refusal(folder).startswith("FOLDER: no bert_config.json; ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"hidden_size": 16', "not valid JSON: "),
        (b"", "not valid JSON: "),
        (b"\xff\xfe{", "not valid JSON: "),
        (b"[16]", "expected a JSON object with hidden_size etc., got list"),
    ],
)
def test_a_broken_configuration(folder, content, said):
    (folder / "bert_config.json").write_bytes(content)
    assert refusal(folder).startswith(f"FOLDER/bert_config.json: {said}")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
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
    ],
)
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
    assert f"{WORDS} has 107 rows, but the configuration says vocab_size=108" in refusal(folder)


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


def test_an_index_that_is_none(folder):
    (folder / "bert_model.ckpt.index").write_bytes(b"")
    assert refusal(folder).startswith("FOLDER/bert_model.ckpt: not a readable TensorFlow checkpoint: ")


@pytest.mark.parametrize(
    "name", ["bert_model.ckpt.index", "bert_config.json", "pytorch_model.bin", "model.safetensors"]
)
def test_a_pointer_of_git_is_told(folder, name):
    (folder / name).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    assert refusal(folder) == f"FOLDER/{name}: a pointer of Git LFS, the file itself was not fetched; run: git lfs pull"


def store(folder):
    return open_store(open_pretrained(folder).checkpoint)


def test_variables_are_read_by_name(folder):
    held = store(folder)
    assert held.shapes[WORDS] == (107, 16) and held.shapes["bert/encoder/layer_1/output/dense/kernel"] == (32, 16)
    for name in (WORDS, "bert/encoder/layer_1/output/dense/kernel"):
        value = held.read(name)
        assert value.shape == held.shapes[name] and np.isfinite(value).all()


@pytest.mark.parametrize("kept", [0.0, 0.3])
def test_truncated_data_is_told_with_the_variable_at_which_it_ends(folder, kept):
    (data,) = folder.glob("*.data-*")
    content = data.read_bytes()
    data.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(CheckpointError) as error:
        for name in (held := store(folder)).shapes:
            held.read(name)
    assert "\n" not in str(error.value)
    assert f"bert_model.ckpt: variable {name} cannot be read, the file is truncated or damaged" in str(error.value)


def test_a_damaged_byte_is_noticed(folder):
    (data,) = folder.glob("*.data-*")
    content = bytearray(data.read_bytes())
    content[100] ^= 255
    data.write_bytes(content)
    with pytest.raises(CheckpointError, match="the file is truncated or damaged"):
        for name in (held := store(folder)).shapes:
            held.read(name)


@pytest.mark.parametrize("config", ["albert_config_tiny.json", "bert_config_rbt3.json", "discriminator.json"])
@pytest.mark.parametrize("prefix", ["model.ckpt-best", "electra_base"])
def test_names_of_files_vary(folder, config, prefix):
    (folder / "bert_config.json").rename(folder / config)
    (folder / "vocab.txt").rename(folder / "vocab_chinese.txt")
    for path in folder.glob("bert_model.ckpt*"):
        path.rename(folder / path.name.replace("bert_model.ckpt", prefix))
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    found = open_pretrained(folder)
    assert found.checkpoint == str(folder / prefix) and len(found.vocabulary) == 107


def test_several_files_that_could_be_meant(folder):
    vocabulary = folder / "vocab.txt"
    shutil.copy(vocabulary, folder / "vocab_a.txt")
    assert open_pretrained(folder)
    vocabulary.rename(folder / "vocab_b.txt")
    assert refusal(folder) == "FOLDER: expected one vocabulary, found vocab_a.txt, vocab_b.txt; name one vocab.txt"
    (folder / "bert_config.json").rename(folder / "bert_config_a.json")
    shutil.copy(folder / "bert_config_a.json", folder / "bert_config_b.json")
    found = "bert_config_a.json, bert_config_b.json"
    assert refusal(folder) == f"FOLDER: expected one configuration, found {found}; name one bert_config.json"


@pytest.mark.parametrize(
    "name",
    [
        "model.fp16.safetensors",
        "model_state.pdparams",
        "adapter_model.safetensors",
        "weights.bin",
        "model.onnx",
        "w.npz",
    ],
)
def test_weights_under_a_name_that_is_not_read_are_listed(tiny_encoder, tmp_path, name):
    folder = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    (folder / name).write_bytes(b"weights")
    said = refusal(folder)
    assert said.startswith(f"FOLDER: weights in {name} cannot be read; take model.safetensors, pytorch_model.bin or a ")


def test_an_adapter_is_no_encoder(folder):
    (folder / "adapter_config.json").write_text("{}", encoding="utf-8")
    assert refusal(folder) == "FOLDER: holds an adapter, which is not read; merge it into its model and save that"


def test_random_weights_are_asked_for(tiny_encoder, tmp_path):
    folder = shutil.copytree(tiny_encoder, tmp_path / "encoder")
    for value in ("drop", False, 1):
        reconfigure(folder, random_weights=value)
        assert refusal(folder) == (
            "FOLDER: holds no weights, but bert_config.json, vocab.txt; take model.safetensors, pytorch_model.bin or a "
            'TensorFlow checkpoint, or write "random_weights": true into its configuration to start from random ones'
        )


def test_a_path_with_brackets(folder):
    named = folder.with_name("[1] {a}*?")
    folder.rename(named)
    for path in named.glob("bert_model.ckpt*"):
        path.rename(named / path.name.replace("bert_model", "bert[base]"))
    assert store(named).read(WORDS).shape == (107, 16)


SIZES_OF_NO_ENCODER = [
    {"hidden_size": 10**6, "num_attention_heads": 10},
    {"num_hidden_layers": 10**5},
    {"max_position_embeddings": 10**9},
    {"intermediate_size": 10**9},
    {"vocab_size": 10**9},
    {"type_vocab_size": 10**9},
    {"embedding_size": 10**6},
    {"num_hidden_layers": 10**4000},
    {"hidden_size": 90_000, "num_attention_heads": 10},
    {"max_position_embeddings": 10**8},
    {"num_hidden_layers": 999, "intermediate_size": 900_000},
]


@pytest.mark.parametrize("weights", [True, False], ids=["weights", "none"])
@pytest.mark.parametrize("sizes", SIZES_OF_NO_ENCODER, ids=lambda sizes: next(iter(sizes)))
def test_sizes_of_no_encoder_are_refused_before_anything_is_built(folder, sizes, weights):
    if not weights:
        for path in folder.glob("bert_model.ckpt*"):
            path.unlink()
    reconfigure(folder, random_weights=True, **sizes)
    begun = time.thread_time()
    text = refusal(folder)
    assert time.thread_time() - begun < 2 and len(text) < 500


def test_a_configuration_that_is_none(folder):
    for content in ("[" * 100_000, '{"hidden_size": ' + "9" * 5000 + "}", " " * 6_000_000):
        (folder / "bert_config.json").write_text(content, encoding="utf-8")
        text = refusal(folder)
        assert text.startswith("FOLDER/bert_config.json: ") and len(text) < 500
