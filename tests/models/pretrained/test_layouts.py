"""Hugging Face's files in all their forms, damaged ones, and conversion between the layouts, bit for bit."""

import json
import logging
import os
import resource
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.numpy import load_file
from safetensors.torch import save_file

from bert4ner.backend.frameworks import tf
from bert4ner.errors import Bert4NERError, CheckpointError, ConfigError
from bert4ner.models.pretrained import EncoderConfig, convert, open_folder, open_pretrained, open_store
from bert4ner.models.pretrained.convert import convert_checkpoint
from bert4ner.models.pretrained.weight_writing import write_tensorflow
from tests.conftest import CHARACTERS, SPECIAL_TOKENS
from tests.models.pretrained.conftest import HUGGING, IDS, hidden_states, transformers_model, write_vocabulary
from tests.models.pretrained.test_families import assert_same, our_states


@pytest.fixture
def folder(hugging_folder, tmp_path):
    """A copy of the folder of a BERT to break."""
    return shutil.copytree(hugging_folder("bert"), tmp_path / "bert")


def refusal(folder):
    with pytest.raises(CheckpointError) as error:
        our_states(folder)
    assert "\n" not in str(error.value)
    return str(error.value).replace(str(folder), "FOLDER")


def state(folder):
    return {name: torch.tensor(value) for name, value in load_file(folder / "model.safetensors").items()}


# --- forms ---


@pytest.mark.parametrize("form", ["bin", "bin before 1.6", "sharded bin", "sharded safetensors"])
def test_any_form_of_file_gives_the_same(form, folder):
    expected, weights = our_states(folder), state(folder)
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    if form.startswith("bin"):
        torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=form == "bin")
    elif form == "sharded bin":
        files = {name: f"pytorch_model-0000{number % 2 + 1}-of-00002.bin" for number, name in enumerate(names)}
        for file in set(files.values()):
            torch.save({name: weights[name] for name in names if files[name] == file}, folder / file)
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": files}), encoding="utf-8")
    else:
        transformers_model("bert").save_pretrained(folder, max_shard_size="10KB")
        assert len(list(folder.glob("model-*.safetensors"))) > 2
    for one, other in zip(our_states(folder), expected, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_numbers_of_any_precision_are_read(kind, form, folder):
    weights = {name: value.to(kind) for name, value in state(folder).items()}
    (folder / "model.safetensors").unlink()
    path = folder / ("model.safetensors" if form == "safetensors" else "pytorch_model.bin")
    (save_file if form == "safetensors" else torch.save)(weights, path)
    store = open_store(open_pretrained(folder).checkpoint)
    for name, value in weights.items():
        assert np.array_equal(store.read(name).astype("float32"), value.float().numpy())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "bert."),
        ("", "module.bert."),
        ("", "model."),
        ("", "module.model.bert."),
        ("LayerNorm.weight", "LayerNorm.gamma"),
        ("LayerNorm.bias", "LayerNorm.beta"),
    ],
)
def test_names_of_other_times_are_known(old, new, folder, caplog):
    expected = our_states(folder)
    weights = {name.replace(old, new) if old else new + name: value for name, value in state(folder).items()}
    save_file(weights, folder / "model.safetensors")
    with caplog.at_level(logging.WARNING, "bert4ner"):
        found = our_states(folder)
    assert caplog.text == ""
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(one, other)


