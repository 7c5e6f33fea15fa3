"""Families of transformers in many shapes and forms of file: states as there, and there and back with equal bits.

Each variant changes several things at once: sizes, activation, epsilon, segments, padding, the class that was saved,
how its variables are named and stored.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from bert4ner.models.pretrained import open_folder
from tests.models.pretrained.shapes import (
    Blocks,
    assert_near,
    assert_there_and_back,
    transformers_states,
    write_tokens,
    write_weights,
)

TOKENS = 29


@dataclass(frozen=True)
class Kind:
    """Of a family in transformers.

    Attributes:
        classes: how the names of its classes begin.
        base: before the names of an encoder's variables where it has heads.
        words: how its configuration calls what variants have; nothing: it has not.
        more: further options, in the order of the variants; repeated.
    """

    classes: str
    base: str
    words: dict[str, str] = field(default_factory=dict)
    more: tuple[dict[str, Any], ...] = ({},)


_EMBEDDINGS = ({"embedding_size": 12}, {"embedding_size": 6}, {"embedding_size": 8})
_ROWS = ({}, {"max_position_embeddings": 66}, {"max_position_embeddings": 130})
KINDS = {
    "bert": Kind("Bert", "bert"),
    "albert": Kind("Albert", "albert", more=_EMBEDDINGS),
    "electra": Kind("Electra", "electra", more=_EMBEDDINGS),
    "roformer": Kind("RoFormer", "roformer", more=tuple({**each, "rotary_value": False} for each in _EMBEDDINGS)),
    "roberta": Kind("Roberta", "roberta", more=_ROWS),
    "xlm_roberta": Kind("XLMRoberta", "roberta", more=_ROWS),
    "camembert": Kind("Camembert", "roberta", more=_ROWS),
    "megatron_bert": Kind("MegatronBert", "bert"),
    "distilbert": Kind(
        "DistilBert",
        "distilbert",
        {
            "num_hidden_layers": "n_layers",
            "num_attention_heads": "n_heads",
            "hidden_size": "dim",
            "intermediate_size": "hidden_dim",
            "hidden_act": "activation",
            "layer_norm_eps": "",
            "type_vocab_size": "",
        },
        more=({}, {"sinusoidal_pos_embds": True}),
    ),
    "ernie": Kind(
        "Ernie",
        "ernie",
        more=(
            {},
            {"use_task_id": True, "task_type_vocab_size": 3},
            {"use_task_id": True, "task_type_vocab_size": 16, "max_position_embeddings": 2048},
        ),
    ),
}
VARIANTS = (
    # layers, heads, width, inner width, activation, epsilon, segments, padding, class, form, prefix
    (1, 1, 8, 8, "gelu", 1e-12, 2, 0, "Model", "safetensors", False),
    (2, 2, 8, 12, "relu", 1e-5, 1, 1, "Model", "bin", True),
    (3, 4, 16, 8, "gelu_new", 1e-3, 4, 2, "ForMaskedLM", "sharded", True),
    (1, 3, 12, 12, "silu", 0.1, 16, 28, "ForTokenClassification", "fp16", True),
    (2, 1, 4, 16, "gelu", 1e-7, 2, 1, "ForPreTraining", "safetensors", True),
    (1, 2, 4, 4, "tanh", 1e-12, 4, 0, "ForMaskedLM", "bin", False),
    (2, 4, 8, 5, "relu", 1e-5, 1, 3, "ForTokenClassification", "sharded", False),
    (1, 8, 16, 16, "quick_gelu", 1e-2, 2, 17, "ForPreTraining", "fp16", False),
    (4, 2, 12, 10, "gelu", 1e-5, 16, 1, "Model", "sharded", False),
    (1, 5, 10, 40, "leaky_relu", 1e-12, 3, 0, "ForPreTraining", "bin", True),
    (2, 3, 6, 6, "gelu_pytorch_tanh", 1e-6, 4, 4, "ForMaskedLM", "fp16", True),
    (1, 1, 2, 3, "mish", 1e-1, 2, 2, "Model", "fp16", True),
)
WORDS = (
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_size",
    "intermediate_size",
    "hidden_act",
    "layer_norm_eps",
    "type_vocab_size",
    "pad_token_id",
)


def options(kind: Kind, number: int) -> dict[str, Any]:
    """What the configuration of a variant says, in the words of its family."""
    values = zip(WORDS, VARIANTS[number][: len(WORDS)], strict=True)
    said = {kind.words.get(word, word): value for word, value in values}
    said |= {"vocab_size": TOKENS, "max_position_embeddings": 40, **kind.more[number % len(kind.more)]}
    return {key: value for key, value in said.items() if key}


def make(kind: Kind, number: int) -> Any:
    """The model of a variant, weights large enough that every part of it matters."""
    suffix = VARIANTS[number][-3]
    if not hasattr(transformers, kind.classes + suffix):
        suffix = "ForMaskedLM"  # pretraining was no more
    config = getattr(transformers, f"{kind.classes}Config")(**options(kind, number))
    model = getattr(transformers, kind.classes + suffix)(config).eval()
    generator = torch.Generator().manual_seed(number)
    with torch.no_grad():
        drawn = {name: each for name, each in model.named_parameters() if each.requires_grad}  # not a table of sines
        for name, parameter in drawn.items():
            parameter.normal_(0, 0.4, generator=generator)
            parameter.add_(float(parameter.ndim == 1 and name.endswith("weight")))  # norms
            if VARIANTS[number][-2] == "fp16":
                parameter.copy_(parameter.half())
    return model


def save(model: Any, kind: Kind, number: int, folder: Any) -> dict[str, torch.Tensor]:
    """Writes a folder as somebody published it and returns its variables."""
    form, prefixed = VARIANTS[number][-2:]
    weights, base = model.state_dict(), f"{kind.base}."
    if prefixed and type(model).__name__.endswith("Model"):
        weights = {base + name: value for name, value in weights.items()}
    elif not prefixed:
        weights = {name.removeprefix(base): value for name, value in weights.items()}
    write_weights(weights, folder, form)
    described = {**model.config.to_dict(), "architectures": [type(model).__name__]}
    (folder / "config.json").write_text(json.dumps(described, default=str), encoding="utf-8")
    write_tokens(folder, VARIANTS[number][len(WORDS) - 1], TOKENS)
    return weights


def random_ids(model: Any) -> tuple[np.ndarray, np.ndarray]:
    """Token and segment ids (batch, length); some at the end are padding, all of a vocabulary's may occur."""
    rng, config = np.random.default_rng(3), model.config
    ids = rng.integers(0, TOKENS, (3, 9))
    ids = np.where(ids == config.pad_token_id, (config.pad_token_id + 5) % TOKENS, ids)
    ids[1, 4:] = ids[2, 8:] = config.pad_token_id
    return ids, rng.integers(0, getattr(config, "type_vocab_size", 1), ids.shape)


