"""Keys of configurations: each that transformers has is heeded, required or ignored for a reason."""

import json
import logging
import shutil

import pytest
import transformers

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained import find_family, get_family, open_folder
from bert4ner.models.pretrained.keys import HEEDED, IGNORED, REQUIRED, Keys
from bert4ner.models.pretrained.missing import MISSING
from bert4ner.registry import FAMILIES

CLASSES = {
    "bert": "BertConfig",
    "albert": "AlbertConfig",
    "electra": "ElectraConfig",
    "ernie": "ErnieConfig",
    "roberta": "RobertaConfig",
    "xlm_roberta": "XLMRobertaConfig",
    "camembert": "CamembertConfig",
    "megatron_bert": "MegatronBertConfig",
    "distilbert": "DistilBertConfig",
    "deberta": "DebertaV2Config",
    "modernbert": "ModernBertConfig",
    "gte": "GteConfig",
    "roformer": "RoFormerConfig",
    "roformer_v2": "RoFormerConfig",
    "xlnet": "XLNetConfig",
    "t5": "T5Config",
    "gpt": "OpenAIGPTConfig",
}
"""Of transformers. It has none for the others: NEZHA was taken out, the rest it never had."""
WITHOUT = {"jina_bert", "nezha", "albert_early", "gpt2_ml", "nezha_gen"}


def test_every_family_says_what_its_keys_do():
    assert {*CLASSES, *WITHOUT} == {*FAMILIES}
    assert all(get_family(name, where="here").keys is not None for name in FAMILIES)


@pytest.mark.parametrize("name", CLASSES)
def test_every_key_of_transformers_is_known(name):
    family = get_family(name, where="here")
    published = getattr(transformers, CLASSES[name])().to_dict()
    assert family.keys.unknown(published, family.option_names()) == []
    assert published["model_type"] in family.model_types
    family.keys.check(published, family.option_names())


def test_a_key_that_is_new_in_transformers_would_fail_here():
    assert Keys().unknown({"hidden_size": 1, "use_time_travel": True}, ("hidden_size",)) == ["use_time_travel"]


def test_no_key_is_both_without_effect_and_with():
    assert not {*REQUIRED} & {*IGNORED, *HEEDED} and not {*IGNORED} & {*HEEDED}
    for name in FAMILIES:
        family = get_family(name, where="here")
        said = {*family.keys.heeded, *family.keys.required}
        assert not said & {*family.keys.ignored} and not said & {*IGNORED}, name
        assert all(reason for reason in family.keys.ignored.values())


@pytest.fixture
def configured(hugging_folder, tmp_path):
    """Changes the configuration of a copy of a BERT and returns the folder."""
    folder = shutil.copytree(hugging_folder("bert"), tmp_path / "bert")
    original = json.loads((folder / "config.json").read_text(encoding="utf-8"))

    def change(**changes):
        (folder / "config.json").write_text(json.dumps({**original, **changes}), encoding="utf-8")
        return folder

    return change


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("is_decoder", True, "expected False or None"),
        ("add_cross_attention", True, "expected False or None"),
        ("position_embedding_type", "relative_key", "expected 'absolute' or None"),
        ("position_embedding_type", "alibi", "expected 'absolute' or None"),
        ("use_task_id", True, "expected False or None"),
        ("feed_forward_type", "geglu", "expected 'original' or None"),
        ("rotary_value", False, "expected None"),
        ("max_relative_position", 64, "expected None"),
        ("use_relative_position", True, "expected False or None"),
        ("num_hidden_groups", 2, "expected 1 or None"),
        ("pruned_heads", {"0": [1]}, r"expected {} or \[\] or None"),
        ("quantization_config", {"bits": 4}, "expected None"),
        ("rope_theta", 10000.0, "expected None"),
    ],
)
def test_what_makes_another_network_is_refused_by_name(configured, key, value, expected):
    with pytest.raises(CheckpointError, match=rf"config\.json: {key}=.*: {expected}; this is another network"):
        open_folder(configured(**{key: value}))


def test_what_is_not_known_is_reported_in_one_line(configured, caplog):
    with caplog.at_level(logging.WARNING):
        open_folder(configured(frobnicate=1, use_cache=True, position_embedding_type="absolute"))
    (record,) = caplog.records
    assert record.getMessage().endswith("not known what these keys do, they are not heeded: frobnicate")
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        open_folder(configured(**{f"{'key' * 30}{number}": number for number in range(1000)}))
    (record,) = caplog.records
    assert record.getMessage().endswith(" and 988 more") and len(record.getMessage()) < 2000


