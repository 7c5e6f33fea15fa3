"""Pretrained folders of every family, tiny, with random weights: by transformers, or with the original names."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bert4ner.models.pretrained.weight_writing import write_tensorflow
from tests.conftest import CHARACTERS, SPECIAL_TOKENS, TINY_ENCODER, google_variables

IDS = np.array([[3, 40, 41, 42, 43, 17, 18, 9, 44, 4], [3, 50, 51, 52, 4, 0, 0, 0, 0, 0]])  # (batch, length), padding 0
REAL = IDS > 0
SIZES = {key: value for key, value in TINY_ENCODER.items() if key != "initializer_range"}

DEBERTA = {
    "relative_attention": True,
    "pos_att_type": ["c2p", "p2c"],
    "norm_rel_ebd": "layer_norm",
    "max_relative_positions": 8,
    "position_biased_input": False,
}
MODERN_TOKENS = ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id")
HUGGING = {
    "bert": ("Bert", {"layer_norm_eps": 1e-3}),
    "bert, gelu by tanh": ("Bert", {"hidden_act": "gelu_new"}),
    "albert": ("Albert", {"embedding_size": 12, "hidden_act": "gelu_new", "num_hidden_layers": 3}),
    "albert, one width": ("Albert", {"embedding_size": 16}),
    "electra": ("Electra", {"embedding_size": 12, "layer_norm_eps": 1e-3}),
    "electra, one width": ("Electra", {"embedding_size": 16}),
    "ernie": ("Ernie", {"use_task_id": True, "layer_norm_eps": 1e-5, "hidden_act": "relu", "type_vocab_size": 4}),
    "ernie, no tasks": ("Ernie", {"layer_norm_eps": 1e-3}),
    "roberta": ("Roberta", {"layer_norm_eps": 1e-5, "type_vocab_size": 1}),
    "roberta, padding is 0": ("Roberta", {"pad_token_id": 0}),
    "xlm_roberta": ("XLMRoberta", {"layer_norm_eps": 1e-5, "hidden_act": "relu"}),
    "camembert": ("Camembert", {}),
    "megatron_bert": ("MegatronBert", {"layer_norm_eps": 1e-3}),
    "distilbert": ("DistilBert", {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}),
    "deberta": ("DebertaV2", {**DEBERTA, "type_vocab_size": 0, "position_buckets": 4, "share_att_key": True}),
    "deberta, segments and positions": ("DebertaV2", {**DEBERTA, "position_biased_input": True, "conv_kernel_size": 3}),
    "modernbert": ("ModernBert", {**dict.fromkeys(MODERN_TOKENS, 0), "local_attention": 4, "norm_eps": 1e-3}),
    "gte": ("Gte", {"pad_token_id": 0}),
    "roformer": ("RoFormer", {"embedding_size": 16, "layer_norm_eps": 1e-3}),
    "roformer, two widths": ("RoFormer", {"embedding_size": 12}),
}
"""What transformers has: name of its classes, what differs from `SIZES`."""
ORIGINAL = ("bert in TensorFlow", "nezha", "roformer in TensorFlow", "roformer_v2", "albert_early")
"""What it lacks, or has under other names: written as TensorFlow checkpoints. roberta_zh has the names of BERT."""


def write_vocabulary(folder: Path) -> None:
    (folder / "vocab.txt").write_text("\n".join([*SPECIAL_TOKENS, *CHARACTERS]) + "\n", encoding="utf-8")


def transformers_model(kind: str, suffix: str = "Model") -> Any:
    """A model of transformers, random weights large enough that every part of it matters."""
    import torch  # deferred: seconds
    import transformers

    name, changes = HUGGING[kind]
    config = getattr(transformers, f"{name}Config")(**{**SIZES, **changes})
    model = getattr(transformers, f"{name}{suffix}")(config).eval()
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if parameter.requires_grad:  # the table of rotary positions is fixed
                parameter.normal_(0, 0.3, generator=generator)
                parameter.add_(float("norm" in parameter_name.lower() and parameter_name.endswith("weight")))
    return model


def hidden_states(model: Any) -> list[np.ndarray]:
    """The output of every block for IDS, by transformers."""
    import torch

    with torch.no_grad():
        ids = torch.tensor(IDS)
        more = {"token_type_ids": ids * 0} if hasattr(model.config, "type_vocab_size") else {}
        found = model(ids, attention_mask=(ids > 0).long(), output_hidden_states=True, **more)
    return [state.numpy() for state in found.hidden_states[1:]]


@pytest.fixture(scope="session")
def hugging_folder(tmp_path_factory) -> Callable[[str], Path]:
    """Folder of one of HUGGING, as save_pretrained writes it, made once; tests leave it as it is."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind.replace(" ", "-").replace(",", ""))
            transformers_model(kind).save_pretrained(made[kind])
            write_vocabulary(made[kind])
        return made[kind]

    return make


def original_variables(kind: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Configuration and variables of one of ORIGINAL, with the names in which it was published."""
    config: dict[str, Any] = {**SIZES}
    rng = np.random.default_rng(11)
    if kind == "albert_early":
        config |= {"embedding_size": 12, "num_hidden_layers": 3}
        found = google_variables({**config, "num_hidden_layers": 1}, rng)
        found = {name.replace("layer_0", "layer_shared"): value for name, value in found.items()}
        words = "bert/embeddings/word_embeddings"
        found |= {
            words: rng.normal(scale=0.4, size=(config["vocab_size"], 12)).astype("float32"),
            f"{words}_2": rng.normal(scale=0.4, size=(12, 16)).astype("float32"),
        }
        return config, {name: value for name, value in found.items() if "/adam_" not in name}
    found = google_variables(config, rng)
    if kind == "bert in TensorFlow":
        return config, found
    del found["bert/embeddings/position_embeddings"]
    if kind == "roformer in TensorFlow":
        config["model_type"] = "roformer"
    if kind == "nezha":
        config["use_relative_position"] = True
    if kind == "roformer_v2":
        kept = re.compile(r"bert/embeddings/.*embeddings|bert/encoder/.*/kernel")
        found = {name: value for name, value in found.items() if kept.fullmatch(name)}
        config |= {"hidden_act": "relu"}
    return config, found


@pytest.fixture(scope="session")
def original_folder(tmp_path_factory) -> Callable[[str], Path]:
    """Folder of one of ORIGINAL, made once; tests leave it as it is."""
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            made[kind] = tmp_path_factory.mktemp(kind.replace(" ", "-"))
            config, variables = original_variables(kind)
            (made[kind] / "bert_config.json").write_text(json.dumps(config), encoding="utf-8")
            write_tensorflow(str(made[kind] / "bert_model.ckpt"), variables)
            write_vocabulary(made[kind])
        return made[kind]

    return make


@pytest.fixture(scope="session")
def any_folder(hugging_folder, original_folder) -> Callable[[str], Path]:
    """Folder of one of HUGGING or ORIGINAL."""
    return lambda kind: hugging_folder(kind) if kind in HUGGING else original_folder(kind)
