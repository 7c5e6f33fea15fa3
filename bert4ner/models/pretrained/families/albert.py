"""ALBERT: Google's, albert_zh in Google's naming, and the early networks of albert_zh, which differ."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
from bert4ner.models.pretrained.families.bert import BERT_KEYS, HUGGINGFACE_UNNEEDED, bert_huggingface
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, block, embeddings, heads
from bert4ner.models.pretrained.family import (
    TENSORFLOW_UNNEEDED,
    Described,
    Family,
    Layout,
    Shapes,
    Sources,
    has,
    same,
    under,
    width_of,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys
from bert4ner.models.pretrained.kinds import FLAG, SIZE, option

_SHARED = "bert/encoder/transformer/group_0/inner_group_0"
_PARTS = ("query", "key", "value", "dense")


@dataclass(frozen=True, kw_only=True)
class AlbertConfig(EncoderConfig):
    """With `embedding_mapping`, embeddings are projected to the width of the blocks even if both are equal."""

    embedding_mapping: bool | None = option(FLAG, None)


@dataclass(frozen=True, kw_only=True)
class EarlyAlbertConfig(EncoderConfig):
    """Token embeddings have width `token_embedding_size`; segment and position embeddings that of the blocks."""

    token_embedding_size: int | None = option(SIZE, None)


def _tensorflow(config: AlbertConfig) -> Sources:
    attention = [f"attention_1/self/{part}" for part in _PARTS[:3]] + ["attention_1/output/dense"]
    return {
        **embeddings(TENSORFLOW, "bert"),
        "Embedding-Mapping": TENSORFLOW.dense("bert/encoder/embedding_hidden_mapping_in"),
        **_block(
            TENSORFLOW,
            [
                f"{_SHARED}/{part}"
                for part in (
                    *attention,
                    "LayerNorm",
                    "ffn_1/intermediate/dense",
                    "ffn_1/intermediate/output/dense",
                    "LayerNorm_1",
                )
            ],
        ),
        **heads(TENSORFLOW, "bert"),
    }


def _huggingface(config: AlbertConfig) -> Sources:
    layer = "albert/encoder/albert_layer_groups/0/albert_layers/0"
    return {
        **embeddings(HUGGINGFACE, "albert"),
        "Embedding-Mapping": HUGGINGFACE.dense("albert/encoder/embedding_hidden_mapping_in"),
        **_block(
            HUGGINGFACE,
            [
                f"{layer}/{part}"
                for part in (
                    *(f"attention/{part}" for part in _PARTS),
                    "attention/LayerNorm",
                    "ffn",
                    "ffn_output",
                    "full_layer_layer_norm",
                )
            ],
        ),
        "Pooler-Dense": HUGGINGFACE.dense("albert/pooler"),
        "NSP-Proba": HUGGINGFACE.dense("sop_classifier/classifier"),
        "MLM-Dense": HUGGINGFACE.dense("predictions/dense"),
        "MLM-Norm": HUGGINGFACE.norm("predictions/LayerNorm"),
        "MLM-Bias": [same("predictions.bias")],
    }


def _block(naming: Naming, stems: list[str]) -> Sources:
    """The shared block of all layers, from eight stems: four of attention, its norm, two of feed-forward, its norm."""
    return {
        "Transformer-MultiHeadSelfAttention": [source for stem in stems[:4] for source in naming.dense(stem)],
        "Transformer-MultiHeadSelfAttention-Norm": naming.norm(stems[4]),
        "Transformer-FeedForward": naming.dense(stems[5]) + naming.dense(stems[6]),
        "Transformer-FeedForward-Norm": naming.norm(stems[7]),
    }


def _early(config: EarlyAlbertConfig) -> Sources:
    return {
        **embeddings(TENSORFLOW, "bert"),
        "Embedding-Token-Mapping": TENSORFLOW.table("bert/embeddings/word_embeddings_2"),
        **block(TENSORFLOW, "Transformer", "bert/encoder/layer_shared"),
        **heads(TENSORFLOW, "bert"),
    }


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    for key in ("num_hidden_groups", "inner_group_num"):
        if config.get(key, 1) != 1:
            raise CheckpointError(f"{key}={config[key]}: expected 1, the only value in published models")
    found = known_options(config)
    width = width_of(shapes, "*embeddings/word_embeddings", "*embeddings.word_embeddings.weight")
    if not config.get("embedding_size"):
        found["embedding_size"] = width or (128 if config.get("model_type") == "albert" else None)
    mapped = width_of(shapes, "*embedding_hidden_mapping_in*bias") is not None
    if config.get("embedding_mapping") or (mapped and found["embedding_size"] == config.get("hidden_size")):
        found["embedding_mapping"] = True
    return found


def _huggingface_config(config: AlbertConfig) -> dict[str, Any]:
    mapped = config.embedding_mapping or (config.embedding_size or 0) != config.hidden_size
    if not mapped:
        raise CheckpointError("embeddings as wide as the blocks: transformers would project them with random weights")
    described = dataclasses.replace(config, embedding_mapping=None)
    groups = {"num_hidden_groups": 1, "inner_group_num": 1, "classifier_dropout_prob": 0.1}
    return groups | bert_huggingface(described, "albert", "AlbertForPreTraining")


def _early_options(config: Described, shapes: Shapes) -> dict[str, Any]:
    width = width_of(shapes, "bert/embeddings/word_embeddings") or config.get("token_embedding_size")
    found = known_options(config)
    return {**found, "embedding_size": config.get("hidden_size"), "token_embedding_size": width}


ALBERT = Family(
    name="albert",
    title="ALBERT (Google), albert_zh in Google's naming",
    network="albert",
    shared=True,
    language_model=True,
    config=AlbertConfig,
    recognises=lambda config, shapes: (
        has(f"{_SHARED}/*", "*albert_layers.0.*")(shapes) or ("num_hidden_groups" in config and not shapes)
    ),
    options=_options,
    model_types=("albert",),
    architectures=("Albert",),
    keys=Keys(heeded=("num_hidden_groups", "inner_group_num"), ignored=BERT_KEYS),
    layouts=(
        Layout("tensorflow", has(f"{_SHARED}/*"), _tensorflow, TENSORFLOW_UNNEEDED, inside=under("bert")),
        Layout(
            "huggingface",
            has("*albert_layers.0.*"),
            _huggingface,
            (*HUGGINGFACE_UNNEEDED, r"predictions\.decoder\.(weight|bias)"),
            without_prefix("albert.", ("embeddings.", "encoder.", "pooler.")),
            under("albert"),
        ),
    ),
    huggingface=_huggingface_config,
)
ALBERT_EARLY = Family(
    name="albert_early",
    title="albert_zh's early checkpoints (`layer_shared`, `word_embeddings_2`)",
    network="albert",
    shared=True,
    config=EarlyAlbertConfig,
    recognises=lambda config, shapes: "token_embedding_size" in config or has("bert/encoder/layer_shared/*")(shapes),
    options=_early_options,
    keys=Keys(ignored=BERT_KEYS),
    layouts=(
        Layout("albert_zh", has("bert/encoder/layer_shared/*"), _early, TENSORFLOW_UNNEEDED, inside=under("bert")),
    ),
)
"""Token embeddings are projected before segments and positions are added; no other tool has this model."""
