"""T5 (1.0 and 1.1) and mT5: Google's files of Mesh TensorFlow and Hugging Face's; recognition uses the encoder."""

import reprlib
from dataclasses import dataclass
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import FreeHeadsConfig, known_options, renamed_options
from bert4ner.models.pretrained.family import (
    Described,
    Family,
    Layout,
    Shapes,
    Source,
    Sources,
    has,
    same,
    transposed,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.kinds import FLAG, SIZE, one_of, option

_WORDS = {
    "hidden_size": "d_model",
    "num_hidden_layers": "num_layers",
    "num_attention_heads": "num_heads",
    "intermediate_size": "d_ff",
    "attention_head_size": "d_kv",
    "layer_norm_eps": "layer_norm_epsilon",
    "relative_buckets": "relative_attention_num_buckets",
    "relative_distance": "relative_attention_max_distance",
}
_DEFAULTS = {"relative_buckets": 32, "relative_distance": 128, "layer_norm_eps": 1e-6}
_OWN_OUTPUT = ("decoder/logits/kernel", "lm_head.weight")
_ATTENTION = {"MultiHeadSelfAttention": "SelfAttention", "MultiHeadCrossAttention": "EncDecAttention"}


@dataclass(frozen=True, kw_only=True)
class T5Config(FreeHeadsConfig):
    """T5's own options.

    Attributes:
        relative_buckets: number of rows of the distance table; relative_distance: distance from which on all share one
            bucket.
        gated: multiply the activated projection by a second projection in the feed-forward.
        version: bert4keras' name; from 1.1 on the output matrix is not the embedding's.
        scale_output: multiply the last hidden states by width ** -0.5 before the output matrix.
    """

    relative_buckets: int = option(SIZE, 32)
    relative_distance: int = option(SIZE, 128)
    gated: bool = option(FLAG, False)
    version: str = option(one_of("t5.1.0", "t5.1.1"), "t5.1.0")
    scale_output: bool = option(FLAG, True)


_KEYS = Keys(
    heeded=(
        *(*_WORDS.values(), "num_decoder_layers", "dropout_rate", "scale_decoder_outputs"),
        *("feed_forward_proj", "dense_act_fn", "is_gated_act"),
    ),
    required={"is_encoder_decoder": (True, False, None)},
    ignored=because("that of the tokenizer", "n_positions"),
)


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """From Hugging Face's keys, bert4keras' or our own."""
    said = renamed_options(config, _WORDS, _DEFAULTS)
    decoder = config.get("num_decoder_layers")
    if decoder is not None and decoder != said["num_hidden_layers"]:
        raise CheckpointError(
            f"T5 with num_layers={said['num_hidden_layers']} and num_decoder_layers={decoder}: expected equally many"
        )
    activation, gated = _activation(config)
    rate = config.get("hidden_dropout_prob", config.get("dropout_rate"))
    own = any(name in shapes for name in _OWN_OUTPUT) if shapes else config.get("version", "t5.1.0") != "t5.1.0"
    return {
        **known_options({**config, **said, "hidden_act": activation}),
        **{key: said[key] for key in ("attention_head_size", "relative_buckets", "relative_distance")},
        "hidden_dropout_prob": rate,
        "attention_probs_dropout_prob": config.get("attention_probs_dropout_prob", rate),
        "gated": gated,
        "version": "t5.1.1" if own else "t5.1.0",
        "scale_output": _scaled(config, own),
    }


def _activation(config: Described) -> tuple[Any, Any]:
    """Name of the feed-forward's activation, and whether a second product gates it."""
    if "gated" in config:
        return config.get("hidden_act"), config["gated"]
    kind = config.get("feed_forward_proj")
    if kind is None:  # bert4keras: a name, or that and "linear"
        kind = config.get("hidden_act", "relu")
        names = kind if isinstance(kind, list) and kind else [kind]
        name, gated = "gelu_new" if names[0] == "gelu" else names[0], len(names) > 1
    else:
        name = str(kind).removeprefix("gated-")
        gated = name != kind
        name = "gelu_new" if gated and name == "gelu" else name
    for key, value in (("dense_act_fn", name), ("is_gated_act", gated)):  # transformers prefers these
        if config.get(key) not in (None, value):
            raise CheckpointError(
                f"{key}={reprlib.repr(config[key])} and an activation of {reprlib.repr(kind)}: expected them to agree; "
                "take the configuration that came with the weights"
            )
    return name, gated


def _scaled(config: Described, own: bool) -> bool:
    if "scale_output" in config:
        return bool(config["scale_output"])
    if config.get("model_type") == "mt5":
        return False
    if "model_type" in config:
        return bool(config.get("scale_decoder_outputs", config.get("tie_word_embeddings") is not False))
    return not own


def _sources(config: T5Config, hugging: bool) -> Sources:
    found: Sources = {"Embedding-Token": [_table(hugging)], "Decoder-Output-LM": [_output(hugging)]}
    for side in ("Encoder", "Decoder"):
        start = side.lower()
        found[f"{side}-Embedding-Relative-Position"] = [_distances(start, hugging)]
        found[f"{side}-Output-Norm"] = [
            same(f"{start}.final_layer_norm.weight" if hugging else f"{start}/final_layer_norm/scale")
        ]
        for index in range(config.num_hidden_layers):
            stem = f"{start}.block.{index}.layer." if hugging else f"{start}/block_{index:03d}/layer_00"
            found |= _block(f"{side}-Transformer-{index}", stem, side, config.gated, hugging)
    return found


def _block(layer: str, stem: str, side: str, gated: bool, hugging: bool) -> Sources:
    found: Sources = {}
    names = ["MultiHeadSelfAttention", *(["MultiHeadCrossAttention"] if side == "Decoder" else []), "FeedForward"]
    for number, name in enumerate(names):
        if name == "FeedForward":
            parts = ["wi_0", "wi_1", "wo"] if gated else ["wi", "wo"]
            within = [f"DenseReluDense.{part}" for part in parts]
        else:
            within = [f"{_ATTENTION[name]}.{part}" for part in "qkvo"]
        if hugging:
            found[f"{layer}-{name}"] = [transposed(f"{stem}{number}.{part}.weight") for part in within]
            found[f"{layer}-{name}-Norm"] = [same(f"{stem}{number}.layer_norm.weight")]
        else:
            kernel = "/kernel" if name == "FeedForward" else ""
            found[f"{layer}-{name}"] = [same(f"{stem}{number}/{part.replace('.', '/')}{kernel}") for part in within]
            found[f"{layer}-{name}-Norm"] = [same(f"{stem}{number}/layer_norm/scale")]
    return found


def _table(hugging: bool) -> Source:
    return same("shared.weight" if hugging else "shared/embedding")


def _output(hugging: bool) -> Source:
    return transposed("lm_head.weight") if hugging else same("decoder/logits/kernel")


def _distances(start: str, hugging: bool) -> Source:
    if hugging:
        return same(f"{start}.block.0.layer.0.SelfAttention.relative_attention_bias.weight")
    return transposed(f"{start}/block_000/layer_000/SelfAttention/relative_attention_bias")


def _config(config: T5Config) -> dict[str, Any]:
    gated, activation = config.gated, config.hidden_act
    if gated and activation == "gelu_new":
        activation = "gelu"
    rate = config.hidden_dropout_prob
    return {
        "model_type": "t5",
        "architectures": ["T5ForConditionalGeneration"],
        "vocab_size": config.vocab_size,
        **{word: getattr(config, key) for key, word in _WORDS.items()},
        "feed_forward_proj": f"gated-{activation}" if gated else activation,
        "dropout_rate": 0.1 if rate is None else rate,
        "tie_word_embeddings": config.scale_output,
        "scale_decoder_outputs": config.scale_output,
        "pad_token_id": config.padding,
        "eos_token_id": 1,
        "decoder_start_token_id": config.padding,
    }


def _canonical(name: str) -> str:
    return name.replace("/rms_norm/", "/layer_norm/").replace("coder/layer_norm/", "coder/final_layer_norm/")


_INSIDE = r"(encoder|decoder|shared)[./].*"
T5 = Family(
    name="t5",
    title="T5 (1.0 and 1.1), mT5",
    network="t5_tagging_encoder",
    config=T5Config,
    recognises=lambda config, shapes: has("shared/embedding", "*shared.weight")(shapes),
    options=_options,
    model_types=("t5", "mt5"),
    architectures=("T5", "MT5"),
    keys=_KEYS,
    layouts=(
        Layout(
            "tensorflow",
            has("shared/embedding"),
            lambda config: _sources(config, hugging=False),
            (r".*_slot_v[rc]?", r"global_step", r"decoder/.*/EncDecAttention/relative_attention_bias"),
            _canonical,
            _INSIDE,
        ),
        Layout(
            "huggingface",
            has("*shared.weight"),
            lambda config: _sources(config, hugging=True),
            (
                r"(encoder|decoder)\.embed_tokens\.weight",  # the same table again
                r"decoder\..*\.EncDecAttention\.relative_attention_bias\.weight",
            ),  # in old files, never used
            without_prefix("", ("shared.", "encoder.", "decoder.", "lm_head."), ("transformer.",)),
            _INSIDE,
        ),
    ),
    huggingface=_config,
    tokenizer="sentencepiece",
    positions=False,
    generator="t5",
)
