"""XLNet: the files of zihangdai/xlnet, which HFL's Chinese XLNet has as well, and Hugging Face's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import FreeHeadsConfig, known_options, renamed_options
from bert4ner.models.pretrained.family import (
    TENSORFLOW_UNNEEDED,
    Described,
    Family,
    Layout,
    Shapes,
    Source,
    Sources,
    has,
    same,
    transposed,
    under,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.kinds import COUNT, INTEGER, option

_BASE = "model/transformer"
_BIASES = ("r_w_bias", "r_r_bias", "r_s_bias")
_WORDS = {
    "vocab_size": "n_token",
    "hidden_size": "d_model",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "intermediate_size": "d_inner",
    "hidden_act": "ff_activation",
}
_KEYS = Keys(
    heeded=(*_WORDS.values(), "n_token", "attn_type", "clamp_len", "dropout", "d_head", "untie_r"),
    required={"bi_data": (False, None), "same_length": (False, None)},
    ignored=because(
        "of the memory of earlier segments, which recognition does not use", "mem_len reuse_len use_mems_eval"
    )
    | because("of training", "use_mems_train end_n_top initializer init init_range init_std")
    | because("of a head on top", "summary_type"),
)
_MASK = "Mask-Embedding"  # what the second stream of pretraining begins with; recognition needs it as little as a head
PAD_ID = 5
"""The id of <pad> in all published vocabularies; 0 is <unk>."""


@dataclass(frozen=True, kw_only=True)
class XLNetConfig(FreeHeadsConfig):
    """`pad_id` is padding; a `clamp_length` above 0 is the greatest distance that is distinguished."""

    clamp_length: int = option(INTEGER, -1)
    pad_id: int = option(COUNT, PAD_ID)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.hidden_size % 2:
            raise CheckpointError(f"hidden_size={self.hidden_size}: expected an even number, for sines and cosines")


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """Both kinds of files have n_layer and so on; saved models have num_hidden_layers."""
    found = known_options(
        renamed_options(config, _WORDS) | {key: value for key, value in config.items() if key not in _WORDS}
    )
    if config.get("attn_type", "bi") != "bi":
        raise CheckpointError(f"attn_type is {config['attn_type']!r}, expected 'bi'; Transformer-XL is not read")
    original = "n_token" in config and "model_type" not in config
    if original and found["hidden_act"] == "gelu":  # that code calls this function gelu
        found["hidden_act"] = "gelu_new"
    dropout = config.get("dropout")
    return {
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": dropout,
        "clamp_length": config.get("clamp_length", config.get("clamp_len", -1)),
        "pad_id": config.get("pad_id", config.get("pad_token_id", PAD_ID)),
        **found,
        "attention_head_size": config.get("attention_head_size", config.get("d_head")),
    }


def _layer(index: int) -> Callable[[np.ndarray], np.ndarray]:
    """A layer's part of an array for all layers; a bias that all layers share has no such axis."""
    return lambda array: array[index] if array.ndim > 2 else array


def _tensorflow(config: XLNetConfig) -> Sources:
    found: Sources = {
        "Embedding-Token": [same(f"{_BASE}/word_embedding/lookup_table")],
        _MASK: [same(f"{_BASE}/mask_emb/mask_emb")],
        "MLM-Bias": [same("model/lm_loss/bias")],
    }
    for index in range(config.num_hidden_layers):
        stem, layer = f"{_BASE}/layer_{index}", f"Transformer-{index}"
        attention = [same(f"{stem}/rel_attn/{part}/kernel") for part in "qkvor"]
        attention += [Source((f"{_BASE}/{name}",), _layer(index), None, np.stack) for name in _BIASES]
        attention.append(Source((f"{_BASE}/seg_embed",), lambda array, index=index: array[index], None, np.stack))
        dense = [same(f"{stem}/ff/layer_{part}/{kind}") for part in (1, 2) for kind in ("kernel", "bias")]
        found |= {
            f"{layer}-MultiHeadSelfAttention": attention,
            f"{layer}-MultiHeadSelfAttention-Norm": _norm(f"{stem}/rel_attn/LayerNorm/", "beta", "gamma"),
            f"{layer}-FeedForward": dense,
            f"{layer}-FeedForward-Norm": _norm(f"{stem}/ff/LayerNorm/", "beta", "gamma"),
        }
    return found


def _huggingface(config: XLNetConfig) -> Sources:
    found: Sources = {
        "Embedding-Token": [same("transformer.word_embedding.weight")],
        _MASK: [same("transformer.mask_emb")],
        "MLM-Bias": [same("lm_loss.bias")],
    }
    for index in range(config.num_hidden_layers):
        stem, layer = f"transformer.layer.{index}", f"Transformer-{index}"
        parts = (*"qkvor", *_BIASES, "seg_embed")
        dense = [
            transposed(f"{stem}.ff.layer_1.weight"),
            same(f"{stem}.ff.layer_1.bias"),
            transposed(f"{stem}.ff.layer_2.weight"),
            same(f"{stem}.ff.layer_2.bias"),
        ]
        found |= {
            f"{layer}-MultiHeadSelfAttention": [same(f"{stem}.rel_attn.{part}") for part in parts],
            f"{layer}-MultiHeadSelfAttention-Norm": _norm(f"{stem}.rel_attn.layer_norm.", "bias", "weight"),
            f"{layer}-FeedForward": dense,
            f"{layer}-FeedForward-Norm": _norm(f"{stem}.ff.layer_norm.", "bias", "weight"),
        }
    return found


def _norm(stem: str, *names: str) -> list[Source]:
    return [same(stem + name) for name in names]


def _config(config: XLNetConfig) -> dict[str, Any]:
    dropout = config.hidden_dropout_prob
    return {
        "model_type": "xlnet",
        "architectures": ["XLNetModel"],
        **{word: getattr(config, key) for key, word in _WORDS.items() if key != "vocab_size"},
        "vocab_size": config.vocab_size,
        "d_head": config.attention_head_size or config.hidden_size // config.num_attention_heads,
        "layer_norm_eps": config.layer_norm_eps or 1e-12,
        "dropout": 0.1 if dropout is None else dropout,
        "clamp_len": config.clamp_length,
        "pad_token_id": config.pad_id,
        "attn_type": "bi",
    }


XLNET = Family(
    name="xlnet",
    title="XLNet, Chinese XLNet (HFL)",
    network="xlnet",
    config=XLNetConfig,
    recognises=lambda config, shapes: "n_token" in config or has(f"{_BASE}/*", "*rel_attn.q")(shapes),
    options=_options,
    model_types=("xlnet",),
    architectures=("XLNet",),
    keys=_KEYS,
    layouts=(
        Layout(
            "tensorflow",
            has(f"{_BASE}/*"),
            _tensorflow,
            (*TENSORFLOW_UNNEEDED, r"model/(lm_loss|sequnece_summary)/.*|.*/logit/.*"),
            inside=rf"{_BASE}/.*",
        ),
        Layout(
            "huggingface",
            has("*rel_attn.q"),
            _huggingface,
            (r"lm_loss\.weight", r"(sequence_summary|logits_proj|classifier|qa_outputs)\..*"),
            without_prefix("transformer.", ("word_embedding.", "layer.", "mask_emb")),
            under("transformer"),
        ),
    ),
    huggingface=_config,
    tokenizer="sentencepiece",
    positions=False,
    apart=False,
)
