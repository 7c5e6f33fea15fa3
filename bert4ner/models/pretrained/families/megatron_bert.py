"""Megatron's BERT as in transformers: NVIDIA's own and Erlangshen."""

from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.families.bert import (
    BERT_KEYS,
    ENCODER_PARTS,
    HUGGINGFACE_UNNEEDED,
    bert_huggingface,
    bert_options,
)
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, block, embeddings, heads
from bert4ner.models.pretrained.family import TENSORFLOW_UNNEEDED, Family, Layout, Sources, has, under, without_prefix
from bert4ner.models.pretrained.keys import Keys


def _sources(naming: Naming, config: EncoderConfig) -> Sources:
    found = embeddings(naming, "bert") | heads(naming, "bert") | {"Encoder-Output-Norm": naming.norm("bert/encoder/ln")}
    del found["Embedding-Norm"]
    for number in range(config.num_hidden_layers):
        stem, layer = f"bert/encoder/layer_{number}", f"Transformer-{number}"
        found |= block(naming, layer, stem)
        found[f"{layer}-MultiHeadSelfAttention-Norm"] = naming.norm(f"{stem}/attention/ln")
        found[f"{layer}-FeedForward-Norm"] = naming.norm(f"{stem}/ln")
    return found


MEGATRON_BERT = Family(
    name="megatron_bert",
    title="MegatronBERT (Erlangshen, NVIDIA)",
    network="megatron_bert",
    language_model=True,
    config=EncoderConfig,
    recognises=lambda config, shapes: has("bert/encoder/ln/gamma", "*encoder.ln.weight")(shapes),
    options=bert_options,
    model_types=("megatron-bert",),
    architectures=("MegatronBert",),
    keys=Keys(ignored=BERT_KEYS),
    layouts=(
        Layout(
            "tensorflow",
            has("bert/encoder/ln/*"),
            lambda config: _sources(TENSORFLOW, config),
            TENSORFLOW_UNNEEDED,
            inside=under("bert"),
        ),
        Layout(
            "huggingface",
            has("*encoder.ln.*"),
            lambda config: _sources(HUGGINGFACE, config),
            HUGGINGFACE_UNNEEDED,
            without_prefix("bert.", ENCODER_PARTS),
            under("bert"),
        ),
    ),
    huggingface=lambda config: bert_huggingface(config, "megatron-bert", "MegatronBertForPreTraining"),
)
