"""RoFormer and RoFormer v2: rotary positions, which are computed and not stored; v2 has no biases and bare norms."""

from collections.abc import Callable
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
from bert4ner.models.pretrained.families.bert import ENCODER_PARTS, HUGGINGFACE_UNNEEDED, bert_huggingface
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, blocks, embeddings, heads
from bert4ner.models.pretrained.family import (
    TENSORFLOW_UNNEEDED,
    Described,
    Family,
    Layout,
    Shapes,
    Sources,
    has,
    width_of,
    without_prefix,
)

_UNNEEDED = (*HUGGINGFACE_UNNEEDED, r".*embed_positions\.weight")
_KEY = "*encoder/layer_0/attention/self/key/kernel", "*encoder.layer.0.attention.self.key.weight"
_BIAS = "*encoder/layer_0/attention/self/key/bias", "*encoder.layer.0.attention.self.key.bias"
_POSITIONS = "bert/embeddings/position_embeddings"


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
    """Those of RoFormer without norms and biases."""
    bare = Naming(naming.table, naming.kernel, lambda stem: [], naming.kernel)
    base = "bert" if naming is TENSORFLOW else "roformer"
    return {
        **embeddings(bare, base, positions=False),
        "Embedding-Mapping": bare.dense(
            "bert/encoder/embedding_hidden_mapping_in" if naming is TENSORFLOW else "roformer/embeddings_project"
        ),
        **blocks(bare, base, config.num_hidden_layers),
    }


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    if config.get("rotary_value"):
        raise CheckpointError("rotary_value=true: values are not turned by positions in any published RoFormer")
    found = known_options(config)
    width = width_of(shapes, "*embeddings/word_embeddings", "*embeddings.word_embeddings.weight")
    return found if config.get("embedding_size") or width is None else {**found, "embedding_size": width}


def _is_v2(config: Described, shapes: Shapes) -> bool:
    if config.get("model_type", "roformer") != "roformer" or config.get("use_relative_position"):
        return False
    return has(*_KEY)(shapes) and not has(*_BIAS)(shapes)


def _is_v1(config: Described, shapes: Shapes) -> bool:
    stored = has("bert/encoder/layer_0/*")(shapes) and not has(_POSITIONS)(shapes)
    return bool(config.get("model_type", "roformer" if stored else "") == "roformer")


def _layouts(sources: Callable[[Naming, EncoderConfig], Sources]) -> tuple[Layout[EncoderConfig], ...]:
    return (
        Layout("tensorflow", has("bert/*"), lambda config: sources(TENSORFLOW, config), TENSORFLOW_UNNEEDED),
        Layout(
            "huggingface",
            has("*.weight", "*.gamma"),
            lambda config: sources(HUGGINGFACE, config),
            _UNNEEDED,
            without_prefix("roformer.", ENCODER_PARTS),
        ),
    )


ROFORMER = Family(
    name="roformer",
    title="RoFormer, RoFormer-Sim",
    network="roformer",
    language_model=True,
    config=EncoderConfig,
    recognises=_is_v1,
    options=_options,
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
    config=EncoderConfig,
    recognises=_is_v2,
    options=lambda config, shapes: {"layer_norm_eps": 1e-7, **_options(config, shapes)},
    layouts=_layouts(_bare_sources),
    positions=False,
)
