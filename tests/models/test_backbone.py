"""The encoder with a checkpoint's weights against BERT's formulas in numpy, and what it refuses to build."""

import dataclasses
import json
import math

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.config import ModelConfig
from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.models.backbone import build_backbone, check_fresh, encoder_parameters, layer_number
from bert4ner.models.pretrained import read_encoder_config

IDS = np.array([[3, 40, 41, 42, 43, 4], [3, 50, 51, 4, 0, 0]])  # (batch, length), padding 0
REAL = IDS > 0


def bert(values, config, ids):
    """All states of BERT as its paper has it: {(block, "attention" or "feed_forward"): (batch, length, width)}."""
    width, heads = config["hidden_size"], config["num_attention_heads"]
    batch, length = ids.shape
    erf = np.vectorize(math.erf)

    def dense(given, name):
        return given @ values[f"{name}/kernel"] + values[f"{name}/bias"]

    def norm(given, name):
        centred = given - given.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        return centred / spread * values[f"{name}/gamma"] + values[f"{name}/beta"]

    embeddings = "bert/embeddings"
    state = values[f"{embeddings}/word_embeddings"][ids] + values[f"{embeddings}/token_type_embeddings"][0]
    state = norm(state + values[f"{embeddings}/position_embeddings"][:length], f"{embeddings}/LayerNorm")
    states = {}
    for block in range(config["num_hidden_layers"]):
        layer = f"bert/encoder/layer_{block}"
        query, key, value = (
            dense(state, f"{layer}/attention/self/{part}").reshape(batch, length, heads, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )  # (batch, heads, length, size)
        scores = query @ key.transpose(0, 1, 3, 2) / math.sqrt(width // heads)  # (batch, heads, length, length)
        scores = np.where(ids[:, None, None, :] > 0, scores, -np.inf)
        probabilities = np.exp(scores - scores.max(axis=-1, keepdims=True))
        context = probabilities / probabilities.sum(axis=-1, keepdims=True) @ value
        context = context.transpose(0, 2, 1, 3).reshape(batch, length, width)
        state = norm(state + dense(context, f"{layer}/attention/output/dense"), f"{layer}/attention/output/LayerNorm")
        states[block, "attention"] = state
        inner = dense(state, f"{layer}/intermediate/dense")
        inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
        state = norm(state + dense(inner, f"{layer}/output/dense"), f"{layer}/output/LayerNorm")
        states[block, "feed_forward"] = state
    return states


@pytest.fixture(scope="module")
def described(tiny_checkpoint):
    return json.loads((tiny_checkpoint / "bert_config.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def encoder(described):
    return read_encoder_config(described, where="here")


@pytest.fixture(scope="module")
def values(tiny_checkpoint):
    """The checkpoint's variables in float64, read by TensorFlow itself."""
    reader = tf.train.load_checkpoint(str(tiny_checkpoint / "bert_model.ckpt"))
    return {name: reader.get_tensor(name).astype(float) for name in reader.get_variable_to_shape_map()}


@pytest.mark.parametrize("tap", ["feed_forward", "attention"])
def test_the_hidden_states_are_those_of_bert(described, encoder, values, tiny_checkpoint, tap):
    backbone = build_backbone(
        encoder, ModelConfig(fusion="concat", fusion_layers=2, tap=tap), dropout="auto", max_length=64
    )
    backbone.load(str(tiny_checkpoint / "bert_model.ckpt"))
    found = keras.Model(backbone.inputs, backbone.blocks)([IDS, np.zeros_like(IDS)])
    expected = bert(values, described, IDS)
    assert len(found) == 2
    for block, states in enumerate(found):
        np.testing.assert_allclose(states.numpy()[REAL], expected[block, tap][REAL], atol=2e-5)
    assert not np.allclose(expected[1, "attention"], expected[1, "feed_forward"], atol=0.1)


def test_the_last_block_alone_is_taken_unless_blocks_are_fused(encoder):
    for options, count in (({"fusion": "last", "fusion_layers": 9}, 1), ({"fusion": "mean", "fusion_layers": 2}, 2)):
        backbone = build_backbone(encoder, ModelConfig(**options), dropout="auto", max_length=64)
        assert len(backbone.blocks) == count
        assert backbone.blocks[-1] is backbone.transformer.model.output


def test_variables_that_do_not_fit_are_named_and_counted(encoder, tiny_checkpoint):
    model = ModelConfig()
    larger = build_backbone(dataclasses.replace(encoder, num_hidden_layers=3), model, dropout="auto", max_length=64)
    with pytest.raises(CheckpointError) as missing:
        larger.load(str(tiny_checkpoint / "bert_model.ckpt"))
    text = str(missing.value)
    assert text.count("bert/encoder/layer_2/") == 4 and text.endswith(" and 12 more are missing")
    wider = build_backbone(dataclasses.replace(encoder, intermediate_size=40), model, dropout="auto", max_length=64)
    with pytest.raises(CheckpointError) as misshapen:
        wider.load(str(tiny_checkpoint / "bert_model.ckpt"))
    text = str(misshapen.value)
    assert "bert/encoder/layer_0/intermediate/dense/kernel has shape (16, 32), expected (16, 40)" in text
    assert text.count("expected (") == 4 and text.endswith("; 2 more have other shapes") and "\n" not in text


def test_a_checkpoint_that_does_not_fit_leaves_the_weights_alone(encoder, tiny_checkpoint):
    backbone = build_backbone(
        dataclasses.replace(encoder, num_hidden_layers=3), ModelConfig(), dropout="auto", max_length=64
    )
    before = backbone.transformer.model.get_weights()
    with pytest.raises(CheckpointError):
        backbone.load(str(tiny_checkpoint / "bert_model.ckpt"))
    for one, other in zip(before, backbone.transformer.model.get_weights(), strict=True):
        assert np.array_equal(one, other)


def test_no_more_is_asked_of_an_encoder_than_it_has(encoder):
    with pytest.raises(ConfigError, match=r"max_length=65, but the encoder has 64 positions; lower --max-length"):
        build_backbone(encoder, ModelConfig(), dropout="auto", max_length=65)
    with pytest.raises(ConfigError, match=r"fusion_layers=3, but the encoder has 2 layers; lower --fusion-layers"):
        build_backbone(encoder, ModelConfig(fusion="mean", fusion_layers=3), dropout="auto", max_length=64)


@pytest.mark.parametrize(("dropout", "expected"), [("auto", 0.25), (0.0, 0.0), (0.5, 0.5)])
def test_dropout_is_what_the_configuration_says_unless_reported_otherwise(encoder, dropout, expected):
    encoder = dataclasses.replace(encoder, hidden_dropout_prob=0.25, attention_probs_dropout_prob=0.25)
    transformer = build_backbone(encoder, ModelConfig(), dropout=dropout, max_length=64).transformer
    assert (transformer.dropout_rate, transformer.attention_dropout_rate) == (expected, expected)


def test_words_of_other_tools_in_a_configuration_change_nothing(described, encoder):
    foreign = {
        "model": "x",
        "name": "x",
        "prefix": "x",
        "layers": 12,
        "with_mlm": True,
        "application": "lm",
        "embedding_size": None,
        "model_type": "bert",
    }
    backbone = build_backbone(
        read_encoder_config({**described, **foreign}, where="here"), ModelConfig(), dropout="auto", max_length=64
    )
    plain = build_backbone(encoder, ModelConfig(), dropout="auto", max_length=64)
    assert list(backbone.transformer.layers) == list(plain.transformer.layers)


def test_the_size_of_an_encoder_counts_its_matrices(encoder):
    transformer = build_backbone(encoder, ModelConfig(), dropout="auto", max_length=64).transformer
    matrices = sum(
        weight.shape.num_elements()
        for weight in transformer.model.weights
        if weight.name.startswith("Transformer") and len(weight.shape) == 2
    )
    assert encoder_parameters(encoder) == matrices


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Embedding-Token", 0),
        ("Embedding-Relative-Position", 0),
        ("Transformer-0-FeedForward-Norm", 1),
        ("Transformer-1-MultiHeadSelfAttention", 2),
        ("Transformer-10-FeedForward", 11),
        ("Transformer-11-FeedForward", 12),
        ("Transformer-FeedForward", 12),  # ALBERT's, of all layers
        ("Encoder-Embedding-Relative-Position", 0),
        ("Encoder-Transformer-1-FeedForward", 2),
        ("Encoder-Output-Norm", 12),
    ],
)
def test_layers_are_reported_by_their_exact_number(name, number):
    assert layer_number(name, last=12) == number


def test_layers_that_an_encoder_lacks_or_shares_cannot_begin_anew(encoder):
    check_fresh(encoder, 2)
    with pytest.raises(ConfigError, match="reinitialise_layers=3, but the encoder has 2 layers"):
        check_fresh(encoder, 3)
    albert = dataclasses.replace(encoder, family="albert")
    check_fresh(albert, 0)
    with pytest.raises(ConfigError, match="reinitialise_layers=1: the layers of the family albert share their weights"):
        check_fresh(albert, 1)
