"""ModernBERT: Hugging Face's files, and our TensorFlow files."""

from dataclasses import dataclass
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options, renamed_options
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming
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
from bert4ner.models.pretrained.kinds import FLAG, POSITIVE, SIZE, Kind, option

_WORDS = {
    "hidden_act": "hidden_activation",
    "layer_norm_eps": "norm_eps",
    "hidden_dropout_prob": "mlp_dropout",
    "attention_probs_dropout_prob": "attention_dropout",
}
_UNUSED = ("type_vocab_size", "embedding_size")
_OWN = ("local_attention", "norm_bias", "attention_bias", "mlp_bias")
_THETAS = {
    "global_theta": ("full_attention", "global_rope_theta"),
    "local_theta": ("sliding_attention", "local_rope_theta"),
}
_KINDS = {"full_attention": "g", "sliding_attention": "l"}
_KEYS = Keys(
    heeded=(
        *_WORDS.values(),
        *("global_attn_every_n_layers", "layer_types", "rope_parameters", "global_rope_theta", "local_rope_theta"),
    ),
    ignored=because("keys of BERT that ModernBERT's code ignores", " ".join(_UNUSED))
    | because(
        "of a head on top",
        "classifier_pooling classifier_bias classifier_activation decoder_bias sparse_prediction "
        "sparse_pred_ignore_index",
    )
    | because("of training", "embedding_dropout initializer_cutoff_factor")
    | because("how fast the same is computed", "deterministic_flash_attn reference_compile repad_logits_with_grad"),
)
_LETTERS = Kind("a row of the letters g and l", lambda value: isinstance(value, str) and {*value} <= {*"gl"})


@dataclass(frozen=True, kw_only=True)
class ModernBertConfig(EncoderConfig):
    """ModernBERT's own options; `networks.modernbert` explains them."""

    layer_kinds: str = option(_LETTERS)
    local_attention: int = option(SIZE, 128)
    global_theta: float = option(POSITIVE, 160000.0)
    local_theta: float = option(POSITIVE, 10000.0)
    norm_bias: bool = option(FLAG, False)
    attention_bias: bool = option(FLAG, False)
    mlp_bias: bool = option(FLAG, False)

    @property
    def rotary(self) -> bool:
        """Always, with a base of angles for each kind of layer."""
        return True

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.layer_kinds) != self.num_hidden_layers:
            raise CheckpointError(
                f"expected as many kinds of layers as num_hidden_layers={self.num_hidden_layers}, found "
                f"{len(self.layer_kinds)}"
            )


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """From the keys of any version of transformers, or our own."""
    said = renamed_options(config, _WORDS, {"hidden_act": "gelu", "layer_norm_eps": 1e-5})
    known = {key: value for key, value in known_options(config).items() if key not in _UNUSED}
    return {
        **known,
        **said,
        **{key: config[key] for key in _OWN if config.get(key) is not None},
        "layer_kinds": config.get("layer_kinds", _kinds(config)),
        **{key: config.get(key, _theta(config, key)) for key in _THETAS},
    }


def _kinds(config: Described) -> Any:
    count, said, step = (
        config.get("num_hidden_layers"),
        config.get("layer_types"),
        config.get("global_attn_every_n_layers"),
    )
    step = 3 if step is None else step
    if isinstance(said, list):
        if not {*map(str, said)} <= {*_KINDS}:
            raise CheckpointError(f"layer_types: expected some of {', '.join(_KINDS)}; this is another network")
        return "".join(_KINDS[each] for each in said)
    if type(step) is not int or step < 1:
        raise CheckpointError(f"expected global_attn_every_n_layers to be a whole number above 0, found {step!r}")
    bounded = min(count, 1000) if type(count) is int else 0  # other values are refused elsewhere
    return "".join("l" if number % step else "g" for number in range(bounded))