def test_a_vocabulary_in_tokenizer_json(folder):
    tokens = [*SPECIAL_TOKENS, *CHARACTERS]
    described = {
        "model": {"type": "WordPiece", "vocab": {token: number for number, token in enumerate(tokens[:-1])}},
        "added_tokens": [{"id": 0, "content": "[PAD]"}, {"id": len(tokens) - 1, "content": tokens[-1]}],
    }
    (folder / "vocab.txt").unlink()
    path = folder / "tokenizer.json"
    path.write_text(json.dumps(described), encoding="utf-8")
    assert open_pretrained(folder).vocabulary.tokens == tuple(tokens)
    described["model"]["type"] = "BPE"
    path.write_text(json.dumps(described), encoding="utf-8")
    assert "FOLDER/tokenizer.json: not a readable vocabulary of pieces: Missing vocab/merges" in refusal(folder)
    described["model"] = {"type": "WordPiece", "vocab": {"[PAD]": 0, "[UNK]": 5}}
    path.write_text(json.dumps(described), encoding="utf-8")
    assert "expected tokens numbered 0 to 2, each once" in refusal(folder)
    path.write_text("{", encoding="utf-8")
    assert refusal(folder).startswith("FOLDER/tokenizer.json: not a readable tokenizer.json: ")


# --- what is wrong ---


@pytest.mark.parametrize("kept", [0.0, 0.001, 0.1, 0.5, 0.999])
def test_a_truncated_safetensors_file_is_one_line(kept, folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert refusal(folder).startswith(
        (
            "FOLDER/model.safetensors: damaged, truncated or no safetensors",
            "FOLDER/model.safetensors: damaged, truncated: ",
        )
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": "F8_E4M3"}, "has the unknown type F8_E4M3"),
        ({"data_offsets": [0, 4]}, "4 bytes for the shape (16,) of F32"),
    ],
)
def test_an_entry_of_a_safetensors_file_that_lies(change, message, folder):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    header["embeddings.LayerNorm.bias"] |= change
    changed = json.dumps(header).encode()
    path.write_bytes(len(changed).to_bytes(8, "little") + changed + content[8 + size :])
    assert message in refusal(folder)


def test_shards_that_are_not_there(folder):
    index = folder / "model.safetensors.index.json"
    (folder / "model.safetensors").rename(folder / "one.safetensors")
    for files, message in (
        ({"a": "two.safetensors"}, "names the file two.safetensors, which is not beside it"),
        ({"a": "../one.safetensors"}, "names the file ../one.safetensors, which is not beside it"),
    ):
        index.write_text(json.dumps({"weight_map": files}), encoding="utf-8")
        assert message in refusal(folder)
    index.write_text("[]", encoding="utf-8")
    assert "damaged, expected names with values, found list" in refusal(folder)


def test_weights_in_formats_that_are_not_read(folder):
    (folder / "model.safetensors").rename(folder / "tf_model.h5")
    assert refusal(folder).startswith("FOLDER: weights in tf_model.h5 cannot be read; take model.safetensors, ")


def test_the_configuration_of_another_model(folder):
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "model_type": "lama"}), encoding="utf-8")
    text = refusal(folder)
    assert text.startswith("FOLDER/config.json: expected the configuration of one of ") and "model_type 'lama'" in text
    path.write_text(json.dumps({**config, "model_type": "llama"}), encoding="utf-8")
    assert refusal(folder) == "FOLDER/config.json: model_type 'llama' is Llama, which is not read yet"
    changed = {**config, "model_type": "albert", "embedding_size": 16}
    path.write_text(json.dumps(changed), encoding="utf-8")
    assert "the class 'BertModel' is of bert, but model_type 'albert' of albert" in refusal(folder)
    path.write_text(json.dumps({**changed, "architectures": None}), encoding="utf-8")
    assert "expected the weights of albert, found variables such as " in refusal(folder)
    path.write_text(json.dumps({**config, "num_hidden_layers": 3, "intermediate_size": 33}), encoding="utf-8")
    text = refusal(folder)
    assert "bert.encoder.layer.2.attention.self.query.weight, " in text and " more are missing" in text
    path.write_text(json.dumps({**config, "intermediate_size": 33}), encoding="utf-8")
    text = refusal(folder)
    assert "encoder.layer.0.intermediate.dense.weight has shape (32, 16), expected (33, 16)" in text
    path.write_text(json.dumps({**config, "num_hidden_layers": 1, "intermediate_size": 33}), encoding="utf-8")
    text = refusal(folder)
    assert "encoder.layer.1.attention.output.dense.bias, " in text and text.endswith(" more are unexpected")


