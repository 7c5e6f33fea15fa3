"""GTE since 2024 (mGTE, gte-*-en-v1.5), which its code calls "new": Hugging Face's files, and our TensorFlow files."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
from bert4ner.models.pretrained.families.bert import ENCODER_PARTS, HUGGINGFACE_UNNEEDED, bert_huggingface
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, embeddings
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
from bert4ner.models.pretrained.kinds import COUNT, FLAG, POSITIVE, one_of, option

_KEYS = Keys(
    heeded=("rope_theta", "rope_scaling", "rope_parameters"),
    required={"logn_attention_scale": (False, None)},
    ignored=because("used with logn_attention_scale only", "logn_attention_clip1"),
)


@dataclass(frozen=True, kw_only=True)
class GteConfig(EncoderConfig):
    """GTE's own options; `networks.gated` explains them.

    `pack_qkv` says whether files store query, key and value as one array; `rope_factor` and `rope_mixture` are the
    published `rope_scaling`, with 1 for none.
    """

    type_vocab_size: int = option(COUNT, 1)
    position_embedding_type: str = option(one_of("rope", "absolute"), "rope")
    rope_theta: float = option(POSITIVE, 10000.0)
    rope_factor: float = option(POSITIVE, 1.0)
    rope_mixture: float | None = option(POSITIVE, None)
    layer_norm_type: str = option(one_of("layer_norm", "rms_norm"), "layer_norm")
    pack_qkv: bool = option(FLAG, True)

    @property
    def position_table(self) -> bool:
        """Whether positions are embedded instead of rotary."""
        return self.position_embedding_type == "absolute"

    @property
    def rotary(self) -> bool:
        """Where positions are not embedded."""
        return not self.position_table


_USUAL = ("rope", "layer_norm")
_OWN = ("position_embedding_type", "layer_norm_type", "type_vocab_size", "rope_factor", "rope_mixture")


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """Fills in the defaults of the published code."""
    packed = config.get("pack_qkv", True) if not shapes else has("*qkv_proj*")(shapes)
    return {
        **known_options(config),
        "layer_norm_eps": config.get("layer_norm_eps", 1e-12),
        **{key: config[key] for key in _OWN if config.get(key) is not None},
        **_rotation(config),
        "pack_qkv": packed,
    }


def _rotation(config: Described) -> dict[str, Any]:
    """From `rope_theta` and `rope_scaling` of the published code, or `rope_parameters` of transformers."""
    theta, scaling, table = (config.get(key) for key in ("rope_theta", "rope_scaling", "rope_parameters"))
    default = 160000.0 if config.get("model_type") == "gte" else 10000.0
    if isinstance(table, dict):
        if table.get("rope_type", "default") != "default":
            raise CheckpointError(f"rope_parameters: rope_type {table['rope_type']!r}, expected 'default'")
        theta = table.get("rope_theta", theta)
    found = {"rope_theta": default if theta is None else theta}
    if scaling is None:
        return found
    kind = scaling.get("type", scaling.get("rope_type")) if isinstance(scaling, dict) else scaling
    factor = scaling.get("factor") if isinstance(scaling, dict) else None
    if kind != "ntk" or not isinstance(factor, int | float) or factor < 1:
        raise CheckpointError(f"rope_scaling={scaling!r}: expected type 'ntk' and a factor of 1 or more, or null"[:300])
    mixture = scaling.get("mixed_b")
    return {**found, "rope_factor": factor, **({} if mixture is None else {"rope_mixture": mixture})}


def _sources(naming: Naming, base: str, config: GteConfig) -> Sources:
    found = embeddings(naming, base, positions=config.position_table)
    if not config.type_vocab_size:
        del found["Embedding-Segment"]
    for number in range(config.num_hidden_layers):
        layer, stem = f"Transformer-{number}", f"{base}/encoder/layer_{number}"
        names = ["qkv_proj"] if config.pack_qkv else ["q_proj", "k_proj", "v_proj"]
        output = naming.dense(f"{stem}/attention/o_proj")
        found |= {
            f"{layer}-MultiHeadSelfAttention": naming.joined([f"{stem}/attention/{name}" for name in names]) + output,
            f"{layer}-MultiHeadSelfAttention-Norm": _norm(naming, f"{stem}/attn_ln", config),
            f"{layer}-FeedForward": [
                *map(gates_first, naming.kernel(f"{stem}/mlp/up_gate_proj")),
                *naming.dense(f"{stem}/mlp/down_proj"),
            ],
            f"{layer}-FeedForward-Norm": _norm(naming, f"{stem}/mlp_ln", config),
        }
    decoder = "lm_head.decoder.bias" if naming is HUGGINGFACE else "lm_head/decoder/bias"
    return found | {
        "Pooler-Dense": naming.dense(f"{base}/pooler/dense"),
        "MLM-Dense": naming.dense("lm_head/dense"),
        "MLM-Norm": naming.norm("lm_head/norm"),
        "MLM-Bias": [same(decoder)],
    }


def _norm(naming: Naming, stem: str, config: GteConfig) -> list[Source]:
    return naming.norm(stem)[1 if config.layer_norm_type == "rms_norm" else 0 :]


def gates_first(source: Source) -> Source:
    """A kernel stored with the activated half of its outputs second; our network has it first."""

    def read(array: np.ndarray) -> np.ndarray:
        return _swapped(source.read(array))

    def write(weight: np.ndarray) -> tuple[np.ndarray, ...]:
        assert source.write is not None
        return source.write(_swapped(weight))

    return Source(source.names, read, write)


def _swapped(kernel: np.ndarray) -> np.ndarray:
    return np.concatenate(np.split(kernel, 2, axis=-1)[::-1], axis=-1)


def _huggingface_config(config: GteConfig) -> dict[str, Any]:
    """With the keys of transformers for what its GTE supports, otherwise those of the published code."""
    found = bert_huggingface(config, "new", "NewModel")
    factor, mixture = found.pop("rope_factor"), found.pop("rope_mixture", None)
    if factor == 1 and config.pack_qkv and (config.position_embedding_type, config.layer_norm_type) == _USUAL:
        angles = {"rope_type": "default", "rope_theta": found.pop("rope_theta")}
        known = {key: value for key, value in found.items() if key not in ("pack_qkv", *_OWN[:2])}
        return {**known, "model_type": "gte", "architectures": ["GteModel"], "rope_parameters": angles}
    scaling = {"type": "ntk", "factor": factor, **({} if mixture is None else {"mixed_b": mixture})}
    code = "Alibaba-NLP/new-impl--"
    places = {"AutoConfig": f"{code}configuration.NewConfig", "AutoModel": f"{code}modeling.NewModel"}
    return {**found, "rope_scaling": None if factor == 1 else scaling, "auto_map": places}


GTE = Family(
    name="gte",
    title="GTE since 2024 (`new`): gte-multilingual-base, gte-base-en-v1.5, gte-large-en-v1.5",
    network="gte",
    config=GteConfig,
    recognises=lambda config, shapes: has("gte/*", "*mlp.up_gate_proj.weight")(shapes),
    options=_options,
    model_types=("new", "gte"),
    architectures=("New", "Gte"),
    keys=_KEYS,
    layouts=(
        Layout(
            "tensorflow",
            has("gte/*"),
            lambda config: _sources(TENSORFLOW, "gte", config),
            TENSORFLOW_UNNEEDED,
            inside=under("gte"),
        ),
        Layout(
            "huggingface",
            has("*mlp.up_gate_proj.weight"),
            lambda config: _sources(HUGGINGFACE, "new", config),
            (*HUGGINGFACE_UNNEEDED, r"lm_head\.decoder\.weight"),
            without_prefix("new.", ENCODER_PARTS, ("gte.",)),
            under("new"),
        ),
    ),
    huggingface=_huggingface_config,
)
