"""RoBERTa, XLM-RoBERTa and CamemBERT: one network, whose positions start after the padding id."""

from dataclasses import dataclass
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
from bert4ner.models.pretrained.families.bert import BERT_KEYS, ENCODER_PARTS, HUGGINGFACE_UNNEEDED, bert_huggingface
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, blocks, embeddings
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
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys
from bert4ner.models.pretrained.kinds import COUNT, option

_PAD_ID = 1
"""Default if a configuration has none, as in transformers."""
_CLASSES = ("Roberta", "XLMRoberta", "Camembert")
_OWN = has("roberta.*", "roberta/*", "*lm_head.layer_norm.weight")
_PERIOD = 64
"""Rows of tables of positions are a multiple of it, and those that padding takes more."""


@dataclass(frozen=True, kw_only=True)
class RobertaConfig(EncoderConfig):
    """Positions start after the id `position_pad_id`, which is the padding id in transformers.

    The vocabulary may have another `pad_id`, which attention excludes.
    """

    position_pad_id: int = option(COUNT, _PAD_ID)

    @property
    def num_positions(self) -> int:
        """Number of positions that tokens can have."""
        return super().num_positions - self.position_pad_id - 1

    @property
    def num_fixed_tokens(self) -> int:
        """All ids up to the one that positions skip."""
        return self.position_pad_id + 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_positions < 1:
            raise CheckpointError(
                f"max_position_embeddings={super().num_positions}: expected more than pad_token_id="
                f"{self.position_pad_id} and one, where positions begin"
            )


def _sources(naming: Naming, config: RobertaConfig) -> Sources:
    found = embeddings(naming, "roberta") | blocks(naming, "roberta", config.num_hidden_layers)
    return found | {
        "Pooler-Dense": naming.dense("roberta/pooler/dense"),
        "MLM-Dense": naming.dense("lm_head/dense"),
        "MLM-Norm": naming.norm("lm_head/layer_norm"),
        "MLM-Bias": [same("lm_head.bias" if naming is HUGGINGFACE else "lm_head/bias")],
    }


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """Refuses BERT under the name of RoBERTa, where it can be recognised."""
    pad_id = next((config[key] for key in ("position_pad_id", "pad_token_id") if config.get(key) is not None), _PAD_ID)
    rows = config.get("max_position_embeddings")
    named = config.get("architectures") or config.get("family") or _OWN(shapes)
    if not named and type(rows) is type(pad_id) is int and (rows - pad_id - 1) % _PERIOD:
        raise CheckpointError(
            f"only model_type says that this is RoBERTa, but of {rows} positions it would use {rows - pad_id - 1}; if "
            'it is one, say so: "architectures": ["RobertaModel"]'
        )
    return {"pad_id": pad_id, **known_options(config), "position_pad_id": pad_id}


def _names(config: Described, classes: str) -> bool:
    named = config.get("architectures")
    return isinstance(named, list) and any(isinstance(each, str) and each.startswith(classes) for each in named)


def _huggingface_config(name: str, architecture: str, config: RobertaConfig) -> dict[str, Any]:
    described = bert_huggingface(config, name, architecture)
    described["pad_token_id"] = described.pop("position_pad_id")
    return described


def _family(name: str, title: str, model_type: str, classes: str) -> Family[RobertaConfig]:
    """Makes one of these families, which differ in their names in transformers and in their vocabularies."""
    return Family(
        name=name,
        title=title,
        network="roberta",
        language_model=True,
        config=RobertaConfig,
        recognises=lambda config, shapes: _names(config, classes) or (classes == "Roberta" and _OWN(shapes)),
        options=_options,
        model_types=(model_type,),
        architectures=(classes, *(each for each in _CLASSES if each != classes)),
        keys=Keys(ignored=BERT_KEYS),
        layouts=(
            Layout(
                "tensorflow",
                has("roberta/*"),
                lambda config: _sources(TENSORFLOW, config),
                TENSORFLOW_UNNEEDED,
                inside=under("roberta"),
            ),
            Layout(
                "huggingface",
                has("*.weight"),
                lambda config: _sources(HUGGINGFACE, config),
                (*HUGGINGFACE_UNNEEDED, r"lm_head\.decoder\.(weight|bias)"),
                without_prefix("roberta.", ENCODER_PARTS),
                under("roberta"),
            ),
        ),
        huggingface=lambda config: _huggingface_config(model_type, f"{classes}ForMaskedLM", config),
    )


XLM_ROBERTA = _family("xlm_roberta", "XLM-RoBERTa", "xlm-roberta", "XLMRoberta")
CAMEMBERT = _family("camembert", "CamemBERT", "camembert", "Camembert")
ROBERTA = _family("roberta", "RoBERTa, also with BERT's vocabulary (guwenbert)", "roberta", "Roberta")
