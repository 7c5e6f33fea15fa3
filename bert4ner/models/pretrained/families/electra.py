"""ELECTRA's discriminator: Google's, HFL's and CLUE's."""

from typing import Any

from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.families.bert import (
    BERT_KEYS,
    ENCODER_PARTS,
    HUGGINGFACE_UNNEEDED,
    bert_huggingface,
    bert_options,
)
from bert4ner.models.pretrained.families.naming import HUGGINGFACE, TENSORFLOW, Naming, blocks, embeddings
from bert4ner.models.pretrained.family import (
    TENSORFLOW_UNNEEDED,
    Described,
    Family,
    Layout,
    Shapes,
    Sources,
    has,
    under,
    width_of,
    without_prefix,
)
from bert4ner.models.pretrained.keys import Keys


def _sources(naming: Naming, config: EncoderConfig) -> Sources:
    last = "dense_prediction" if naming is HUGGINGFACE else "dense_1"
    found = embeddings(naming, "electra") | blocks(naming, "electra", config.num_hidden_layers)
    return found | {
        "Embedding-Mapping": naming.dense("electra/embeddings_project"),
        "Discriminator-Dense": naming.dense("discriminator_predictions/dense"),
        "Discriminator-Prediction": naming.dense(f"discriminator_predictions/{last}"),
    }


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    found = bert_options(config, shapes)
    width = width_of(shapes, "*embeddings/word_embeddings", "*embeddings.word_embeddings.weight")
    return found if config.get("embedding_size") or width is None else {**found, "embedding_size": width}


ELECTRA = Family(
    name="electra",
    title="ELECTRA (Google, HFL, CLUE)",
    network="electra",
    config=EncoderConfig,
    recognises=lambda config, shapes: has("electra/embeddings/*", "*electra.embeddings.*")(shapes),
    options=_options,
    model_types=("electra",),
    architectures=("Electra",),
    keys=Keys(ignored=BERT_KEYS),
    layouts=(
        Layout(
            "tensorflow",
            has("electra/*"),
            lambda config: _sources(TENSORFLOW, config),
            (*TENSORFLOW_UNNEEDED, r"generator(_predictions)?/.*"),
            inside=under("electra"),
        ),
        Layout(
            "huggingface",
            has("*.weight"),
            lambda config: _sources(HUGGINGFACE, config),
            (*HUGGINGFACE_UNNEEDED, r"generator(_predictions|_lm_head)\..*"),
            without_prefix("electra.", ENCODER_PARTS),
            under("electra"),
        ),
    ),
    huggingface=lambda config: {
        "embedding_size": config.hidden_size,
        **bert_huggingface(config, "electra", "ElectraForPreTraining"),
    },
)
