"""Checkpoints with some of their tokens: the same states for the tokens that are kept."""

import json
import lzma
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert4ner.errors import DataError
from bert4ner.models.pretrained.convert import convert_checkpoint
from bert4ner.models.pretrained.folder import open_pretrained
from bert4ner.models.pretrained.transformer import load_transformer
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.tokenizer import make_tokenizer
from tests.text.test_rules import byte_pairs, unigram


def bert_with(folder, rows, *, pad_id, width=8):
    """Random weights of a BERT of so many tokens in a folder that has a tokenizer."""
    rng = np.random.default_rng(7)
    sizes = {"attention.self.query": (width, width), "attention.self.key": (width, width)}
    sizes |= {"attention.self.value": (width, width), "attention.output.dense": (width, width)}
    sizes |= {"intermediate.dense": (2 * width, width), "output.dense": (width, 2 * width)}
    tables = {"word_embeddings": rows, "position_embeddings": 16, "token_type_embeddings": 2}
    arrays = {f"embeddings.{name}.weight": rng.normal(size=(count, width)) for name, count in tables.items()}
    norms = ["embeddings.LayerNorm"]
    for layer in ("encoder.layer.0", "encoder.layer.1"):
        for name, shape in sizes.items():
            arrays[f"{layer}.{name}.weight"], arrays[f"{layer}.{name}.bias"] = (
                rng.normal(size=shape),
                rng.normal(size=shape[0]),
            )
        norms += [f"{layer}.attention.output.LayerNorm", f"{layer}.output.LayerNorm"]
    for name in norms:
        arrays[f"{name}.weight"], arrays[f"{name}.bias"] = np.ones(width), np.zeros(width)
    save_file({name: array.astype("float32") for name, array in arrays.items()}, folder / "model.safetensors")
    config = {"model_type": "bert", "architectures": ["BertModel"], "vocab_size": rows, "hidden_size": width}
    config |= {"num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 2 * width, "hidden_act": "gelu"}
    config |= {"max_position_embeddings": 16, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": pad_id}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def states(folder, ids):
    return load_transformer(folder).predict([ids, np.zeros_like(ids)], verbose=0)


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the fever of the\n本品用于，气血 (fever)\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("make", [byte_pairs, unigram])
def test_kept_tokens_have_the_same_states(make, text, tmp_path):
    folder = make(tmp_path / "whole")
    whole, _ = open_vocabulary(folder)
    bert_with(folder, len(whole) + 3, pad_id=1)  # rows to spare
    kept = convert_checkpoint(folder, tmp_path / "less", keep_tokens=text).kept
    less = open_pretrained(tmp_path / "less")
    assert kept.tokens == len(less.vocabulary) == less.config.vocab_size < kept.rows == len(whole)
    assert (kept.lacking, kept.lines_changed, less.config.pad_id) == (kept.lacking_before, 0, 1)
    line = "the fever，气血"
    new, old = (make_tokenizer("wordpiece", each).encode(line).ids[:8] for each in (less.vocabulary, whole))
    assert [less.vocabulary.tokens[number] for number in new] == [whole.tokens[number] for number in old]
    padded = [np.array([[0, *ids, 2, 1, 1]], "int32") for ids in (new, old)]
    seen, expected = states(tmp_path / "less", padded[0]), states(folder, padded[1])
    np.testing.assert_allclose(seen[:, :-2], expected[:, :-2], rtol=1e-5, atol=1e-5)


def test_word_pieces_and_their_rows(hugging_folder, tmp_path):
    folder = hugging_folder("bert")
    text = tmp_path / "text.txt"
    text.write_text("本品用于气血\n", encoding="utf-8")
    done = convert_checkpoint(folder, tmp_path / "less", "tensorflow", keep_tokens=text)
    assert (done.target, done.kept.lacking, done.kept.text) == ("tensorflow", 0, str(text))
    less, whole = open_pretrained(tmp_path / "less").vocabulary, open_pretrained(folder).vocabulary
    assert "当" in whole.ids and "当" not in less.ids and "[MASK]" in less.ids
    table = load_file(folder / "model.safetensors")["embeddings.word_embeddings.weight"]
    found = load_transformer(tmp_path / "less").get_layer("Embedding-Token").get_weights()[0]
    assert np.array_equal(found, table[[whole.ids[token] for token in less.tokens]])


def test_tokens_up_to_the_one_that_positions_skip_keep_their_ids(hugging_folder, tmp_path):
    folder = hugging_folder("roberta")  # positions skip the id 1, the vocabulary pads with 0
    text = tmp_path / "text.txt"
    text.write_text("本品用于气血\n", encoding="utf-8")
    convert_checkpoint(folder, tmp_path / "less", keep_tokens=text)
    less, whole = open_pretrained(tmp_path / "less").vocabulary, open_pretrained(folder).vocabulary
    assert less.tokens[:2] == whole.tokens[:2] and len(less) < len(whole)
    new = np.arange(len(less), dtype="int32")[None, :8]
    old = np.array([[whole.ids[token] for token in less.tokens[:8]]], "int32")
    np.testing.assert_allclose(states(tmp_path / "less", new), states(folder, old), rtol=1e-5, atol=1e-5)


def test_what_cannot_be_pruned_is_reported(hugging_folder, tmp_path):
    with pytest.raises(DataError, match="--keep-tokens takes characters or a text file"):
        convert_checkpoint(hugging_folder("bert"), tmp_path / "less", keep_tokens=tmp_path / "none.txt")
    assert not (tmp_path / "less").exists()


# --- published vocabularies and weights, where there are any ---


def test_a_whole_vocabulary_of_xlm_r(shared, tmp_path):
    packed = shared / "pretrained" / "xlmr-tokenizer" / "tokenizer.json.xz"
    if not packed.is_file():
        pytest.skip(f"{packed} is absent")
    (tmp_path / "tokenizer.json").write_bytes(lzma.decompress(packed.read_bytes()))
    bert_with(tmp_path, 250_037, pad_id=1)
    found = open_pretrained(tmp_path)
    vocabulary = found.vocabulary
    assert (len(vocabulary), found.config.vocab_size, found.config.pad_id) == (250_002, 250_037, 1)
    ids = np.array([[0, *make_tokenizer("characters", vocabulary).encode("本品，用于").ids, 2, 1]], "int32")
    assert np.isfinite(states(tmp_path, ids)).all()


def test_a_published_encoder(shared, tmp_path):
    expand = shared / "pretrained" / "e5-small-zh" / "expand.py"
    if not expand.is_file():
        pytest.skip(f"{expand} is absent")
    subprocess.run([sys.executable, str(expand), str(tmp_path / "e5")], check=True, capture_output=True)
    found = open_pretrained(tmp_path / "e5")
    assert (found.config.num_hidden_layers, found.config.hidden_size, len(found.vocabulary)) == (12, 384, 14_581)
    assert found.vocabulary.rules.normalizer["lowercase"] is False  # it has all capital letters
    ids = make_tokenizer("characters", found.vocabulary).encode("本品用于，Ab").ids
    assert found.vocabulary.unk_id not in ids
    inputs = np.array([[found.vocabulary.cls_id, *ids, found.vocabulary.sep_id]], "int32")
    assert np.isfinite(states(tmp_path / "e5", inputs)).all()