def test_a_checkpoint_for_another_vocabulary(folder):
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    with (folder / "vocab.txt").open("a", encoding="utf-8") as file:
        file.write("龘\n")
    assert refusal(folder).startswith("FOLDER/vocab.txt: 108 tokens, but the configuration says vocab_size=107")
    path.write_text(json.dumps({**config, "vocab_size": 108}), encoding="utf-8")
    assert "bert.embeddings.word_embeddings.weight has 107 rows, but the configuration says vocab_size=108" in refusal(
        folder
    )


def test_what_belongs_nowhere_is_reported_and_left_out(folder, caplog):
    expected = our_states(folder)
    save_file({**state(folder), "crf.transitions": torch.zeros(2)}, folder / "model.safetensors")
    with caplog.at_level(logging.WARNING, "bert4ner"):
        found = our_states(folder)
    (record,) = caplog.records
    assert record.getMessage().endswith("1 variables belong to no known part of bert and are left out: crf.transitions")
    assert np.array_equal(found[-1], expected[-1])


@pytest.mark.parametrize(
    "name",
    [
        "embeddings.task_type_embeddings.weight",
        "bert.embeddings.stroke_map.weight",
        "encoder.layer.0.attention.self.distance_embedding.weight",
        "encoder.layer.1.attention.self.query.lora_A.default.weight",
        "encoder.word_layers.0.output.dense.weight",
        "bert.encoder.adapter.weight",
        "model.encoder.rel_embeddings.weight",
        "bert.word_embeddings.word_embeddings.weight",
    ],
)
def test_an_unknown_part_of_the_encoder_is_refused(folder, name):
    save_file({**state(folder), name: torch.zeros(2)}, folder / "model.safetensors")
    assert refusal(folder) == (
        f"FOLDER/model.safetensors: {name} is inside the encoder, and bert has no such part; this is another network, "
        "or a changed one"
    )


def test_two_names_of_one_variable(folder):
    name = "encoder.layer.0.output.dense.bias"
    save_file({**state(folder), f"bert.{name}": torch.zeros(16)}, folder / "model.safetensors")
    assert "which are the same variable; keep one" in refusal(folder)


def test_the_weights_of_a_roberta_without_its_name(folder):
    save_file({**state(folder), "lm_head.layer_norm.weight": torch.zeros(16)}, folder / "model.safetensors")
    assert "these are the weights of RoBERTa, whose positions begin at 2" in refusal(folder)


def test_many_layers_that_do_not_fit_are_one_short_line(folder):
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "num_hidden_layers": 40, "intermediate_size": 33}), encoding="utf-8")
    text = refusal(folder)
    assert len(text) < 1000 and "bert.encoder.layer.2." in text and " more are missing" in text
    path.write_text(json.dumps({**config, "intermediate_size": 33}), encoding="utf-8")
    text = refusal(folder)
    assert len(text) < 1000 and " more have other shapes" in text


# --- conversion ---


PRETRAINING = {
    "bert": "ForPreTraining",
    "albert": "ForPreTraining",
    "electra": "ForPreTraining",
    "roformer": "ForMaskedLM",
    "ernie": "ForPreTraining",
    "roberta": "ForMaskedLM",
    "megatron_bert": "ForPreTraining",
    "distilbert": "ForMaskedLM",
    "xlm_roberta": "ForMaskedLM",
    "camembert": "ForMaskedLM",
    "deberta": "ForMaskedLM",
    "modernbert": "ForMaskedLM",
}
OTHERWISE = ("bert, gelu by tanh", "gte")
"""Once is enough; the other's file has names that transformers changes, see `test_gated.py`."""


