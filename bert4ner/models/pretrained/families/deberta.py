"""DeBERTa v2 and v3, mDeBERTa and Fengshenbang's Chinese models: Hugging Face's files, and our TensorFlow files."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
from bert4ner.models.pretrained.families.bert import HUGGINGFACE_UNNEEDED, bert_huggingface
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, blocks, embeddings, masked_head
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
    under,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.kinds import ACTIVATION, COUNT, FLAG, SIZE, one_of, option

_PARTS = ("embeddings.", "encoder.")
_LATER_HEAD = "lm_predictions"
_OWN_NAMES = ("deberta/*", "*attention.self.query_proj.weight")
_KEYS = Keys(
    heeded=("attention_head_size",),
    ignored=because("of a head on top", "pooler_hidden_size pooler_hidden_act")
    | because("of the published code; a constant in transformers", "z_steps"),
)


@dataclass(frozen=True, kw_only=True)
class DebertaConfig(EncoderConfig):
    """DeBERTa's own options, under their published names; `networks.deberta` explains them.

    Attributes:
        position_buckets: 0 where the published configuration says -1.
        max_relative_positions: `max_position_embeddings` where the published configuration says -1.
        pos_att_type: "c2p", "p2c", both joined by "|", or "".
        legacy: the language-model head is BERT's; otherwise that of the published code.
    """

    type_vocab_size: int = option(COUNT, 0)
    position_biased_input: bool = option(FLAG, True)
    relative_attention: bool = option(FLAG, False)
    position_buckets: int = option(COUNT, 0)
    max_relative_positions: int = option(SIZE, 512)
    pos_att_type: str = option(one_of("", "c2p", "p2c", "c2p|p2c"), "")
    share_att_key: bool = option(FLAG, False)
    norm_rel_ebd: str = option(one_of("none", "layer_norm"), "none")
    conv_kernel_size: int = option(COUNT, 0)
    conv_groups: int = option(SIZE, 1)
    conv_act: str = option(ACTIVATION, "tanh")
    legacy: bool = option(FLAG, True)

    @property
    def position_table(self) -> bool:
        """Whether position embeddings are added to token embeddings."""
        return self.position_biased_input


_OWN = ("position_biased_input", "relative_attention", "share_att_key", "conv_groups", "conv_act")


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """Fills in the defaults of transformers."""
    found = {"layer_norm_eps": 1e-7, "type_vocab_size": 0, **known_options(config)}
    size, heads = config.get("attention_head_size"), config.get("num_attention_heads")
    if size is not None and (type(heads) is not int or size * heads != config.get("hidden_size")):
        raise CheckpointError(f"attention_head_size={size!r}: expected hidden_size / num_attention_heads")
    farthest, kernel = config.get("max_relative_positions", -1), config.get("conv_kernel_size") or 0
    if type(kernel) is int and kernel and not kernel % 2:
        raise CheckpointError(f"conv_kernel_size={kernel}: expected an odd number, as in the published network")
    named = has(f"{_LATER_HEAD}*")(shapes)
    return {
        **found,
        **{key: config[key] for key in _OWN if config.get(key) is not None},
        "position_buckets": _or_none(config.get("position_buckets", -1)),
        "max_relative_positions": _or_none(farthest) or config.get("max_position_embeddings") or 512,
        "pos_att_type": _kinds(config.get("pos_att_type")),
        "norm_rel_ebd": _norm(config.get("norm_rel_ebd")),
        "conv_kernel_size": kernel,
        "legacy": not named and config.get("legacy", True),
    }


def _or_none(number: Any) -> Any:
    """0 for a negative number, which means none."""
    return max(number, 0) if type(number) is int else number


def _kinds(said: Any) -> str:
    parts = said.lower().split("|") if isinstance(said, str) else said or []
    names = sorted({str(part).strip() for part in parts} - {""})
    if not {*names} <= {"c2p", "p2c"}:
        raise CheckpointError(f"pos_att_type={said!r}: expected some of c2p and p2c; this is another network")
    return "|".join(names)


def _norm(said: Any) -> Any:
    parts = [part.strip() for part in said.lower().split("|")] if isinstance(said, str) else said or "none"
    return "layer_norm" if "layer_norm" in parts else "none" if parts in (["none"], [""]) else parts


def _sources(naming: Naming, config: DebertaConfig) -> Sources:
    found = embeddings(naming, "deberta", positions=config.position_biased_input)
    if not config.type_vocab_size:
        del found["Embedding-Segment"]
    found["Embedding-Mapping"] = naming.kernel("deberta/embeddings/embed_proj")
    if config.relative_attention:
        found["Embedding-Relative-Position"] = naming.table("deberta/encoder/rel_embeddings")
    if config.norm_rel_ebd == "layer_norm":
        found["Embedding-Relative-Position-Norm"] = naming.norm("deberta/encoder/LayerNorm")
    if config.conv_kernel_size:
        found["Transformer-0-Convolution"] = _convolution(naming)
        found["Transformer-0-Convolution-Norm"] = naming.norm("deberta/encoder/conv/LayerNorm")
    found |= blocks(naming, "deberta", config.num_hidden_layers)
    for number in range(config.num_hidden_layers):
        stem = f"deberta/encoder/layer_{number}/attention"
        found[f"Transformer-{number}-MultiHeadSelfAttention"] = _attention(naming, stem, config)
    return found | _head(naming, config)


def _attention(naming: Naming, stem: str, config: DebertaConfig) -> list[Source]:
    """One matrix for query, key and value in our network, three in the file."""
    found = naming.joined([f"{stem}/self/{part}_proj" for part in ("query", "key", "value")])
    if config.relative_attention and not config.share_att_key:
        kinds = {"c2p": "pos_key_proj", "p2c": "pos_query_proj"}
        for kind in filter(None, config.pos_att_type.split("|")):
            found = found + naming.dense(f"{stem}/self/{kinds[kind]}")
    return found + naming.dense(f"{stem}/output/dense")


def _convolution(naming: Naming) -> list[Source]:
    """The kernel of a convolution, which PyTorch stores as (outputs, inputs, size)."""
    stem = "deberta/encoder/conv/conv"
    if naming is TENSORFLOW:
        return naming.dense(stem)
    weight, bias = naming.dense(stem)
    return [Source(weight.names, np.transpose, lambda array: (array.T,)), bias]


def _head(naming: Naming, config: DebertaConfig) -> Sources:
    if config.legacy:
        return masked_head(naming)
    stem = f"{_LATER_HEAD}/lm_head"
    return {
        "MLM-Dense": naming.dense(f"{stem}/dense"),
        "MLM-Norm": naming.norm(f"{stem}/LayerNorm"),
        "MLM-Bias": [same(f"{stem}/bias".replace("/", "." if naming is HUGGINGFACE else "/"))],
    }


def _huggingface_config(config: DebertaConfig) -> dict[str, Any]:
    found = bert_huggingface(config, "deberta-v2", "DebertaV2Model")
    return {
        **found,
        "type_vocab_size": config.type_vocab_size,
        "layer_norm_eps": config.layer_norm_eps or 1e-7,
        "position_buckets": config.position_buckets or -1,
    }


DEBERTA = Family(
    name="deberta",
    title="DeBERTa v2 and v3, mDeBERTa v3, Erlangshen-DeBERTa-v2",
    network="deberta",
    config=DebertaConfig,
    recognises=lambda config, shapes: has(*_OWN_NAMES)(shapes),
    options=_options,
    model_types=("deberta-v2",),
    architectures=("DebertaV2",),
    keys=_KEYS,
    layouts=(
        Layout(
            "tensorflow",
            has("deberta/*"),
            lambda config: _sources(TENSORFLOW, config),
            TENSORFLOW_UNNEEDED,
            inside=under("deberta"),
        ),
        Layout(
            "huggingface",
            has("*attention.self.query_proj.weight"),
            lambda config: _sources(HUGGINGFACE, config),
            (
                *HUGGINGFACE_UNNEEDED,
                r"deberta\.embeddings\.position_embeddings\.weight",  # in some files, though not used
                r"(mask_predictions|pooler)\..*",
            ),
            without_prefix("deberta.", _PARTS),
            under("deberta"),
        ),
    ),
    huggingface=_huggingface_config,
)
