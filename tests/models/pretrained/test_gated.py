"""GTE and JinaBERT against a witness in PyTorch, in many shapes; GTE without scaling against transformers, too."""

import json
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from bert4ner.backend.frameworks import keras
from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import load_transformer, open_folder
from tests.models.pretrained.gated_witness import Gated, Jina, New
from tests.models.pretrained.shapes import (
    LENGTHS,
    SIZES,
    Blocks,
    Shape,
    assert_near,
    assert_there_and_back,
    our_blocks,
    randomize,
    token_ids,
    transformers_states,
    write_tokens,
    write_weights,
)

GATED = {
    **SIZES,
    "max_position_embeddings": 40,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.0,
    "pad_token_id": 0,
}
NEW = {
    **GATED,
    "model_type": "new",
    "type_vocab_size": 1,
    "position_embedding_type": "rope",
    "layer_norm_type": "layer_norm",
    "rope_theta": 10000.0,
    "rope_scaling": None,
    "pack_qkv": True,
}
JINA = {
    **GATED,
    "model_type": "bert",
    "architectures": ["JinaBertModel"],
    "type_vocab_size": 2,
    "position_embedding_type": "alibi",
    "feed_forward_type": "geglu",
}
MULTILINGUAL = {"rope_theta": 20000.0, "rope_scaling": {"type": "ntk", "factor": 8.0}, "pad_token_id": 1}
SHAPES: dict[str, tuple[type[Gated], Shape]] = {
    "gte": (New, Shape({}, "new.")),
    "gte, multilingual": (New, Shape(MULTILINGUAL, "", "sharded")),
    "gte, english": (
        New,
        Shape({"type_vocab_size": 0, "rope_theta": 500000.0, "rope_scaling": {"type": "ntk", "factor": 2}}),
    ),
    "gte, mixed": (
        New,
        Shape({"rope_scaling": {"type": "ntk", "factor": 4.0, "mixed_b": 0.6}, "hidden_size": 16}, "new."),
    ),
    "gte, apart": (New, Shape({"pack_qkv": False, "num_attention_heads": 4}, "new.", "bin")),
    "gte, apart, 16 bits": (New, Shape({"pack_qkv": False, "hidden_act": "relu", "pad_token_id": 3}, "", "fp16")),
    "gte, roots": (New, Shape({"layer_norm_type": "rms_norm", "layer_norm_eps": 1e-3, "hidden_act": "silu"})),
    "gte, roots, apart": (
        New,
        Shape({"layer_norm_type": "rms_norm", "pack_qkv": False, "num_hidden_layers": 1}, "new."),
    ),
    "gte, table": (New, Shape({"position_embedding_type": "absolute", "type_vocab_size": 2}, "", "bin")),
    "gte, table, apart": (New, Shape({"position_embedding_type": "absolute", "pack_qkv": False}, "new.", "sharded")),
    "gte, fast": (New, Shape({"rope_theta": 20.0, "num_attention_heads": 1, "num_hidden_layers": 3, "hidden_size": 4})),
    "gte, types": (
        New,
        Shape({"type_vocab_size": 4, "layer_norm_eps": 0.1, "intermediate_size": 5, "pad_token_id": 40}),
    ),
    "jina_bert": (Jina, Shape({}, "")),
    "jina_bert, prefix": (Jina, Shape({"num_attention_heads": 4, "pad_token_id": 3}, "bert.", "sharded")),
    "jina_bert, three heads": (Jina, Shape({"num_attention_heads": 3, "hidden_size": 12}, "", "bin")),
    "jina_bert, twelve heads": (Jina, Shape({"num_attention_heads": 12, "hidden_size": 24}, "bert.")),
    "jina_bert, eight heads": (
        Jina,
        Shape({"num_attention_heads": 8, "hidden_size": 16, "intermediate_size": 7}, "", "fp16"),
    ),
    "jina_bert, reglu": (Jina, Shape({"feed_forward_type": "reglu", "num_hidden_layers": 3}, "", "sharded")),
    "jina_bert, one head": (Jina, Shape({"num_attention_heads": 1, "type_vocab_size": 1, "layer_norm_eps": 1e-3})),
    "jina_bert, one block": (Jina, Shape({"num_hidden_layers": 1, "type_vocab_size": 4}, "bert.", "bin")),
    "jina_bert, for code": (Jina, Shape({"query_norm": True, "num_attention_heads": 4}, "", "sharded")),
    "jina_bert, for code, prefix": (
        Jina,
        Shape({"query_norm": True, "layer_norm_eps": 1e-5, "pad_token_id": 2}, "bert."),
    ),
    "jina_bert, for code, reglu": (Jina, Shape({"query_norm": True, "feed_forward_type": "reglu", "hidden_size": 12})),
    "jina_bert, for code, 16 bits": (Jina, Shape({"query_norm": True, "num_hidden_layers": 1}, "bert.", "fp16")),
}


