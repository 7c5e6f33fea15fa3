"""DistilBERT as in transformers: BERT without segments and pooler."""

from dataclasses import dataclass
from typing import Any

from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options, renamed_options
from bert4ner.models.pretrained.families.bert import HUGGINGFACE_UNNEEDED
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming
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
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.kinds import FLAG, option

_WORDS = {
    "hidden_size": "dim",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
    "hidden_act": "activation",
    "hidden_dropout_prob": "dropout",
    "attention_probs_dropout_prob": "attention_dropout",
}
_EPSILON = 1e-12  # fixed in its code
_FIXED = ("layer_norm_eps", "embedding_size", "type_vocab_size")


@dataclass(frozen=True, kw_only=True)
class DistilBertConfig(EncoderConfig):
    """With `sinusoidal_pos_embds`, position embeddings start as sines and cosines; checkpoints store them anyway."""

    sinusoidal_pos_embds: bool | None = option(FLAG, None)


def _sources(naming: Naming, config: DistilBertConfig) -> Sources:
    base = "distilbert"
    found: Sources = {
        "Embedding-Token": naming.table(f"{base}/embeddings/word_embeddings"),
        "Embedding-Position": naming.table(f"{base}/embeddings/position_embeddings"),
        "Embedding-Norm": naming.norm(f"{base}/embeddings/LayerNorm"),
        "MLM-Dense": naming.dense("vocab_transform"),
        "MLM-Norm": naming.norm("vocab_layer_norm"),
        "MLM-Bias": [same("vocab_projector.bias" if naming is HUGGINGFACE else "vocab_projector/bias")],
    }
    for number in range(config.num_hidden_layers):
        stem, layer = f"{base}/transformer/layer_{number}", f"Transformer-{number}"
        attention = [f"{stem}/attention/{part}_lin" for part in ("q", "k", "v", "out")]
        found |= {
            f"{layer}-MultiHeadSelfAttention": [source for each in attention for source in naming.dense(each)],
            f"{layer}-MultiHeadSelfAttention-Norm": naming.norm(f"{stem}/sa_layer_norm"),
            f"{layer}-FeedForward": naming.dense(f"{stem}/ffn/lin1") + naming.dense(f"{stem}/ffn/lin2"),
            f"{layer}-FeedForward-Norm": naming.norm(f"{stem}/output_layer_norm"),
        }
    return found


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """From BERT's keys, which saved models have, or from those of Hugging Face's files."""
    found = known_options({**config, **renamed_options(config, _WORDS)})
    found["sinusoidal_pos_embds"] = config.get("sinusoidal_pos_embds") or None
    return {key: value for key, value in found.items() if key not in _FIXED}


def _config(config: DistilBertConfig) -> dict[str, Any]:
    rates = {"dropout": 0.1, "attention_dropout": 0.1}
    options = {_WORDS.get(key, key): value for key, value in config.options().items()}
    return {
        "model_type": "distilbert",
        "architectures": ["DistilBertForMaskedLM"],
        "max_position_embeddings": 512,
        "pad_token_id": options.pop("pad_id", 0),
        "sinusoidal_pos_embds": False,
        **rates,
        **options,
    }


DISTILBERT = Family(
    name="distilbert",
    title="DistilBERT",
    network="distilbert",
    language_model=True,
    config=DistilBertConfig,
    recognises=lambda config, shapes: has(
        "distilbert.*", "distilbert/*", "*transformer.layer.0.attention.q_lin.weight"
    )(shapes),
    options=_options,
    model_types=("distilbert",),
    architectures=("DistilBert",),
    keys=Keys(
        heeded=tuple(_WORDS.values()),
        required={"layer_norm_eps": (_EPSILON, None), "embedding_size": (None,)},
        ignored=because("of a head on top", "qa_dropout seq_classif_dropout tie_weights_")
        | because("there are no segments", "type_vocab_size"),
    ),
    layouts=(
        Layout(
            "tensorflow",
            has("distilbert/*"),
            lambda config: _sources(TENSORFLOW, config),
            TENSORFLOW_UNNEEDED,
            inside=under("distilbert"),
        ),
        Layout(
            "huggingface",
            has("*attention.q_lin.weight"),
            lambda config: _sources(HUGGINGFACE, config),
            (*HUGGINGFACE_UNNEEDED, r"pre_classifier\.(weight|bias)", r"vocab_projector\.weight"),
            without_prefix("distilbert.", ("embeddings.", "transformer.")),
            under("distilbert"),
        ),
    ),
    huggingface=_config,
)
