"""NEZHA: BERT with sinusoidal relative positions, which are computed and not stored."""

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
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.kinds import SIZE, option


@dataclass(frozen=True, kw_only=True)
class NezhaConfig(EncoderConfig):
    """Distances between tokens are clipped to `max_relative_position`."""

    max_relative_position: int = option(SIZE, 64)


_POSITIONS = "bert/embeddings/position_embeddings"


def _sources(naming: Naming, config: EncoderConfig) -> Sources:
    base = "bert" if naming is TENSORFLOW else "nezha"
    found = embeddings(naming, base, positions=False)
    return found | blocks(naming, base, config.num_hidden_layers) | heads(naming, base)


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """Published configurations have ALBERT's `embedding_size`, which NEZHA's code ignores."""
    if config.get("use_relative_position") is False:
        raise CheckpointError("use_relative_position=false: NEZHA without its relative positions is not read")
    _check_claim(config, shapes)
    farthest = config.get("max_relative_position")
    found = {**known_options(config), "max_relative_position": 64 if farthest is None else farthest}
    found.pop("embedding_size", None)
    return found


def _check_claim(config: Described, shapes: Shapes) -> None:
    """Refuses BERT and RoFormer said to be NEZHA: its files have the names of theirs, and lack but positions."""
    if config.get("use_relative_position"):
        return
    if _POSITIONS in shapes:
        raise CheckpointError(
            f"{_POSITIONS} is for absolute positions, which NEZHA does not use; if this is NEZHA all the same, add "
            '"use_relative_position": true'
        )
    if has("bert/*")(shapes) and config.get("max_relative_position") is None:
        raise CheckpointError(
            "expected use_relative_position or max_relative_position, as in all configurations of NEZHA; take the one "
            "that came with the weights"
        )


NEZHA = Family(
    name="nezha",
    title="NEZHA",
    network="nezha",
    language_model=True,
    config=NezhaConfig,
    recognises=lambda config, shapes: bool(config.get("use_relative_position")) or has("*nezha.*")(shapes),
    options=_options,
    model_types=("nezha",),
    architectures=("Nezha", "NeZha"),
    keys=Keys(
        heeded=("use_relative_position",),
        ignored={
            **BERT_KEYS,
            **because("keys of ALBERT that NEZHA's code ignores", "embedding_size num_hidden_groups inner_group_num"),
        },
    ),
    layouts=(
        Layout(
            "tensorflow",
            has("bert/*"),
            lambda config: _sources(TENSORFLOW, config),
            (*TENSORFLOW_UNNEEDED, _POSITIONS),  # in some files, never used
            inside=under("bert"),
        ),
        Layout(
            "huggingface",
            has("*.weight", "*.gamma"),
            lambda config: _sources(HUGGINGFACE, config),
            (*HUGGINGFACE_UNNEEDED, r".*relative_positions_encoding.*"),
            without_prefix("nezha.", ENCODER_PARTS, ("bert.",)),
            under("nezha"),
        ),
    ),
    huggingface=lambda config: {
        "use_relative_position": True,
        **bert_huggingface(config, "nezha", "NezhaForPreTraining"),
    },
    positions=False,
)