@pytest.mark.parametrize("kind", [kind for kind in HUGGING if kind not in OTHERWISE])
def test_there_and_back_is_bit_for_bit_and_loads_in_transformers(kind, tmp_path):
    family = kind.partition(",")[0]
    model = transformers_model(kind, PRETRAINING[family])
    model.save_pretrained(tmp_path / "hf")
    write_vocabulary(tmp_path / "hf")
    there = convert_checkpoint(tmp_path / "hf", tmp_path / "tf")
    back = convert_checkpoint(tmp_path / "tf", tmp_path / "back")
    assert (there.family, there.source, there.target) == (family, "huggingface", "tensorflow")
    assert (back.family, back.source, back.target) == (family, "tensorflow", "huggingface")
    assert there.variables == back.variables and there.left_out == back.left_out == ()
    before, after = load_file(tmp_path / "hf/model.safetensors"), load_file(tmp_path / "back/model.safetensors")
    assert {name for name in before if name not in after} <= {"roformer.encoder.embed_positions.weight"}
    assert all(np.array_equal(before[name], value) for name, value in after.items())
    loaded, report = type(model).from_pretrained(tmp_path / "back", output_loading_info=True)
    assert not {name for name in report["missing_keys"] if "embed_positions" not in name}
    assert not report["unexpected_keys"]
    base = model.base_model_prefix
    assert_same(hidden_states(getattr(loaded.eval(), base)), hidden_states(getattr(model, base)), 1e-6)
    assert_same(our_states(tmp_path / "tf"), hidden_states(getattr(model, base)))
    tokenizer = transformers.BertTokenizer.from_pretrained(tmp_path / "back")
    assert tokenizer.convert_tokens_to_ids(["[PAD]", "本"]) == [0, [*SPECIAL_TOKENS, *CHARACTERS].index("本")]


@pytest.mark.parametrize("kind", ["nezha", "roformer in TensorFlow"])
def test_what_was_published_for_tensorflow_comes_back_as_it_was(kind, original_folder, tmp_path):
    original = original_folder(kind)
    done = convert_checkpoint(original, tmp_path / "hf")
    convert_checkpoint(tmp_path / "hf", tmp_path / "tf")
    before, after = (tf.train.load_checkpoint(str(each / "bert_model.ckpt")) for each in (original, tmp_path / "tf"))
    names = {name for name in before.get_variable_to_shape_map() if "adam" not in name and name != "global_step"}
    assert names == set(after.get_variable_to_shape_map()) and len(names) == done.variables
    assert all(np.array_equal(before.get_tensor(name), after.get_tensor(name)) for name in names)
    assert_same(our_states(tmp_path / "hf"), our_states(original), 1e-6)


def test_nezha_as_it_was_published_for_hugging_face(original_folder, tmp_path):
    """With the names of BERT and with ALBERT's keys, which its code ignores."""
    convert_checkpoint(original_folder("nezha"), tmp_path / "hf")
    path = tmp_path / "hf" / "config.json"
    described = json.loads(path.read_text(encoding="utf-8"))
    described |= {"num_hidden_groups": 1, "inner_group_num": 0, "embedding_size": 128, "max_relative_position": 64}
    path.write_text(json.dumps(described), encoding="utf-8")
    renamed = {name.replace("nezha.", "bert."): value for name, value in state(tmp_path / "hf").items()}
    save_file(renamed, tmp_path / "hf" / "model.safetensors")
    assert_same(our_states(tmp_path / "hf"), our_states(original_folder("nezha")), 1e-6)


def test_a_bert_with_pieces_is_converted_with_them(folder, spiece, tmp_path):
    """As multilingual-e5-small: its configuration says that padding is 0, its vocabulary that it is 1."""
    (folder / "vocab.txt").unlink()
    special = [("<s>", 0.0, 3), ("<pad>", 0.0, 3), ("</s>", 0.0, 3), ("<unk>", 0.0, 2), ("▁", -2.0, 1)]
    pieces = [*special, *((character, -3.0, 1) for character in CHARACTERS[:90])]
    (folder / "sentencepiece.model").write_bytes(spiece(pieces))
    convert_checkpoint(folder, tmp_path / "tf")
    for each in (folder, tmp_path / "tf"):
        found = open_pretrained(each)
        assert found.config.pad_id == found.vocabulary.pad_id == 1 and found.vocabulary.cls_id == 0
        assert found.vocabulary.sep_id == 2 and len(found.vocabulary) == 95 < found.config.vocab_size