def states_there(model: Any, ids: np.ndarray, segments: np.ndarray) -> list[np.ndarray]:
    given = segments if hasattr(model.config, "type_vocab_size") else None
    return transformers_states(model.base_model, ids, model.config.pad_token_id, given)


@pytest.mark.parametrize("number", range(len(VARIANTS)))
@pytest.mark.parametrize("name", KINDS)
def test_states_are_those_of_transformers_and_bits_return(name, number, tmp_path):
    kind = KINDS[name]
    model = make(kind, number)
    weights = save(model, kind, number, tmp_path / "hf")
    ids, segments = random_ids(model)
    real = ids != model.config.pad_token_id
    blocks, expected = Blocks(tmp_path / "hf", ids.shape[1]), states_there(model, ids, segments)
    found = blocks.states(tmp_path / "hf", ids, segments)
    assert_near(found, expected, real)
    assert_there_and_back(tmp_path / "hf", tmp_path, weights)
    assert all(map(np.array_equal, blocks.states(tmp_path / "back", ids, segments), found))
    assert open_folder(tmp_path / "hf").config.family == name
    said = json.loads((tmp_path / "back" / "config.json").read_text(encoding="utf-8"))
    assert {*said} <= {*type(model.config)().to_dict()}  # no words but transformers'
    again = type(model).from_pretrained(tmp_path / "back").eval()
    assert all(map(np.array_equal, states_there(again, ids, segments), expected))
    wanted = options(kind, number)
    assert {key: getattr(again.config, key) for key in wanted} == wanted


def test_there_are_twelve_of_each():
    assert len(VARIANTS) == 12
