"""BERT and the models that share its network: BERT-wwm, RoBERTa-wwm-ext, roberta_zh, WoBERT, SimBERT, LaBSE."""

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
    under,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys, because
from bert4ner.models.pretrained.missing import CHINESE_BERT

ENCODER_PARTS = ("embeddings.", "encoder.", "pooler.", "embeddings_project.")
HUGGINGFACE_UNNEEDED = (
    r".*\.(position_ids|token_type_ids)",
    r"cls\.predictions\.decoder\.(weight|bias)",  # tied to embeddings and bias
    r"(classifier|qa_outputs|dropout)\..*",  # heads of fine-tuned models
)
"""Buffers, copies of tied weights and heads in Hugging Face files."""
BERT_KEYS = because(
    "of ALBERT's training code or of ERNIE's table of tasks, which is used with use_task_id only",
    "task_type_vocab_size net_structure_type gap_size num_memory_blocks down_scale_factor net_type relax_projection",
)
"""Unused keys in the configurations of BERT-like models."""


def _sources(naming: Naming, config: EncoderConfig) -> Sources:
    found = embeddings(naming, "bert")
    found |= {"Embedding-Mapping": naming.dense("bert/encoder/embedding_hidden_mapping_in")}
    return found | blocks(naming, "bert", config.num_hidden_layers) | heads(naming, "bert")


def bert_options(config: Described, shapes: Shapes) -> dict[str, Any]:
    """Options of BERT-like models; refuses RoBERTa under their names, whose positions start after the padding id 1."""
    rows = config.get("max_position_embeddings")
    shifted = config.get("pad_token_id") == 1 and type(rows) is int and rows % 64 == 2
    if shifted or has("roberta.*", "*lm_head.layer_norm.weight")(shapes):
        raise CheckpointError(
            "these are the weights of RoBERTa, whose positions begin at 2; its model_type is 'roberta' or 'xlm-roberta'"
        )
    if has("*embeddings.pinyin_embeddings.*", "*embeddings.glyph_embeddings.*")(shapes):
        raise CheckpointError(f"these are the weights of {CHINESE_BERT.title}, {CHINESE_BERT.why}")
    return known_options(config)


def bert_huggingface(
    config: EncoderConfig, kind: str = "bert", architecture: str = "BertForPreTraining"
) -> dict[str, Any]:
    """The config.json of a BERT-like network; dropout and positions default to those of transformers."""
    options = config.options()
    return {
        "model_type": kind,
        "architectures": [architecture],
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "layer_norm_eps": 1e-12,
        "pad_token_id": options.pop("pad_id", 0),
        **options,
    }


def _huggingface_config(config: EncoderConfig) -> dict[str, Any]:
    if config.embedding_size not in (None, config.hidden_size):
        raise CheckpointError(f"embedding_size={config.embedding_size}: transformers' BERT has none but hidden_size")
    return bert_huggingface(config)


BERT = Family(
    name="bert",
    title="Google BERT, BERT-wwm, RoBERTa-wwm-ext (-large), RBT3, RBTL3, roberta_zh, WoBERT, SimBERT, LaBSE, "
    "multilingual-e5-small, multilingual MiniLM",
    network="bert",
    config=EncoderConfig,
    recognises=lambda config, shapes: True,
    options=bert_options,
    model_types=("bert",),
    architectures=("Bert",),
    keys=Keys(ignored=BERT_KEYS),
    layouts=(
        Layout(
            "tensorflow",
            has("bert/*", "cls/*"),
            lambda config: _sources(TENSORFLOW, config),
            TENSORFLOW_UNNEEDED,
            inside=under("bert"),
        ),
        Layout(
            "huggingface",
            has("*.weight", "*.gamma"),
            lambda config: _sources(HUGGINGFACE, config),
            HUGGINGFACE_UNNEEDED,
            without_prefix("bert.", ENCODER_PARTS),
            under("bert"),
        ),
    ),
    huggingface=_huggingface_config,
    language_model=True,
)
