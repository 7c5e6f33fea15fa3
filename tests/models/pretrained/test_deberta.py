"""DeBERTa v2 and v3 against transformers, in many shapes; rows for distances against its formula."""

import json

import numpy as np
import pytest
import torch
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

from bert4ner.backend.frameworks import keras
from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import load_transformer, open_folder
from bert4ner.networks.deberta_layers import distance_rows
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

DEBERTA = {
    **SIZES,
    "max_position_embeddings": 40,
    "position_biased_input": False,
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
}
V3 = {"position_buckets": 6, "max_relative_positions": 30, "share_att_key": True, "norm_rel_ebd": "layer_norm"}
SHAPES = {
    "v3": Shape(V3),
    "v3, its language model": Shape({**V3, "legacy": False, "pad_token_id": 3}, "ForMaskedLM", "sharded"),
    "v2": Shape({"max_relative_positions": -1, "position_biased_input": True}, "ForMaskedLM", "bin"),
    "v2 xlarge": Shape({**V3, "conv_kernel_size": 3, "conv_act": "gelu"}, form="fp16"),
    "convolution in groups": Shape({**V3, "conv_kernel_size": 5, "conv_groups": 2, "num_hidden_layers": 1}),
    "types": Shape({**V3, "type_vocab_size": 2, "norm_rel_ebd": "none"}, "ForTokenClassification"),
    "what is asked by where": Shape(
        {"pos_att_type": "p2c", "max_relative_positions": 9, "hidden_act": "relu", "num_attention_heads": 1}
    ),
    "where by what": Shape(
        {
            "pos_att_type": ["c2p"],
            "position_buckets": 8,
            "type_vocab_size": 1,
            "hidden_size": 5,
            "num_attention_heads": 1,
        }
    ),
    "neither": Shape({"pos_att_type": None, "num_attention_heads": 1}),
    "no distances": Shape({"relative_attention": False, "position_biased_input": True, "layer_norm_eps": 1e-3}),
    "no distances, kinds all the same": Shape({"relative_attention": False, "num_hidden_layers": 3, "hidden_size": 4}),
    "two widths": Shape({**V3, "embedding_size": 6, "pad_token_id": 1, "hidden_act": "gelu_new"}, "ForMaskedLM"),
    "two widths and positions": Shape({"embedding_size": 10, "position_biased_input": True, "type_vocab_size": 4}),
    "four heads": Shape({**V3, "num_attention_heads": 4, "position_buckets": 32, "max_relative_positions": 128}),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_states_are_those_of_transformers_and_bits_return(kind, tmp_path, caplog):
    shape = SHAPES[kind]
    encoder, weights = save_shape(shape, "DebertaV2", DEBERTA, tmp_path / "one")
    pad = shape.changes.get("pad_token_id", 0)
    ids, blocks = token_ids(pad), Blocks(tmp_path / "one")
    found = blocks.states(tmp_path / "one", ids)
    assert_near(found, transformers_states(encoder, ids, pad), ids != pad)
    assert "not known" not in caplog.text
    assert ("left out" in caplog.text) == (shape.suffix == "ForTokenClassification" and "classifier" in caplog.text)
    assert_there_and_back(tmp_path / "one", tmp_path, weights)
    assert all(map(np.array_equal, blocks.states(tmp_path / "back", ids), found))


def test_the_command_compares_the_states(tmp_path):
    _, weights = save_shape(SHAPES["v3, its language model"], "DebertaV2", DEBERTA, tmp_path / "one")
    assert_there_and_back(tmp_path / "one", tmp_path, weights, whole=True)


@pytest.mark.parametrize(("buckets", "farthest"), [(256, 512), (32, 128), (6, 30), (8, 512), (4, 9), (5, 40), (2, 20)])
def test_rows_of_distances_are_those_of_the_published_code(buckets, farthest):
    rows = distance_rows(buckets, farthest)
    last = len(rows) // 2
    distances = torch.arange(-5000, 5001)
    expected = make_log_bucket_position(distances, buckets, farthest).long()
    expected = torch.clamp(expected + buckets, 0, 2 * buckets - 1).numpy()
    assert np.array_equal(rows[np.clip(distances.numpy(), -last, last) + last], expected)


def test_rows_of_distances_without_buckets():
    assert distance_rows(0, 3).tolist() == [0, 1, 2, 3, 4, 5, 5]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pos_att_type": "c2p|p2p"}, "pos_att_type='c2p|p2p': expected some of c2p and p2c; this is another network"),
        ({"attention_head_size": 3}, "attention_head_size=3: expected hidden_size / num_attention_heads"),
        ({"conv_kernel_size": 4}, "conv_kernel_size=4: expected an odd number, as in the published network"),
        ({"norm_rel_ebd": "rms_norm"}, r"expected 'norm_rel_ebd' to be 'none' or 'layer_norm', found ['rms_norm']"),
        ({"share_att_key": False}, "self.pos_key_proj.weight"),
        ({"position_buckets": 8}, "rel_embeddings.weight has shape (12, 8), expected (16, 8)"),
        ({"relative_attention": False}, "is inside the encoder, and deberta has no such part"),
        ({"conv_kernel_size": 3}, "deberta.encoder.conv.conv.weight"),
        ({"type_vocab_size": 2}, "deberta.embeddings.token_type_embeddings.weight is missing"),
        ({"position_biased_input": True}, "deberta.embeddings.position_embeddings.weight is missing"),
        ({"model_type": "deberta", "architectures": None}, "model_type 'deberta' is DeBERTa, which is not read yet"),
    ],
)
def test_another_network_is_refused(changes, message, tmp_path):
    save_shape(SHAPES["v3"], "DebertaV2", DEBERTA, tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    with pytest.raises(CheckpointError) as error:
        load_transformer(tmp_path)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_only_a_table_of_positions_bounds_windows(tmp_path):
    save_shape(SHAPES["v3"], "DebertaV2", DEBERTA, tmp_path / "three")
    save_shape(SHAPES["v2"], "DebertaV2", DEBERTA, tmp_path / "two")
    assert not open_folder(tmp_path / "three").config.position_table
    assert open_folder(tmp_path / "two").config.position_table


def test_gradients_reach_every_weight_but_a_bias_that_softmax_forgets(tmp_path):
    save_shape(
        Shape({"position_buckets": 6, "conv_kernel_size": 3, "type_vocab_size": 2}), "DebertaV2", DEBERTA, tmp_path
    )
    network = load_transformer(tmp_path, dropout_rate=0.1, attention_dropout_rate=0.1)
    before = [weight.numpy() for weight in network.trainable_weights]
    network.compile(keras.optimizers.SGD(0.1), loss="mse")
    ids = token_ids(0)
    assert np.isfinite(network.train_on_batch([ids, ids % 2], np.random.default_rng(0).normal(size=(*ids.shape, 8))))
    pairs = zip(network.trainable_weights, before, strict=True)
    still = [weight.name for weight, old in pairs if np.array_equal(weight.numpy(), old)]
    assert [name for name in still if "c2p_bias" not in name] == []
