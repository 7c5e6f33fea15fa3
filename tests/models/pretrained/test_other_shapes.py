"""XLNet, T5, mT5 and GPT, whose configurations have words of their own, in twelve shapes each.

States are those of transformers with padding, in ours and in transformers' own network also after the weights went to
TensorFlow's layout and back.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch

from tests.models.pretrained.shapes import (
    VOCABULARY,
    Blocks,
    Shape,
    assert_near,
    assert_there_and_back,
    encoder_of,
    make_model,
    save_model,
    token_ids,
    transformers_states,
)


@dataclass(frozen=True)
class Kind:
    """A family in transformers.

    Attributes:
        classes: how the names of its classes begin.
        sizes: what its configurations say if a shape does not.
        encoder: the class of its encoder.
        segments: number of segment ids; 0: it has none.
    """

    classes: str
    sizes: dict[str, Any]
    shapes: dict[str, Shape] = field(default_factory=dict)
    encoder: str = "Model"
    segments: int = 0


XLNET = {"d_model": 8, "n_layer": 2, "n_head": 2, "d_inner": 12, "pad_token_id": 5}
XLNET_SHAPES = {
    "as published": Shape({"d_inner": 32}),
    "language model": Shape({"clamp_len": 4, "n_layer": 3}, "LMHeadModel", "sharded"),
    "labels for tokens": Shape({"ff_activation": "relu", "pad_token_id": 0}, "ForTokenClassification", "bin"),
    "a label": Shape({"n_head": 4, "pad_token_id": 40}, "ForSequenceClassification", "fp16"),
    "prefix": Shape({"d_model": 4, "n_head": 1, "d_inner": 4}, prefix="transformer."),
    "no prefix": Shape({"ff_activation": "silu", "n_layer": 1}, "LMHeadModel", "bin", prefix=""),
    "answers": Shape({"layer_norm_eps": 0.1, "pad_token_id": 1}, "ForQuestionAnsweringSimple"),
    "answers by beams": Shape({"n_layer": 4, "clamp_len": 1}, "ForQuestionAnswering", "sharded"),
    "choices": Shape({"ff_activation": "gelu_new", "d_model": 12, "n_head": 3}, "ForMultipleChoice", "fp16"),
    "narrow": Shape({"ff_activation": "tanh", "d_inner": 3, "layer_norm_eps": 1e-3}, "LMHeadModel", prefix=""),
    "eight heads": Shape({"d_model": 16, "n_head": 8, "clamp_len": 100}, form="fp16"),
    "one of all": Shape({"d_model": 2, "n_head": 1, "n_layer": 1, "d_inner": 1, "pad_token_id": 17}, "LMHeadModel"),
}
T5 = {
    "d_model": 8,
    "d_kv": 3,
    "d_ff": 12,
    "num_layers": 2,
    "num_heads": 2,
    "relative_attention_num_buckets": 8,
    "relative_attention_max_distance": 10,
    "feed_forward_proj": "relu",
}
WHOLE = "ForConditionalGeneration"
T5_SHAPES = {
    "1.0": Shape({"d_kv": 4}, WHOLE),
    "1.1": Shape({"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}, WHOLE, "sharded"),
    "encoder": Shape({"feed_forward_proj": "gated-gelu", "num_heads": 3, "pad_token_id": 3}, "EncoderModel", "bin"),
    "no output": Shape({"feed_forward_proj": "gelu", "num_layers": 1}, "Model", "fp16"),
    "labels for tokens": Shape({"feed_forward_proj": "gated-silu", "d_kv": 16}, "ForTokenClassification"),
    "a label": Shape({"num_layers": 3, "d_ff": 8, "num_heads": 1}, "ForSequenceClassification", "sharded"),
    "answers": Shape({"layer_norm_epsilon": 0.1, "relative_attention_num_buckets": 4}, "ForQuestionAnswering", "fp16"),
    "usual distances": Shape(
        {"relative_attention_num_buckets": 32, "relative_attention_max_distance": 128}, "EncoderModel", prefix="model."
    ),
    "far buckets": Shape({"relative_attention_max_distance": 5, "d_ff": 5, "pad_token_id": 40}, "Model", "bin"),
    "gated by relu": Shape({"feed_forward_proj": "gated-relu", "tie_word_embeddings": False}, WHOLE, "bin"),
    "gated by tanh": Shape({"feed_forward_proj": "gated-tanh", "d_model": 12, "num_heads": 4}, "EncoderModel"),
    "one of all": Shape({"d_model": 2, "d_kv": 1, "d_ff": 1, "num_layers": 1, "num_heads": 1}, "EncoderModel", "fp16"),
}
GPT = {"n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 40}
GPT_SHAPES = {
    "as published": Shape({}, "LMHeadModel"),
    "encoder": Shape({"n_layer": 3, "n_head": 4, "pad_token_id": 3}, "Model", "bin"),
    "prefix": Shape({"afn": "relu", "n_positions": 66}, "Model", "sharded", prefix="transformer."),
    "no prefix": Shape({"afn": "silu", "layer_norm_epsilon": 0.1}, "LMHeadModel", "fp16", prefix=""),
    "two heads": Shape({"n_embd": 12, "n_head": 3}, "DoubleHeadsModel"),
    "a label": Shape({"n_layer": 1, "afn": "swish"}, "ForSequenceClassification"),
    "one of all": Shape({"n_embd": 2, "n_layer": 1, "n_head": 1}, "LMHeadModel", "sharded"),
    "wide": Shape({"n_embd": 24, "n_head": 8, "layer_norm_epsilon": 1e-3}, "Model", "fp16"),
    "deep": Shape({"n_layer": 5, "n_embd": 4, "n_head": 1}, "LMHeadModel", "bin"),
    "relu": Shape({"afn": "relu", "n_head": 8, "n_positions": 37, "pad_token_id": 40}, "DoubleHeadsModel", "sharded"),
    "small norms": Shape({"layer_norm_epsilon": 1e-12, "n_embd": 6, "n_head": 3}, "ForSequenceClassification", "fp16"),
    "head of one": Shape({"n_embd": 4, "n_head": 4, "afn": "silu"}, "LMHeadModel", prefix="model.transformer."),
}
KINDS = {
    "xlnet": Kind("XLNet", XLNET, XLNET_SHAPES, segments=4),
    "t5": Kind("T5", T5, T5_SHAPES, "EncoderModel"),
    "mt5": Kind("MT5", T5, T5_SHAPES, "EncoderModel"),
    "gpt": Kind("OpenAIGPT", GPT, GPT_SHAPES, segments=3),
}
CASES = [(name, shape) for name, kind in KINDS.items() for shape in kind.shapes]


def make(kind: Kind, shape: Shape) -> Any:
    """The model of a shape; T5 has an output matrix of its own where the configuration says so."""
    model = make_model(shape, kind.classes, {"vocab_size": VOCABULARY, **kind.sizes})
    if shape.suffix == WHOLE and (kind.classes == "MT5" or shape.changes.get("tie_word_embeddings") is False):
        model.lm_head.weight = torch.nn.Parameter(model.shared.weight.detach().roll(3, 0))
    return model


def next_tokens(model: Any, ids: np.ndarray) -> np.ndarray:
    """What transformers generates with, for T5's decoder."""
    with torch.no_grad():
        return model(input_ids=torch.tensor(ids), decoder_input_ids=torch.tensor(ids)).logits.numpy()


