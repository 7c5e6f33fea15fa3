"""Decoders: CDial-GPT (OpenAI's GPT), GPT2_ML, NEZHA-GEN and the conversions of Chinese-GEN."""

from dataclasses import dataclass
from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options, renamed_options
from bert4ner.models.pretrained.families.naming import TENSORFLOW, blocks, embeddings, heads
from bert4ner.models.pretrained.family import (
    TENSORFLOW_UNNEEDED,
    Described,
    Family,
    Layout,
    Shapes,
    Source,
    Sources,
    columns,
    has,
    same,
    under,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.kinds import COUNT, FLAG, one_of, option

_WORDS = {
    "hidden_size": "n_embd",
    "num_hidden_layers": "n_layer",
    "num_attention_heads": "n_head",
    "max_position_embeddings": "n_positions",
    "hidden_act": "afn",
    "hidden_dropout_prob": "resid_pdrop",
    "attention_probs_dropout_prob": "attn_pdrop",
    "layer_norm_eps": "layer_norm_epsilon",
}


@dataclass(frozen=True, kw_only=True)
class GPTConfig(EncoderConfig):
    """There are `segment_vocab_size` segments, 0 for none; usually they share the token table."""

    shared_segment_embeddings: bool = option(FLAG, True)
    segment_vocab_size: int = option(COUNT)

    @property
    def padding(self) -> int | None:
        """None unless a vocabulary or configuration says otherwise: OpenAI's vocabulary has no padding."""
        return self.pad_id


@dataclass(frozen=True, kw_only=True)
class NezhaGenConfig(EncoderConfig):
    """BERT's network as a left-to-right language model, without segments."""

    application: str = option(one_of("lm"), "lm")
    segment_vocab_size: int = option(COUNT, 0)


def _gpt_options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """From Hugging Face's keys or BERT's; segments are tokens, as in CDial-GPT, unless `segment_vocab_size` is 0."""
    said = renamed_options(config, _WORDS, {"layer_norm_eps": 1e-5})
    if "afn" in config and said["hidden_act"] == "gelu":  # that code calls this function gelu
        said["hidden_act"] = "gelu_new"
    if type(config.get("n_embd")) is int:
        said["intermediate_size"] = 4 * config["n_embd"]
    return {
        **known_options({**config, **said}),
        "shared_segment_embeddings": config.get("shared_segment_embeddings", True),
        "segment_vocab_size": config.get("segment_vocab_size", config.get("vocab_size")),
    }


def _gpt_tensorflow(config: GPTConfig) -> Sources:
    found = embeddings(TENSORFLOW, "gpt") | blocks(TENSORFLOW, "gpt", config.num_hidden_layers)
    return {
        layer: [same(source.names[0].replace("/encoder/", "/transformer/")) for source in sources]
        for layer, sources in found.items()
    }


def _gpt_huggingface(config: GPTConfig) -> Sources:
    found: Sources = {
        "Embedding-Token": [same("transformer.tokens_embed.weight")],
        "Embedding-Position": [same("transformer.positions_embed.weight")],
    }
    for index in range(config.num_hidden_layers):
        stem, layer = f"transformer.h.{index}", f"Transformer-{index}"
        attention = [columns(f"{stem}.attn.c_attn.{kind}", part, 3) for part in range(3) for kind in ("weight", "bias")]
        found |= {
            f"{layer}-MultiHeadSelfAttention": [*attention, *_dense(f"{stem}.attn.c_proj")],
            f"{layer}-MultiHeadSelfAttention-Norm": [same(f"{stem}.ln_1.bias"), same(f"{stem}.ln_1.weight")],
            f"{layer}-FeedForward": [*_dense(f"{stem}.mlp.c_fc"), *_dense(f"{stem}.mlp.c_proj")],
            f"{layer}-FeedForward-Norm": [same(f"{stem}.ln_2.bias"), same(f"{stem}.ln_2.weight")],
        }
    return found


def _dense(stem: str) -> list[Source]:
    return [same(f"{stem}.weight"), same(f"{stem}.bias")]  # stored as (inputs, outputs)


def _gpt_config(config: GPTConfig) -> dict[str, Any]:
    activation = {"gelu_new": "gelu", "relu": "relu", "swish": "swish", "silu": "silu"}.get(config.hidden_act)
    if activation is None or config.intermediate_size != 4 * config.hidden_size:
        raise CheckpointError(
            f"OpenAI's GPT has hidden_act gelu_new, relu or silu and intermediate_size 4 * hidden_size; found "
            f"{config.hidden_act!r} and {config.intermediate_size} for {config.hidden_size}"
        )
    options = config.options()
    padding = {} if config.pad_id is None else {"pad_token_id": config.pad_id}
    return {
        "model_type": "openai-gpt",
        "architectures": ["OpenAIGPTLMHeadModel"],
        "vocab_size": config.vocab_size,
        **{word: options[key] for key, word in _WORDS.items() if key in options},
        "afn": activation,
        **padding,
    }


GPT = Family(
    name="gpt",
    title="CDial-GPT (OpenAI GPT)",
    network="gpt",
    config=GPTConfig,
    recognises=lambda config, shapes: has("gpt/*", "*tokens_embed.weight")(shapes),
    options=_gpt_options,
    model_types=("gpt", "openai-gpt"),
    architectures=("OpenAIGPT",),
    keys=Keys(
        heeded=_WORDS.values(),
        ignored=because("of training", "embd_pdrop n_special predict_special_tokens n_ctx"),
    ),
    layouts=(
        Layout("tensorflow", has("gpt/*"), _gpt_tensorflow, TENSORFLOW_UNNEEDED, inside=under("gpt")),
        Layout(
            "huggingface",
            has("*tokens_embed.weight"),
            _gpt_huggingface,
            (r".*\.attn\.bias", r".*position_ids", r"lm_head\.weight", r"multiple_choice_head\..*"),
            without_prefix("transformer.", ("tokens_embed.", "positions_embed.", "h.")),
            under("transformer"),
        ),
    ),
    huggingface=_gpt_config,
    decoder=True,
)


def _newslm(config: EncoderConfig) -> Sources:
    found: Sources = {
        "Embedding-Token": [same("newslm/embeddings/word_embed")],
        "Embedding-Position": [same("newslm/embeddings/pos_embed")],
        "Embedding-Norm": TENSORFLOW.norm("newslm/embeddings/LayerNorm_embed_norm"),
    }
    for index in range(config.num_hidden_layers):
        stem, layer = f"newslm/layer{index:02d}", f"Transformer-{index}"
        attention = ("query_layer", "key_layer", "value_layer", "context_projection_layer")
        found |= {
            f"{layer}-MultiHeadSelfAttention": [
                each for part in attention for each in TENSORFLOW.dense(f"{stem}/{part}")
            ],
            f"{layer}-FeedForward-Norm-0": TENSORFLOW.norm(f"{stem}/LayerNorm_mlp_ln0"),
            f"{layer}-FeedForward": TENSORFLOW.dense(f"{stem}/intermediate") + TENSORFLOW.dense(f"{stem}/output"),
            f"{layer}-FeedForward-Norm-1": TENSORFLOW.norm(f"{stem}/LayerNorm_mlp_ln1"),
        }
    return found


def _gpt2_options(config: Described, shapes: Shapes) -> dict[str, Any]:
    epsilon = config.get("layer_norm_eps")
    return {**known_options(config), "layer_norm_eps": 1e-5 if epsilon is None else epsilon}


GPT2_ML = Family(
    name="gpt2_ml",
    title="GPT2_ML",
    network="gpt2_ml",
    config=EncoderConfig,
    recognises=lambda config, shapes: has("newslm/*")(shapes),
    model_types=("gpt2_ml",),
    keys=Keys(),
    options=_gpt2_options,
    layouts=(Layout("tensorflow", has("newslm/*"), _newslm, TENSORFLOW_UNNEEDED, inside=under("newslm")),),
    decoder=True,
)


def _generates(config: Described, shapes: Shapes) -> bool:
    """Whether BERT's names belong to a left-to-right model: it has no pooler and no segments."""
    heads_alone = "cls/predictions/output_bias" in shapes and "bert/embeddings/position_embeddings" in shapes
    without = not has("bert/pooler/*", "bert/embeddings/token_type_embeddings", "cls/seq_relationship/*")(shapes)
    return config.get("application") == "lm" or ("model_type" not in config and heads_alone and without)


NEZHA_GEN = Family(
    name="nezha_gen",
    title="NEZHA-GEN, Chinese-GEN",
    network="bert",
    config=NezhaGenConfig,
    recognises=_generates,
    model_types=("bert",),
    architectures=("Bert",),
    keys=Keys(required={"is_decoder": (True, False, None)}),
    options=lambda config, shapes: {**known_options(config), "application": "lm", "segment_vocab_size": 0},
    layouts=(
        Layout(
            "tensorflow",
            has("bert/*"),
            lambda config: (
                embeddings(TENSORFLOW, "bert")
                | blocks(TENSORFLOW, "bert", config.num_hidden_layers)
                | heads(TENSORFLOW, "bert")
            ),
            TENSORFLOW_UNNEEDED,
            inside=under("bert"),
        ),
    ),
    decoder=True,
)
