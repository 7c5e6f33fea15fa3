"""The groups of `Config` that heads take notice of: which spans they score, and what a wrong answer costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bert4ner.options import option


@dataclass(frozen=True)
class SpanConfig:
    """The heads that score spans; those that tag tokens take no notice."""

    head_size: int = option(64, "Width of the vectors that stand for the first and the last token of a span.", low=2)
    nesting: Literal["auto", "any", "labels", "none"] = option(
        "auto",
        "Which entities may overlap: any, those of unlike labels, or none; `auto` is what those of the documents do.",
    )
    label_descriptions: str = option(
        "",
        "File with what the head `mrc` asks for each label, TOML or `label<TAB>description`; without, it asks by name.",
        metavar="FILE",
    )
    joint_layers: int | Literal["auto"] = option(
        "auto",
        "Last layers of the encoder that read a text again for each query of `mrc`; `auto`: a quarter of them; 0: all.",
        low=0,
    )


@dataclass(frozen=True)
class LossConfig:
    """What a wrong answer costs; a head that takes no notice of an option refuses it."""

    label_smoothing: float = option(
        0.0,
        "Share of the target that is spread over all classes of a token, by the heads `softmax` and `span`, or over "
        "all legal sequences of tags, by `crf`.",
        low=0,
        high=0.9,
    )
    focal: float = option(
        0.0,
        "Exponent of the focal loss of the heads `softmax` and `span`, which gives easy tokens less weight; 0 is cross "
        "entropy.",
        low=0,
        high=10,
    )
    label_weights: Mapping[str, float] = option(
        dict, "What the loss is multiplied by where it is about a label, with all heads but `crf`; 1 by default."
    )
