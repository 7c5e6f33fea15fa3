"""ModernBERT against transformers, in many shapes, longer than its windows."""

import json

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import load_transformer, open_folder
from tests.models.pretrained.shapes import (
    SIZES,
    Blocks,
    Shape,
    assert_near,
    assert_there_and_back,
    save_shape,
    token_ids,
    transformers_states,
)

MODERNBERT = {
    **SIZES,
    "max_position_embeddings": 64,
    "local_attention": 6,
    **dict.fromkeys(("pad_token_id", "eos_token_id", "bos_token_id", "cls_token_id", "sep_token_id"), 0),
}
BIASES = {"norm_bias": True, "attention_bias": True, "mlp_bias": True}
SHAPES = {
    "as published": Shape({"num_hidden_layers": 4, "pad_token_id": 40}),
    "its language model": Shape({"pad_token_id": 3}, "ForMaskedLM", "sharded"),
    "labels for tokens": Shape({"classifier_bias": True, **BIASES}, "ForTokenClassification", "bin"),
    "biases": Shape({**BIASES, "norm_eps": 1e-3, "decoder_bias": False, "pad_token_id": 2}, "ForMaskedLM"),
    "biases of norms": Shape({"norm_bias": True, "hidden_activation": "relu"}, form="fp16"),
    "biases of attention": Shape({"attention_bias": True, "num_attention_heads": 4, "local_attention": 2}),
    "biases of gates": Shape({"mlp_bias": True, "num_hidden_layers": 1, "hidden_activation": "silu"}, form="bin"),
    "every second block sees all": Shape({"global_attn_every_n_layers": 2, "num_hidden_layers": 3, "hidden_size": 12}),
    "all see all": Shape({"global_attn_every_n_layers": 1, "num_attention_heads": 1, "intermediate_size": 5}),
    "none sees all": Shape({"layer_types": ["sliding_attention"] * 2, "local_attention": 9, "pad_token_id": 1}),
    "the last sees all": Shape({"layer_types": ["sliding_attention", "full_attention"], "norm_eps": 0.1}),
    "angles": Shape({"global_rope_theta": 500.0, "local_rope_theta": 20.0, "hidden_size": 16, "local_attention": 1}),
    "wider than the text": Shape({"local_attention": 200, "hidden_activation": "gelu_pytorch_tanh"}, form="sharded"),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_states_are_those_of_transformers_and_bits_return(kind, tmp_path, caplog):
    shape = SHAPES[kind]
    encoder, weights = save_shape(shape, "ModernBert", MODERNBERT, tmp_path / "one")
    pad = shape.changes.get("pad_token_id", 0)
    ids, blocks = token_ids(pad), Blocks(tmp_path / "one")
    found = blocks.states(tmp_path / "one", ids)
    assert_near(found, transformers_states(encoder, ids, pad), ids != pad)
    assert caplog.text == ""
    assert_there_and_back(tmp_path / "one", tmp_path, weights)
    assert all(map(np.array_equal, blocks.states(tmp_path / "back", ids), found))


def test_the_command_compares_the_states(tmp_path):
    _, weights = save_shape(SHAPES["its language model"], "ModernBert", MODERNBERT, tmp_path / "one")
    assert_there_and_back(tmp_path / "one", tmp_path, weights, whole=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"layer_types": ["chunked_attention"] * 2}, "layer_types: expected some of full_attention, sliding_attention"),
        ({"layer_types": ["full_attention"]}, "expected as many kinds of layers as num_hidden_layers=2, found 1"),
        ({"rope_parameters": {"full_attention": {"rope_type": "yarn"}}}, "expected rope_type 'default' of full_att"),
        (
            {"rope_scaling": {"type": "linear", "factor": 2}},
            "rope_scaling={'factor': 2, 'type': 'linear'}: expected No",
        ),
        ({"layer_types": None, "global_attn_every_n_layers": 0}, "expected global_attn_every_n_layers to be a whole"),
        ({"position_embedding_type": "sans_pos"}, "position_embedding_type='sans_pos': expected 'absolute' or None"),
        ({"attention_bias": True}, "attn.Wqkv.bias"),
        ({"norm_bias": True}, "model.embeddings.norm.bias"),
        ({"model_type": "modernbert-decoder"}, "found model_type 'modernbert-decoder'"),
    ],
)
def test_another_network_is_refused(changes, message, tmp_path):
    save_shape(Shape(), "ModernBert", MODERNBERT, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    with pytest.raises(CheckpointError) as error:
        load_transformer(tmp_path)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_configurations_of_old_say_the_same(tmp_path):
    """Before transformers 5 there were no tables of angles and no list of layers."""
    save_shape(SHAPES["angles"], "ModernBert", MODERNBERT, tmp_path)
    path = tmp_path / "config.json"
    now, described = open_folder(tmp_path).config, json.loads(path.read_text(encoding="utf-8"))
    for key in ("rope_parameters", "layer_types"):
        del described[key]
    old = {"global_attn_every_n_layers": 3, "global_rope_theta": 500.0, "local_rope_theta": 20.0}
    path.write_text(json.dumps({**described, **old, "position_embedding_type": "absolute"}), encoding="utf-8")
    assert open_folder(tmp_path).config == now


def test_gradients_reach_every_weight(tmp_path):
    save_shape(Shape(BIASES), "ModernBert", MODERNBERT, tmp_path)
    network = load_transformer(tmp_path, dropout_rate=0.1, attention_dropout_rate=0.1)
    before = [weight.numpy() for weight in network.trainable_weights]
    network.compile(keras.optimizers.SGD(0.1), loss="mse")
    ids = token_ids(0)
    assert np.isfinite(network.train_on_batch([ids, ids * 0], np.random.default_rng(0).normal(size=(*ids.shape, 8))))
    pairs = zip(network.trainable_weights, before, strict=True)
    assert [weight.name for weight, old in pairs if np.array_equal(weight.numpy(), old)] == []