def test_google_bert_loads_in_transformers(tiny_checkpoint, tmp_path):
    convert_checkpoint(tiny_checkpoint, tmp_path / "hf", "huggingface")
    model = transformers.BertModel.from_pretrained(tmp_path / "hf").eval()
    assert_same(hidden_states(model), our_states(tiny_checkpoint))
    assert model(torch.tensor(IDS)).pooler_output.shape == (2, 16)


@pytest.mark.parametrize("kind", ["roformer_v2", "albert_early"])
def test_what_transformers_lacks_is_not_converted(kind, original_folder, tmp_path):
    with pytest.raises(CheckpointError, match=f"{kind} has no huggingface layout that other tools could read"):
        convert_checkpoint(original_folder(kind), tmp_path / "hf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("albert, one width", "embeddings as wide as the blocks"),
        ("bert", "embedding_size=12"),
    ],
)
def test_a_network_that_transformers_cannot_build_is_not_converted(kind, message, hugging_folder, tmp_path):
    convert_checkpoint(hugging_folder(kind), tmp_path / "tf")
    prefix, path = str(tmp_path / "tf/bert_model.ckpt"), tmp_path / "tf/bert_config.json"
    store, mapping = open_store(prefix), "bert/encoder/embedding_hidden_mapping_in"
    config, kept = json.loads(path.read_text(encoding="utf-8")), {name: store.read(name) for name in store.shapes}
    if kind == "bert":
        config["embedding_size"] = 12
        kept |= {name: value[..., :12] for name, value in kept.items() if name.startswith("bert/embeddings/")}
        kept |= {f"{mapping}/kernel": np.eye(12, 16, dtype="float32"), f"{mapping}/bias": np.zeros(16, "float32")}
    else:
        del config["embedding_mapping"]
        kept = {name: value for name, value in kept.items() if not name.startswith(mapping)}
    path.write_text(json.dumps(config), encoding="utf-8")
    write_tensorflow(prefix, kept)
    assert np.isfinite(our_states(tmp_path / "tf")[-1]).all()
    with pytest.raises(CheckpointError, match=message):
        convert_checkpoint(tmp_path / "tf", tmp_path / "hf")
    assert not (tmp_path / "hf").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda values: values * np.nan, "NaN or an infinite number; no network can use it"),
        (lambda values: values.masked_fill(values == values.min(), -np.inf), "NaN or an infinite number"),
        (
            lambda values: (values * 50).to(torch.int8),
            "numbers of the type int8, expected floating-point ones; quantised",
        ),
        (lambda values: values > 0, "numbers of the type bool"),
    ],
)
def test_numbers_that_no_network_computes_with_are_refused(change, message, folder, tmp_path):
    weights, name = state(folder), "encoder.layer.1.attention.self.query.weight"
    save_file({**weights, name: change(weights[name])}, folder / "model.safetensors")
    assert f"{name} holds {message}" in refusal(folder)
    with pytest.raises(CheckpointError, match=message):
        convert_checkpoint(folder, tmp_path / "new")
    assert [each.name for each in tmp_path.iterdir()] == ["bert"]


