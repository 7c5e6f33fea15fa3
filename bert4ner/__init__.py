"""Chinese named-entity recognition with BERT and Keras: train, cross-validate, combine, use.

The public names stand here. Those that need numpy or TensorFlow are loaded when they are first used, so that
``import bert4ner`` costs next to nothing and `bert4ner.compat.activate` can run before TensorFlow is imported.
"""

import importlib
from typing import Any

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.errors import (
    Bert4NERError,
    CheckpointError,
    ConfigError,
    DataError,
    EnvironmentProblem,
    RunError,
)
from bert4ner.version import VERSION as __version__  # noqa: N811  # the name that Python's tools look for

# name -> where it is defined: "module:name there", or a module alone
_LAZY = {
    "LocalExecutor": "bert4ner.train.executors.local:LocalExecutor",
    "MoreText": "bert4ner.train.more_text:MoreText",
    "NamedEntityRecognizer": "bert4ner.recognizer:NamedEntityRecognizer",
    "PseudoOptions": "bert4ner.unlabelled.options:PseudoOptions",
    "Scores": "bert4ner.scoring.metrics:Scores",
    "SelfTrainingOptions": "bert4ner.unlabelled.options:SelfTrainingOptions",
    "ViterbiDecoder": "bert4ner.decode.viterbi:ViterbiDecoder",
    "audit": "bert4ner.data.audit:audit",
    "build_model": "bert4ner.models.ner_model:build_model",
    "callbacks": "bert4ner.callbacks",
    "compile_for_training": "bert4ner.train.compiling:compile_for_training",
    "CombineOptions": "bert4ner.combine.options:CombineOptions",
    "combine_runs": "bert4ner.combine.combine_runs:combine_runs",  # `bert4ner.combine` is the package
    "compat": "bert4ner.compat",
    "cross_validate": "bert4ner.train.crossval:cross_validate",
    "evaluate": "bert4ner.scoring.metrics:evaluate",
    "iterate_documents": "bert4ner.data.documents:iterate_documents",
    "load_recognizer": "bert4ner.combine.recognizer:load_recognizer",
    "pseudo_label": "bert4ner.unlabelled.labelling:pseudo_label",
    "read_pseudo_labels": "bert4ner.runs.pseudo_labels:read_pseudo_labels",
    "sample_documents": "bert4ner.data.sample:sample_documents",
    "self_train": "bert4ner.unlabelled.self_training:self_train",
    "write_pseudo_labels": "bert4ner.runs.pseudo_labels:write_pseudo_labels",
    "merge_readings": "bert4ner.decode.readings:merge_readings",
    "pretrain": "bert4ner.pretraining.pretrain:pretrain",
    "PretrainingOptions": "bert4ner.pretraining.options:PretrainingOptions",
    "read_documents": "bert4ner.data.documents:read_documents",
    "train_model": "bert4ner.train.crossval:train_model",
    "training_batches": "bert4ner.train.batches:training_batches",
    "write_documents": "bert4ner.data.documents:write_documents",
}

__all__ = [
    "__version__",
    "Config",
    "Document",
    "Entity",
    "Bert4NERError",
    "CheckpointError",
    "ConfigError",
    "DataError",
    "EnvironmentProblem",
    "RunError",
    *_LAZY,
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  # classes, functions and modules
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _LAZY[name].partition(":")
    value: Any = importlib.import_module(module)
    if attribute:
        value = getattr(value, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    special = (name for name in globals() if name.startswith("__"))
    return sorted({*special, *__all__})
