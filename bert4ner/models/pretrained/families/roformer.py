"""RoFormer and RoFormer v2: rotary positions, which are computed and not stored; v2 has no biases and bare norms."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
from bert4ner.models.pretrained.families.bert import BERT_KEYS, ENCODER_PARTS, HUGGINGFACE_UNNEEDED, bert_huggingface
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, blocks, embeddings, heads
from bert4ner.models.pretrained.family import (
    TENSORFLOW_UNNEEDED,
    Described,
    Family,
    Layout,
    Shapes,
    Sources,
    has,
    under,
    width_of,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys

logger = logging.getLogger(__name__)

_UNNEEDED = (*HUGGINGFACE_UNNEEDED, r".*embed_positions\.weight")
_KEY = "*encoder/layer_0/attention/self/key/kernel", "*encoder.layer.0.attention.self.key.weight"
_BIAS = "*encoder/layer_0/attention/self/key/bias", "*encoder.layer.0.attention.self.key.bias"
_POSITIONS = "bert/embeddings/position_embeddings"
_TABLE = "bert/embeddings/word_embeddings"
_PUBLISHED_ROWS = (12_000, 50_000)
"""Tokens of the vocabularies with which RoFormer and RoFormer-Sim were published, of characters and of words."""
_KEYS = Keys(required={"rotary_value": (False, None)}, ignored=BERT_KEYS)


@dataclass(frozen=True, kw_only=True)
class RoFormerConfig(EncoderConfig):
    """The options of all families."""

    @property
    def rotary(self) -> bool:
        """Always, in both versions."""
        return True


def _sources(naming: Naming, config: EncoderConfig) -> Sources:
    base = "bert" if naming is TENSORFLOW else "roformer"
    mapping = "bert/encoder/embedding_hidden_mapping_in" if naming is TENSORFLOW else "roformer/embeddings_project"
    return {
        **embeddings(naming, base, positions=False),
        "Embedding-Mapping": naming.dense(mapping),
        **blocks(naming, base, config.num_hidden_layers),
        **heads(naming, base),
    }


def _bare_sources(naming: Naming, config: EncoderConfig) -> Sources:
    """The sources of RoFormer without norms and biases."""
    bare = Naming(naming.table, naming.kernel, lambda stem: [], naming.kernel)
    base = "bert" if naming is TENSORFLOW else "roformer"
    return {
        **embeddings(bare, base, positions=False),
        "Embedding-Mapping": bare.dense(
            "bert/encoder/embedding_hidden_mapping_in" if naming is TENSORFLOW else "roformer/embeddings_project"
        ),
        **blocks(bare, base, config.num_hidden_layers),
    }


def _check_named(config: Described, shapes: Shapes) -> None:
    """Refuses what may be NEZHA: its TensorFlow files have the same names, and its published ones other vocabularies.

    RoFormer's configurations are those of BERT. NEZHA was trained to predict next sentences, RoFormer was not.
    """
    if any(config.get(key) for key in ("model_type", "family", "architectures")) or not has("bert/*")(shapes):
        return
    cure = 'add "model_type": "roformer" to the configuration, or of NEZHA "use_relative_position": true'
    if shapes.get(_TABLE, ())[:1] not in [(rows,) for rows in _PUBLISHED_ROWS] or has("cls/seq_rel*")(shapes):
        raise CheckpointError(
            f"BERT's variables without positions are RoFormer's or NEZHA's, it is not said whose; {cure}"
        )
    logger.warning(
        "the configuration names no family; variables and vocabulary size are those of the published RoFormer. To be "
        "certain, %s",
        cure,
    )


def _v1_options(config: Described, shapes: Shapes) -> dict[str, Any]:
    _check_named(config, shapes)
    return _options(config, shapes)


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    found = known_options(config)
    width = width_of(shapes, "*embeddings/word_embeddings", "*embeddings.word_embeddings.weight")
    return found if config.get("embedding_size") or width is None else {**found, "embedding_size": width}


def _is_v2(config: Described, shapes: Shapes) -> bool:
    return has(*_KEY)(shapes) and not has(*_BIAS)(shapes)


def _is_v1(config: Described, shapes: Shapes) -> bool:
    stored = has("bert/encoder/layer_0/*")(shapes) and not has(_POSITIONS)(shapes)
    return stored or has("*roformer.encoder.*")(shapes)


def _layouts(sources: Callable[[Naming, EncoderConfig], Sources]) -> tuple[Layout[EncoderConfig], ...]:
    return (
        Layout(
            "tensorflow",
            has("bert/*"),
            lambda config: sources(TENSORFLOW, config),
            TENSORFLOW_UNNEEDED,
            inside=under("bert"),
        ),
        Layout(
            "huggingface",
            has("*.weight", "*.gamma"),
            lambda config: sources(HUGGINGFACE, config),
            _UNNEEDED,
            without_prefix("roformer.", ENCODER_PARTS),
            under("roformer"),
        ),
    )


ROFORMER = Family(
    name="roformer",
    title="RoFormer, RoFormer-Sim",
    network="roformer",
    language_model=True,
    config=RoFormerConfig,
    recognises=_is_v1,
    options=_v1_options,
    model_types=("roformer",),
    architectures=("RoFormer",),
    keys=_KEYS,
    layouts=_layouts(_sources),
    huggingface=lambda config: {
        "rotary_value": False,
        "embedding_size": config.hidden_size,
        **bert_huggingface(config, "roformer", "RoFormerForMaskedLM"),
    },
    positions=False,
)
ROFORMER_V2 = Family(
    name="roformer_v2",
    title="RoFormer v2",
    network="roformer_v2",
    config=RoFormerConfig,
    recognises=_is_v2,
    model_types=("roformer",),
    architectures=("RoFormer",),
    keys=_KEYS,
    options=lambda config, shapes: {"layer_norm_eps": 1e-7, **_options(config, shapes)},
    layouts=_layouts(_bare_sources),
    positions=False,
)
