"""The public names and where each is defined: editors and type checkers read it, and `__init__` loads from it."""

from . import callbacks as callbacks, compat as compat
from .combine.combine_runs import combine_runs as combine_runs
from .combine.options import CombineOptions as CombineOptions
from .combine.recognizer import load_recognizer as load_recognizer
from .config import Config as Config
from .data.audit import audit as audit
from .data.documents import (
    iterate_documents as iterate_documents,
    read_documents as read_documents,
    write_documents as write_documents,
)
from .data.sample import sample_documents as sample_documents
from .decode.readings import merge_readings as merge_readings
from .decode.viterbi import ViterbiDecoder as ViterbiDecoder
from .entities import Document as Document, Entity as Entity
from .errors import (
    Bert4NERError as Bert4NERError,
    CheckpointError as CheckpointError,
    ConfigError as ConfigError,
    DataError as DataError,
    EnvironmentProblem as EnvironmentProblem,
    RunError as RunError,
)
from .models.ner_model import build_model as build_model
from .pretraining.options import PretrainingOptions as PretrainingOptions
from .pretraining.pretrain import pretrain as pretrain
from .recognizer import NamedEntityRecognizer as NamedEntityRecognizer
from .runs.pseudo_labels import read_pseudo_labels as read_pseudo_labels, write_pseudo_labels as write_pseudo_labels
from .scoring.metrics import Scores as Scores, evaluate as evaluate
from .train.batches import training_batches as training_batches
from .train.compiling import compile_for_training as compile_for_training
from .train.crossval import cross_validate as cross_validate, train_model as train_model
from .train.executors.local import LocalExecutor as LocalExecutor
from .train.more_text import MoreText as MoreText
from .tuning.options import TuningOptions as TuningOptions
from .tuning.tune import tune as tune
from .unlabelled.labelling import pseudo_label as pseudo_label
from .unlabelled.options import PseudoOptions as PseudoOptions, SelfTrainingOptions as SelfTrainingOptions
from .unlabelled.self_training import self_train as self_train

__version__: str
