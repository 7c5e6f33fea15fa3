"""Configurations of encoders: what each family adds, what is refused, and that files keep the keys they had."""

import dataclasses
import json
from importlib import metadata

import pytest

from bert4ner.errors import CheckpointError, EnvironmentProblem
from bert4ner.models.pretrained import EncoderConfig, get_family, read_encoder_config
from bert4ner.models.pretrained.families.t5 import T5Config
from bert4ner.models.pretrained.families.xlnet import XLNetConfig
from bert4ner.registry import FAMILIES
from tests.conftest import TINY_ENCODER

SHARED = {
    "vocab_size": 107,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "hidden_act": "gelu",
}
RATES = {"hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.0}
SAVED = {
    "bert": {**SHARED, "max_position_embeddings": 64, "type_vocab_size": 2, **RATES, "layer_norm_eps": 1e-12},
    "albert": {**SHARED, "embedding_size": 16, "embedding_mapping": True},
    "albert_early": {**SHARED, "embedding_size": 16, "token_embedding_size": 12},
    "electra": {**SHARED, "embedding_size": 12},
    "ernie": {**SHARED, "type_vocab_size": 4, "layer_norm_eps": 1e-5, "use_task_id": True, "task_type_vocab_size": 3},
    "nezha": {**SHARED, "max_relative_position": 64},
    "roberta": {**SHARED, "max_position_embeddings": 514, "pad_id": 0, "position_pad_id": 1},
    "xlm_roberta": {**SHARED, "max_position_embeddings": 514, "pad_id": 1, "position_pad_id": 1},
    "camembert": {**SHARED, "pad_id": 1, "position_pad_id": 5},
    "megatron_bert": {**SHARED, **RATES, "max_position_embeddings": 512, "type_vocab_size": 2},
    "distilbert": {**SHARED, **RATES, "max_position_embeddings": 512, "sinusoidal_pos_embds": True},
    "roformer": SHARED,
    "roformer_v2": {**SHARED, "layer_norm_eps": 1e-7},
    "deberta": {
        **SHARED,
        **RATES,
        "max_position_embeddings": 512,
        "type_vocab_size": 0,
        "layer_norm_eps": 1e-7,
        "position_biased_input": False,
        "relative_attention": True,
        "position_buckets": 256,
        "max_relative_positions": 512,
        "pos_att_type": "c2p|p2c",
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "conv_kernel_size": 3,
        "conv_groups": 1,
        "conv_act": "gelu",
        "legacy": False,
    },
    "modernbert": {
        **SHARED,
        "layer_norm_eps": 1e-5,
        "layer_kinds": "gl",
        "local_attention": 6,
        "global_theta": 160000.0,
        "local_theta": 10000.0,
        "norm_bias": False,
        "attention_bias": True,
        "mlp_bias": False,
    },
    "gte": {
        **SHARED,
        "type_vocab_size": 0,
        "layer_norm_eps": 1e-12,
        "position_embedding_type": "rope",
        "rope_theta": 20000.0,
        "rope_factor": 8.0,
        "rope_mixture": 0.5,
        "layer_norm_type": "rms_norm",
        "pack_qkv": True,
    },
    "jina_bert": {**SHARED, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "query_norm": True},
    "xlnet": {**SHARED, **RATES, "clamp_length": -1, "pad_id": 5, "attention_head_size": 8},
    "t5": {
        **SHARED,
        "layer_norm_eps": 1e-6,
        **RATES,
        "attention_head_size": 7,
        "relative_buckets": 32,
        "relative_distance": 128,
        "gated": True,
        "version": "t5.1.1",
        "scale_output": False,
    },
    "gpt": {**SHARED, "layer_norm_eps": 1e-5, "shared_segment_embeddings": True, "segment_vocab_size": 0},
    "gpt2_ml": {**SHARED, "layer_norm_eps": 1e-5},
    "nezha_gen": {**SHARED, "application": "lm", "segment_vocab_size": 0},
}
"""What model folders of before `EncoderConfig` hold, by family."""


def read(**described):
    return read_encoder_config(described, where="run/config.json")


def refusal(described):
    with pytest.raises(CheckpointError) as error:
        read_encoder_config(described, where="run/config.json")
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix("run/config.json: ")


def test_every_family_is_here():
    assert set(SAVED) == set(FAMILIES)


@pytest.mark.parametrize("family", SAVED)
def test_what_models_hold_is_read_and_written_again(family):
    described = {"family": family, **SAVED[family]}
    config = read_encoder_config(json.loads(json.dumps(described)), where="here")
    assert type(config) is get_family(family, where="here").config and config.family == family
    assert config.to_dict() == described
    assert config.options() == SAVED[family]


@pytest.mark.parametrize("family", SAVED)
def test_what_a_family_says_holds_for_its_own_result(family):
    kind = get_family(family, where="here")
    assert kind.configure(SAVED[family], {}, where="here").options() == SAVED[family]


def test_none_in_a_file_says_nothing():
    said = {"family": "xlnet", **SHARED}
    unsaid = {"hidden_dropout_prob": None, "attention_head_size": None, "clamp_length": None, "pad_id": None}
    assert read(**said, **unsaid) == read(**said) == XLNetConfig(**said)
    assert read(**said).to_dict() == {**said, "clamp_length": -1, "pad_id": 5}


def test_models_of_before_families_hold_all_that_bert_was_published_with():
    config = read(**TINY_ENCODER)
    assert type(config) is EncoderConfig and config.family == "bert"
    assert config.options() == {key: value for key, value in TINY_ENCODER.items() if key != "initializer_range"}


@pytest.mark.parametrize(
    ("family", "changes", "said"),
    [
        ("bert", {"hidden_size": None}, "expected 'hidden_size' to be a whole number above 0, found None"),
        ("bert", {"vocab_size": 1.5}, "expected 'vocab_size' to be a whole number above 0, found 1.5"),
        ("bert", {"hidden_act": "gleu"}, "expected 'hidden_act' to be the name of an activation, as a rule 'gelu', "),
        ("bert", {"layer_norm_eps": 1}, "expected 'layer_norm_eps' to be a number in (0, 1), found 1"),
        ("bert", {"hidden_sise": 16}, "bert has no option 'hidden_sise'; did you mean 'hidden_size'?"),
        ("bert", {"x" * 5000: 64}, f"bert has no option '{'x' * 27}...{'x' * 28}'; known: "),
        ("bert", {"max_relative_position": 64}, "bert has no option 'max_relative_position'"),
        ("bert", {"num_attention_heads": 3}, "hidden_size=16 is not a multiple of num_attention_heads=3"),
        ("roformer", {"num_attention_heads": 16}, "hidden_size=16 with num_attention_heads=16: rotary positions need"),
        (
            "modernbert",
            {"num_attention_heads": 16},
            "hidden_size=16 with num_attention_heads=16: rotary positions need",
        ),
        ("gte", {"num_attention_heads": 16}, "hidden_size=16 with num_attention_heads=16: rotary positions need"),
        ("roberta", {"max_position_embeddings": 2}, "max_position_embeddings=2: expected more than pad_token_id=1 and"),
        (
            "deberta",
            {"pos_att_type": "p2p"},
            "expected 'pos_att_type' to be '' or 'c2p' or 'p2c' or 'c2p|p2c', fo",
        ),
        ("modernbert", {"layer_kinds": "glg"}, "expected as many kinds of layers as num_hidden_layers=2, found 3"),
        ("modernbert", {"layer_kinds": "gs"}, "expected 'layer_kinds' to be a row of the letters g and l, found 'gs'"),
        ("gte", {"rope_theta": 0}, "expected 'rope_theta' to be a number above 0, found 0"),
        ("nezha", {"max_relative_position": 0}, "expected 'max_relative_position' to be a whole number above 0, "),
        ("albert", {"embedding_mapping": 1}, "expected 'embedding_mapping' to be true or false, found 1"),
        ("albert_early", {"token_embedding_size": "12"}, "expected 'token_embedding_size' to be a whole number above"),
        ("t5", {"version": "t5.2"}, "expected 'version' to be 't5.1.0' or 't5.1.1', found 't5.2'"),
        ("t5", {"gated": "yes"}, "expected 'gated' to be true or false, found 'yes'"),
        ("t5", {"attention_head_size": 0}, "expected 'attention_head_size' to be a whole number above 0, found 0"),
        ("t5", {"attention_head_size": None, "num_attention_heads": 3}, "hidden_size=16 is not a multiple of "),
        ("xlnet", {"pad_id": -1}, "expected 'pad_id' to be a whole number, 0 or more, found -1"),
        ("xlnet", {"clamp_length": 0.5}, "expected 'clamp_length' to be a whole number, found 0.5"),
        ("gpt", {"segment_vocab_size": True}, "expected 'segment_vocab_size' to be a whole number, 0 or more, found"),
        ("nezha_gen", {"application": "unilm"}, "expected 'application' to be 'lm', found 'unilm'"),
    ],
)
def test_what_no_encoder_of_the_family_can_have_is_reported_by_file_and_key(family, changes, said):
    assert refusal({"family": family, **SAVED[family], **changes}).startswith(said)


@pytest.mark.parametrize("key", SHARED)
def test_what_every_encoder_must_have(key):
    said = refusal({"family": "bert", **{name: value for name, value in SHARED.items() if name != key}})
    assert said.startswith(f"expected {key!r} to be ") and said.endswith(", it is missing")


def test_heads_with_a_size_of_their_own_need_not_divide_the_width():
    described = {"family": "t5", **SAVED["t5"], "num_attention_heads": 3}
    assert T5Config.from_dict(described, where="here").num_attention_heads == 3


@pytest.mark.parametrize("described", [None, [], "bert"])
def test_what_is_no_object(described):
    assert refusal(described).startswith("expected a JSON object with hidden_size etc., got ")


@pytest.mark.parametrize("name", ["gtp", 3, ["bert"]])
def test_a_family_that_there_is_not(name):
    assert refusal({"family": name, **SHARED}).startswith("expected family to be one of albert_early, albert, electra")


def test_a_configuration_stays_as_it_was_checked():
    config = read(family="bert", **SHARED)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.hidden_size = 3
    with pytest.raises(CheckpointError, match="expected 'hidden_size' to be a whole number above 0, found -1"):
        dataclasses.replace(config, hidden_size=-1)


def test_the_unfinished_family_of_another_package_is_reported(monkeypatch):
    half = metadata.EntryPoint("half", "math:pi", FAMILIES.group)
    monkeypatch.setitem(FAMILIES.__dict__, "_added", {"half": half})
    with pytest.raises(EnvironmentProblem, match=r"its family 'half' cannot be loaded from math:pi .*found 3\.14"):
        get_family("half", where="here")