def save(kind: str, folder: Any) -> Gated:
    """The witness of a kind, its weights and configuration in a folder; `Shape.suffix` is the prefix of names here."""
    witness, shape = SHAPES[kind]
    described = {**(NEW if witness is New else JINA), **shape.changes}
    base = "" if shape.suffix == "Model" else shape.suffix
    model = witness(described, base).eval()
    randomize(model)
    if shape.form == "fp16":
        model.half().float()
    write_weights(model.state_dict(), folder, shape.form)
    said = {key: value for key, value in described.items() if key != "query_norm"}  # seen in the variables
    (folder / "config.json").write_text(json.dumps(said), encoding="utf-8")
    write_tokens(folder, said.get("pad_token_id", 0))
    return model


@pytest.mark.parametrize("kind", SHAPES)
def test_states_are_those_of_the_witness_and_bits_return(kind, tmp_path, caplog):
    model, pad = save(kind, tmp_path / "one"), SHAPES[kind][1].changes.get("pad_token_id", 0)
    ids, blocks = token_ids(pad), Blocks(tmp_path / "one")
    found = blocks.states(tmp_path / "one", ids)
    for row, length in enumerate(LENGTHS):
        with torch.no_grad():
            expected = [state.numpy()[None] for state in model.states(torch.tensor(ids[row, :length]))]
        assert_near([state[row : row + 1, :length] for state in found], expected, np.ones((1, length), bool))
    assert caplog.text == ""
    assert_there_and_back(tmp_path / "one", tmp_path, model.state_dict())
    assert all(map(np.array_equal, blocks.states(tmp_path / "back", ids), found))


@pytest.mark.parametrize("kind", ["gte", "jina_bert, prefix"])
def test_the_command_compares_the_states(kind, tmp_path):
    model = save(kind, tmp_path / "one")
    assert_there_and_back(tmp_path / "one", tmp_path, model.state_dict(), whole=True)


@pytest.mark.parametrize("suffix", ["Model", "ForMaskedLM", "ForTokenClassification"])
def test_gte_is_that_of_transformers(suffix, tmp_path):
    config = transformers.GteConfig(
        **{**GATED, "pad_token_id": 1, "rope_parameters": {"rope_type": "default", "rope_theta": 50.0}}
    )
    model = getattr(transformers, f"Gte{suffix}")(config).eval()
    randomize(model)
    model.save_pretrained(tmp_path)  # under the names of old
    write_tokens(tmp_path, 1)
    ids = token_ids(1)
    found = our_blocks(tmp_path, ids)
    assert_near(found, transformers_states(getattr(model, "gte", model), ids, 1), ids != 1)
    assert open_folder(tmp_path).config.rope_theta == 50.0
    assert_there_and_back(tmp_path, tmp_path)
    again = type(model).from_pretrained(tmp_path / "back").eval()
    assert_near(found, transformers_states(getattr(again, "gte", again), ids, 1), ids != 1)


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("gte", {"rope_scaling": {"type": "linear", "factor": 2.0}}, "expected type 'ntk' and a factor of 1 or more"),
        ("gte", {"rope_scaling": {"type": "ntk", "factor": 0.5}}, "expected type 'ntk' and a factor of 1 or more"),
        ("gte", {"logn_attention_scale": True}, "logn_attention_scale=True: expected False or None"),
        ("gte", {"position_embedding_type": "alibi"}, "expected 'position_embedding_type' to be 'rope' or 'absolute'"),
        ("gte", {"position_embedding_type": "absolute"}, "new.embeddings.position_embeddings.weight is missing"),
        ("gte", {"layer_norm_type": "rms_norm"}, "encoder.layer.0.attn_ln.bias"),
        ("gte", {"type_vocab_size": 0}, "new.embeddings.token_type_embeddings.weight is inside the encoder"),
        (
            "gte",
            {"model_type": "gte", "rope_parameters": {"rope_type": "yarn"}},
            "rope_type 'yarn', expected 'default'",
        ),
        ("jina_bert", {"position_embedding_type": "absolute"}, "position_embedding_type='absolute': expected 'alibi'"),
        ("jina_bert", {"feed_forward_type": "original"}, "feed_forward_type='original': expected 'geglu' or 'reglu'"),
        (
            "jina_bert",
            {"architectures": ["BertModel"]},
            "the class 'BertModel' is of bert, but model_type 'bert' of jina_bert",
        ),
    ],
)
def test_another_network_is_refused(kind, changes, message, tmp_path):
    save(kind, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    with pytest.raises(CheckpointError) as error:
        load_transformer(tmp_path)
    assert message in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["gte", "gte, roots", "jina_bert", "jina_bert, for code"])
def test_gradients_reach_every_weight(kind, tmp_path):
    save(kind, tmp_path)
    network = load_transformer(tmp_path, dropout_rate=0.1, attention_dropout_rate=0.1)
    before = [weight.numpy() for weight in network.trainable_weights]
    network.compile(keras.optimizers.SGD(0.1), loss="mse")
    ids = token_ids(0)
    assert np.isfinite(network.train_on_batch([ids, ids * 0], np.random.default_rng(0).normal(size=(*ids.shape, 8))))
    pairs = zip(network.trainable_weights, before, strict=True)
    still = [weight.name for weight, old in pairs if np.array_equal(weight.numpy(), old)]
    assert [name for name in still if "key_norm/beta" not in name] == []  # softmax forgets what all keys have
    assert len({weight.name for weight in network.trainable_weights}) == len(before)