@pytest.mark.parametrize(
    ("described", "message"),
    [
        ({"model_type": "nomic_bert"}, "model_type 'nomic_bert' is Nomic BERT, which is not read yet"),
        (
            {"model_type": "chinese_bert"},
            "model_type 'chinese_bert' is ChineseBERT, which needs tables of pinyin ",
        ),
        (
            {"architectures": ["GlyceBertModel"]},
            "the class GlyceBertModel is of ChineseBERT, which needs tables of pinyin",
        ),
        (
            {"model_type": "bert", "architectures": ["RobertaForMaskedLM"]},
            "the class 'RobertaForMaskedLM' is of roberta",
        ),
        ({"architectures": ["XLMRobertaXLModel"]}, "the class XLMRobertaXLModel is of XLM-RoBERTa-XL, which is not re"),
        (
            {"model_type": "roberta", "max_position_embeddings": 512, "pad_token_id": 0},
            "only model_type says that this is RoBERTa, but of 512 positions it would use 511",
        ),
        (
            {"model_type": "albert", "architectures": ["BertModel"]},
            "the class 'BertModel' is of bert, but model_type 'a",
        ),
        (
            {"model_type": "bert", "auto_map": {"AutoModel": "jinaai/implementation--modeling_bert.JinaBertModel"}},
            "position_embedding_type=None: expected 'alibi'; this is another network",
        ),
        (
            {"model_type": "bert", "auto_map": {"AutoModel": "modeling.MyModel"}},
            "auto_map names 'MyModel', code of its",
        ),
        ({"model_type": "lama"}, "expected the configuration of one of albert_early, .*; found model_type 'lama'"),
        ({"model_type": ["bert"] * 1000}, r"found model_type \['bert', 'bert', .*\.\.\.\]"),
        ({"model_type": "bert", "pad_token_id": 1, "max_position_embeddings": 514}, "these are the weights of RoBERTa"),
    ],
)
def test_what_a_folder_says_of_itself_must_agree(described, message):
    with pytest.raises(CheckpointError, match=message) as error:
        find_family(described, {}, where="here").configure(described, {}, where="here")
    assert str(error.value).startswith("here: ") and len(str(error.value)) < 500


@pytest.mark.parametrize("part", ["pinyin_embeddings.embedding.weight", "glyph_embeddings.embedding.weight"])
@pytest.mark.parametrize("prefix", ["bert.", ""])
def test_chinese_bert_is_refused_by_name_even_where_it_calls_itself_bert(part, prefix):
    described = {"model_type": "bert", "architectures": ["BertForMaskedLM"]}
    shapes = {f"{prefix}embeddings.word_embeddings.weight": (9, 4), f"{prefix}embeddings.{part}": (32, 4)}
    family = find_family(described, shapes, where="here")
    with pytest.raises(CheckpointError, match="here: these are the weights of ChineseBERT, which needs tables"):
        family.configure(described, shapes, where="here")


@pytest.mark.parametrize(
    ("described", "name"),
    [
        ({"model_type": "nezha", "num_hidden_groups": 1, "embedding_size": 128}, "nezha"),
        ({"architectures": ["OpenAIGPTLMHeadModel"]}, "gpt"),
        ({"architectures": ["BertForMaskedLM"]}, "bert"),
        ({"architectures": ["XLMRobertaModel"]}, "xlm_roberta"),
        ({"architectures": ["TFRobertaModel"]}, "roberta"),
        ({"model_type": "xlm-roberta", "architectures": ["RobertaModel"]}, "xlm_roberta"),
        ({"architectures": ["BertCrfForNer", "MyModel"], "model_type": "bert"}, "bert"),
        ({"architectures": ["TFElectraModel"]}, "electra"),
        ({"architectures": ["DebertaV2ForMaskedLM"]}, "deberta"),
        ({"model_type": "new", "auto_map": {"AutoModel": "Alibaba-NLP/new-impl--modeling.NewModel"}}, "gte"),
        ({"model_type": "bert", "auto_map": {"AutoModel": "jinaai/a--modeling_bert.JinaBertModel"}}, "jina_bert"),
        ({"model_type": "bert", "position_embedding_type": "alibi"}, "bert"),
        ({"model_type": "mt5", "auto_map": {"AutoTokenizer": ["a.B", None]}}, "t5"),
        ({"family": "nezha"}, "nezha"),
        ({"num_hidden_groups": 1}, "albert"),
        ({"use_relative_position": True}, "nezha"),
        ({}, "bert"),
    ],
)
def test_what_decides_a_family(described, name):
    assert find_family(described, {}, where="here").name == name


def test_a_family_is_read_or_missing():
    own = {kind for name in FAMILIES.own() for kind in get_family(name, where="here").model_types}
    assert not own & {kind for each in MISSING for kind in each.model_types}
