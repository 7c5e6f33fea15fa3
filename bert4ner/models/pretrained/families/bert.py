"""BERT: Google's, and all that share its network: BERT-wwm, RoBERTa-wwm-ext, roberta_zh, WoBERT, SimBERT, LaBSE."""

from typing import Any

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.encoder_config import EncoderConfig, known_options
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

ENCODER_PARTS = ("embeddings.", "encoder.", "pooler.", "embeddings_project.")
HUGGINGFACE_UNNEEDED = (
    r".*\.position_ids",
    r"cls\.predictions\.decoder\.(weight|bias)",  # tied to embeddings and bias
    r"(classifier|qa_outputs|dropout)\..*",  # heads of fine-tuned models
)
"""Buffers, copies of tied weights and heads in Hugging Face files."""


def _sources(naming: Naming, config: EncoderConfig) -> Sources:
    found = embeddings(naming, "bert")
    found |= {"Embedding-Mapping": naming.dense("bert/encoder/embedding_hidden_mapping_in")}
    return found | blocks(naming, "bert", config.num_hidden_layers) | heads(naming, "bert")


def _recognises(config: Described, shapes: Shapes) -> bool:
    return bool(config.get("model_type", "bert") == "bert")


def bert_huggingface(
    config: EncoderConfig, kind: str = "bert", architecture: str = "BertForPreTraining"
) -> dict[str, Any]:
    """The config.json of a network of BERT's kin; dropout and positions as in transformers where nothing is said."""
    return {
        "model_type": kind,
        "architectures": [architecture],
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
        **config.options(),
    }


def _huggingface_config(config: EncoderConfig) -> dict[str, Any]:
    if config.embedding_size not in (None, config.hidden_size):
        raise CheckpointError(f"embedding_size={config.embedding_size}: transformers' BERT has none but hidden_size")
    return bert_huggingface(config)


BERT = Family(
    name="bert",
    title="Google BERT, BERT-wwm, RoBERTa-wwm-ext (-large), RBT3, RBTL3, roberta_zh, WoBERT, SimBERT, LaBSE",
    network="bert",
    config=EncoderConfig,
    recognises=_recognises,
    options=lambda config, shapes: known_options(config),
    layouts=(
        Layout(
            "tensorflow",
            has("bert/*", "cls/*"),
            lambda config: _sources(TENSORFLOW, config),
            TENSORFLOW_UNNEEDED,
        ),
        Layout(
            "huggingface",
            has("*.weight", "*.gamma"),
            lambda config: _sources(HUGGINGFACE, config),
            HUGGINGFACE_UNNEEDED,
            without_prefix("bert.", ENCODER_PARTS),
        ),
    ),
    huggingface=_huggingface_config,
    language_model=True,
)