@pytest.mark.parametrize("put", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_files_of_a_tokenizer_that_are_none_are_refused(put, folder, tmp_path):
    put(folder / "other.model")
    with pytest.raises(CheckpointError, match=r"other\.model: "):
        convert_checkpoint(folder, tmp_path / "new")
    assert [each.name for each in tmp_path.iterdir()] == ["bert"]


def test_a_target_of_a_name_that_no_file_can_have_is_refused(folder, tmp_path):
    with pytest.raises(Bert4NERError, match="cannot be written"):
        convert_checkpoint(folder, tmp_path / ("x" * 300))


def test_half_a_character_in_a_token_is_refused(folder, tmp_path):
    words = {token: number for number, token in enumerate([*SPECIAL_TOKENS, "\ud800"])}
    (folder / "tokenizer.json").write_text(
        json.dumps({"model": {"type": "WordPiece", "vocab": words}}), encoding="utf-8"
    )
    (folder / "vocab.txt").unlink()
    with pytest.raises(CheckpointError, match=r"tokenizer\.json: token .* holds half a character"):
        convert_checkpoint(folder, tmp_path / "new")


def test_a_conversion_that_changes_a_weight_or_a_state_is_refused(hugging_folder, tmp_path, monkeypatch):
    folder = hugging_folder("bert")
    monkeypatch.setattr(convert, "write_tensorflow", lambda prefix, arrays: write_tensorflow(prefix, doubled(arrays)))
    with pytest.raises(CheckpointError, match=r"word_embeddings would come back changed"):
        convert_checkpoint(folder, tmp_path / "tf")
    monkeypatch.undo()
    changed = {"family": "bert", "hidden_act": "relu"}
    monkeypatch.setattr(EncoderConfig, "to_dict", lambda self: {**self.options(), **changed})
    with pytest.raises(CheckpointError, match="the converted model would compute other states; nothing was written"):
        convert_checkpoint(folder, tmp_path / "tf")
    nezha = {"family": "nezha", "use_relative_position": True}
    monkeypatch.setattr(EncoderConfig, "to_dict", lambda self: {**self.options(), **nezha})
    with pytest.raises(CheckpointError, match="would come back as nezha instead of bert; nothing was written"):
        convert_checkpoint(folder, tmp_path / "tf")
    assert not list(tmp_path.iterdir())


def doubled(arrays):
    return {name: arrays[name] * 2 if name.endswith("word_embeddings") else arrays[name] for name in arrays}


@pytest.mark.parametrize("kind", ["nezha", "roformer_v2"])
def test_what_is_written_says_its_family(kind, original_folder, tmp_path):
    found = open_folder(original_folder(kind))
    store = open_store(found.checkpoint)
    convert.write_folder(tmp_path, found, {name: store.read(name) for name in store.shapes}, "tensorflow")
    described = json.loads((tmp_path / "bert_config.json").read_text(encoding="utf-8"))
    assert described["family"] == kind == open_folder(tmp_path).family.name


def test_a_path_with_brackets_is_written_and_read(hugging_folder, tmp_path):
    done = convert_checkpoint(hugging_folder("bert"), tmp_path / "[a] *" / "tf[1]")
    assert done.target == "tensorflow" and open_folder(tmp_path / "[a] *" / "tf[1]").checkpoint


def test_a_checkpoint_that_does_not_fit_is_said_in_the_words_of_the_system(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(CheckpointError) as caught:
            write_tensorflow(str(tmp_path / "x.ckpt"), {"a": np.zeros(10_000, "float32")})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    cure = "free some space or choose another place"
    assert str(caught.value) == f"{tmp_path}/x.ckpt: cannot be written (File too large); {cure}"
    assert not list(tmp_path.iterdir())


def test_a_conversion_is_whole_or_not_there(hugging_folder, tiny_encoder, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(ConfigError, match="exists already; name a new folder"):
        convert_checkpoint(hugging_folder("bert"), tmp_path / "full")
    with pytest.raises(CheckpointError, match="holds no weights that can be read"):
        convert_checkpoint(tiny_encoder, tmp_path / "new")
    monkeypatch.setattr("bert4ner.models.pretrained.convert.write_tensorflow", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        convert_checkpoint(hugging_folder("bert"), tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]
