"""Configurations of well-known encoders as they were published: the right family, and every key of them known."""

from typing import Any

import pytest

from bert4ner.models.pretrained import find_family

ROBERTA = {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "layer_norm_eps": 1e-5, "type_vocab_size": 1}
SIZES = {
    "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "max_position_embeddings": 514,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
}
ERNIE = {"model_type": "ernie", "max_position_embeddings": 2048, "type_vocab_size": 4, "vocab_size": 40000}
PUBLISHED: dict[str, tuple[str, dict[str, Any], int]] = {
    "ernie-1.0-base-zh": (
        "ernie",
        {**SIZES, **ERNIE, "max_position_embeddings": 513, "hidden_act": "relu", "layer_norm_eps": 1e-5},
        513,
    ),
    "ernie-3.0-base-zh": (
        "ernie",
        {
            **SIZES,
            **ERNIE,
            "architectures": ["ErnieForMaskedLM"],
            "layer_norm_eps": 1e-5,
            "pad_token_id": 0,
            "task_type_vocab_size": 3,
            "use_task_id": True,
            "use_cache": True,
            "classifier_dropout": None,
        },
        2048,
    ),
    "roberta-base": ("roberta", {**SIZES, **ROBERTA, "model_type": "roberta", "vocab_size": 50265}, 512),
    "guwenbert-base": (
        "roberta",
        {
            **SIZES,
            **ROBERTA,
            "architectures": ["RobertaForMaskedLM"],
            "model_type": "roberta",
            "gradient_checkpointing": False,
            "tokenizer_class": "BertTokenizer",
            "vocab_size": 23292,
        },
        512,
    ),
    "xlm-roberta-base": (
        "xlm_roberta",
        {
            **SIZES,
            **ROBERTA,
            "architectures": ["XLMRobertaForMaskedLM"],
            "model_type": "xlm-roberta",
            "output_past": True,
            "position_embedding_type": "absolute",
            "vocab_size": 250002,
        },
        512,
    ),
    "bge-m3": (
        "xlm_roberta",
        {
            **SIZES,
            **ROBERTA,
            "architectures": ["XLMRobertaModel"],
            "model_type": "xlm-roberta",
            "max_position_embeddings": 8194,
            "classifier_dropout": None,
            "vocab_size": 250002,
        },
        8192,
    ),
    "multilingual-e5-small": (
        "bert",
        {
            **SIZES,
            "architectures": ["BertModel"],
            "hidden_size": 384,
            "max_position_embeddings": 512,
            "model_type": "bert",
            "pad_token_id": 0,
            "position_embedding_type": "absolute",
            "vocab_size": 250037,
            "tokenizer_class": "XLMRobertaTokenizer",
            "torch_dtype": "float32",
            "type_vocab_size": 2,
        },
        512,
    ),
    "Erlangshen-MegatronBert-1.3B": (
        "megatron_bert",
        {
            **SIZES,
            "architectures": ["MegatronBertForMaskedLM"],
            "model_type": "megatron-bert",
            "hidden_size": 2048,
            "num_attention_heads": 8,
            "max_position_embeddings": 512,
            "vocab_size": 21248,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
            "type_vocab_size": 2,
            "gradient_checkpointing": False,
        },
        512,
    ),
    "distilbert-base-multilingual-cased": (
        "distilbert",
        {
            "activation": "gelu",
            "architectures": ["DistilBertForMaskedLM"],
            "attention_dropout": 0.1,
            "dim": 768,
            "dropout": 0.1,
            "hidden_dim": 3072,
            "initializer_range": 0.02,
            "max_position_embeddings": 512,
            "model_type": "distilbert",
            "n_heads": 12,
            "n_layers": 6,
            "output_past": True,
            "pad_token_id": 0,
            "qa_dropout": 0.1,
            "seq_classif_dropout": 0.2,
            "sinusoidal_pos_embds": False,
            "tie_weights_": True,
            "vocab_size": 119547,
        },
        512,
    ),
}
"""Family, configuration, the longest input in tokens."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_configuration_is_known(name):
    family_name, described, positions = PUBLISHED[name]
    family = find_family(described, {}, where="here")
    assert family.name == family_name
    assert family.keys.unknown(described, family.option_names()) == []
    config = family.configure(described, {}, where="here")
    assert config.num_positions == positions
    assert (config.hidden_size, config.num_hidden_layers) == tuple(
        described.get(key, described.get(word))
        for key, word in (("hidden_size", "dim"), ("num_hidden_layers", "n_layers"))
    )
