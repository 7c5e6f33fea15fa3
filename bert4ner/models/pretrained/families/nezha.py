"""NEZHA: BERT with sinusoidal relative positions, which are computed and not stored."""

from dataclasses import dataclass
from typing import Any

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
    without_prefix,
)
from bert4ner.models.pretrained.kinds import SIZE, option


@dataclass(frozen=True, kw_only=True)
class NezhaConfig(EncoderConfig):
    """Tokens farther apart than `max_relative_position` are taken to be this far apart."""

    max_relative_position: int = option(SIZE, 64)


def _sources(naming: Naming, config: EncoderConfig) -> Sources:
    base = "bert" if naming is TENSORFLOW else "nezha"
    found = embeddings(naming, base, positions=False)
    return found | blocks(naming, base, config.num_hidden_layers) | heads(naming, base)


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    return {**known_options(config), "max_relative_position": config.get("max_relative_position") or 64}


NEZHA = Family(
    name="nezha",
    title="NEZHA",
    network="nezha",
    language_model=True,
    config=NezhaConfig,
    recognises=lambda config, shapes: (
        config.get("model_type") == "nezha"
        or ("model_type" not in config and bool(config.get("use_relative_position")))
        or has("nezha.*")(shapes)
    ),
    options=_options,
    layouts=(
        Layout(
            "tensorflow",
            has("bert/*"),
            lambda config: _sources(TENSORFLOW, config),
            (*TENSORFLOW_UNNEEDED, "bert/embeddings/position_embeddings"),  # in some files, never used
        ),
        Layout(
            "huggingface",
            has("*.weight", "*.gamma"),
            lambda config: _sources(HUGGINGFACE, config),
            (*HUGGINGFACE_UNNEEDED, r".*relative_positions_encoding.*"),
            without_prefix("nezha.", ENCODER_PARTS),
        ),
    ),
    huggingface=lambda config: {
        "use_relative_position": True,
        **bert_huggingface(config, "nezha", "NezhaForPreTraining"),
    },
    positions=False,
)
