"""ERNIE 1.0 to 3.0 as in transformers; PaddlePaddle's files are not supported."""

from dataclasses import dataclass
from typing import Any

from bert4ner.models.pretrained.encoder_config import EncoderConfig
from bert4ner.models.pretrained.families.bert import (
    BERT_KEYS,
    ENCODER_PARTS,
    HUGGINGFACE_UNNEEDED,
    bert_huggingface,
    bert_options,
)
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
from bert4ner.models.pretrained.keys import Keys
from bert4ner.models.pretrained.kinds import FLAG, SIZE, option

_TASKS = ("use_task_id", "task_type_vocab_size")


@dataclass(frozen=True, kw_only=True)
class ErnieConfig(EncoderConfig):
    """With `use_task_id`, there are vectors of `task_type_vocab_size` tasks, and that of task 0 is added."""

    use_task_id: bool | None = option(FLAG, None)
    task_type_vocab_size: int | None = option(SIZE, None)


def _sources(naming: Naming, config: ErnieConfig) -> Sources:
    found = embeddings(naming, "ernie")
    found |= {"Embedding-Task": naming.table("ernie/embeddings/task_type_embeddings")}
    return found | blocks(naming, "ernie", config.num_hidden_layers) | heads(naming, "ernie")


def _options(config: Described, shapes: Shapes) -> dict[str, Any]:
    return {**bert_options(config, shapes), **{key: config[key] for key in _TASKS if key in config}}


ERNIE = Family(
    name="ernie",
    title="ERNIE 1.0 to 3.0 (nano to xbase)",
    network="ernie",
    language_model=True,
    config=ErnieConfig,
    recognises=lambda config, shapes: has("ernie.*", "ernie/*")(shapes),
    options=_options,
    model_types=("ernie",),
    architectures=("Ernie",),
    keys=Keys(ignored={key: why for key, why in BERT_KEYS.items() if key not in _TASKS}),
    layouts=(
        Layout(
            "tensorflow",
            has("ernie/*"),
            lambda config: _sources(TENSORFLOW, config),
            TENSORFLOW_UNNEEDED,
            inside=under("ernie"),
        ),
        Layout(
            "huggingface",
            has("*.weight", "*.gamma"),
            lambda config: _sources(HUGGINGFACE, config),
            HUGGINGFACE_UNNEEDED,
            without_prefix("ernie.", ENCODER_PARTS, ("bert.",)),
            under("ernie"),
        ),
    ),
    huggingface=lambda config: bert_huggingface(config, "ernie", "ErnieForPreTraining"),
)