@pytest.mark.parametrize(("name", "shape_name"), CASES)
def test_states_are_those_of_transformers_and_bits_return(name, shape_name, tmp_path):
    kind = KINDS[name]
    shape = kind.shapes[shape_name]
    model, folder = make(kind, shape), tmp_path / "hf"
    weights = save_model(model, shape, folder)
    pad = model.config.pad_token_id or 0
    ids = token_ids(pad)
    segments = np.random.default_rng(5).integers(0, kind.segments, ids.shape) if kind.segments else None
    blocks, expected = Blocks(folder), transformers_states(encoder_of(model), ids, pad, segments)
    found = blocks.states(folder, ids, segments)
    assert_near(found, expected, ids != pad)
    if name == "gpt":  # the table of the tokens
        weights.pop("lm_head.weight", None)
    assert_there_and_back(folder, tmp_path, weights)
    assert all(map(np.array_equal, blocks.states(tmp_path / "back", ids, segments), found))
    again = type(model).from_pretrained(tmp_path / "back").eval()
    assert all(map(np.array_equal, transformers_states(encoder_of(again), ids, pad, segments), expected))
    if shape.suffix == WHOLE:
        assert np.array_equal(next_tokens(again, ids), next_tokens(model, ids))
    for key in (*kind.sizes, *shape.changes):
        assert getattr(again.config, key) == getattr(model.config, key)


def test_there_are_twelve_of_each():
    assert all(len(kind.shapes) == 12 for kind in KINDS.values())