def _theta(config: Described, key: str) -> Any:
    """The base of the angles; transformers stores it in a table by kind of layer, older versions under two keys."""
    kind, name = _THETAS[key]
    table = config.get("rope_parameters")
    said = (table.get(kind) if isinstance(table, dict) else None) or {}
    if not isinstance(said, dict) or said.get("rope_type", "default") != "default":
        raise CheckpointError(f"rope_parameters: expected rope_type 'default' of {kind}; this is another network")
    theta = said.get("rope_theta", config.get(name))
    default = ModernBertConfig.__dataclass_fields__[key].default
    return default if theta is None else theta


def _sources(naming: Naming, base: str, config: ModernBertConfig) -> Sources:
    def norm(stem: str) -> list[Source]:
        return naming.norm(stem) if config.norm_bias else naming.norm(stem)[1:]

    found: Sources = {
        "Embedding-Token": naming.table(f"{base}/embeddings/tok_embeddings"),
        "Embedding-Norm": norm(f"{base}/embeddings/norm"),
        "Encoder-Output-Norm": norm(f"{base}/final_norm"),
    }
    products = (
        ("MultiHeadSelfAttention", ("attn/Wqkv", "attn/Wo"), config.attention_bias),
        ("FeedForward", ("mlp/Wi", "mlp/Wo"), config.mlp_bias),
    )
    for number in range(config.num_hidden_layers):
        layer, stem = f"Transformer-{number}", f"{base}/layers/{number}"
        for part, names, bias in products:
            dense = naming.dense if bias else naming.kernel
            found[f"{layer}-{part}"] = [source for name in names for source in dense(f"{stem}/{name}")]
        if number:
            found[f"{layer}-MultiHeadSelfAttention-Norm"] = norm(f"{stem}/attn_norm")
        found[f"{layer}-FeedForward-Norm"] = norm(f"{stem}/mlp_norm")
    return found | _head(naming, norm("head/norm"))


def _head(naming: Naming, norm: list[Source]) -> Sources:
    """The language-model head, for conversion: the parts that exist."""
    kernel, bias = naming.dense("head/dense")
    decoder = "decoder.bias" if naming is HUGGINGFACE else "decoder/bias"
    return {"Head-Dense": [kernel], "Head-Bias": [bias], "Head-Norm": norm, "Head-Output-Bias": [same(decoder)]}


def _huggingface_config(config: ModernBertConfig) -> dict[str, Any]:
    options = config.options()
    kinds = {letter: kind for kind, letter in _KINDS.items()}
    thetas = {kind: {"rope_type": "default", "rope_theta": options[key]} for key, (kind, _) in _THETAS.items()}
    return {
        "model_type": "modernbert",
        "architectures": ["ModernBertModel"],
        **{key: options[key] for key in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads")},
        "intermediate_size": config.intermediate_size,
        "max_position_embeddings": config.max_position_embeddings or 8192,
        "pad_token_id": config.padding,
        **{word: options[key] for key, word in _WORDS.items() if key in options},
        **{key: options[key] for key in _OWN},
        "layer_types": [kinds[letter] for letter in config.layer_kinds],
        "rope_parameters": thetas,
        "global_rope_theta": config.global_theta,
        "local_rope_theta": config.local_theta,
    }


MODERNBERT = Family(
    name="modernbert",
    title="ModernBERT",
    network="modernbert",
    config=ModernBertConfig,
    recognises=lambda config, shapes: has("modernbert/*", "*attn.Wqkv.weight")(shapes),
    options=_options,
    model_types=("modernbert",),
    architectures=("ModernBert",),
    keys=_KEYS,
    layouts=(
        Layout(
            "tensorflow",
            has("modernbert/*"),
            lambda config: _sources(TENSORFLOW, "modernbert", config),
            TENSORFLOW_UNNEEDED,
            inside=under("modernbert"),
        ),
        Layout(
            "huggingface",
            has("*attn.Wqkv.weight"),
            lambda config: _sources(HUGGINGFACE, "model", config),
            (r"decoder\.weight", r"(classifier|qa_outputs)\..*"),
            without_prefix("model.", ("embeddings.", "layers.", "final_norm.")),
            under("model"),
        ),
    ),
    huggingface=_huggingface_config,
    positions=False,
)
