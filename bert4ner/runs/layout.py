"""What the files of a run are called and where they lie: the only module that spells these names. Reads nothing.

A run, as `train` and `crossval` make it:

    config.toml  labels.txt  environment.json  folds.json
    fold-0/  model/  history.jsonl  predictions.jsonl  state/ (to resume from; gone when the fold is complete)
    out_of_fold.jsonl  scores.json  report.html

With several seeds each fold has a folder for each of them, fold-0-seed-42/ and so on.

Several runs combined:

    combination.json  labels.txt  environment.json
    member-0/ (a copy of a run)  out_of_fold.jsonl  scores.json  curves.json  report.html

A model folder: config.json, weights.safetensors, the vocabulary, called as its kind says (`text.vocabulary`), and
lexicon.json where there is one.
"""

import re
from pathlib import Path

CONFIG = "config.toml"
LABELS = "labels.txt"
ENVIRONMENT = "environment.json"
FOLDS = "folds.json"
OUT_OF_FOLD = "out_of_fold.jsonl"
SCORES = "scores.json"
REPORT = "report.html"

COMBINATION = "combination.json"
CURVES = "curves.json"

MODEL = "model"
HISTORY = "history.jsonl"
PREDICTIONS = "predictions.jsonl"
STATE = "state"
TRAINING_STATE = "training.safetensors"

MODEL_CONFIG = "config.json"
MODEL_WEIGHTS = "weights.safetensors"
MODEL_LEXICON = "lexicon.json"

ANY_FOLD = "fold-*"
ANY_HALF_WRITTEN = ".*.part"
HALF_WRITTEN = re.compile(r"\.(.+)\.\d+\.part")  # of which file, see `atomic_write`


def fold_name(number: int, seed: int | None = None) -> str:
    """The folder of one fold in its run; of one seed there, where the run has several."""
    return f"fold-{number}" if seed is None else f"fold-{number}-seed-{seed}"


def member_name(number: int) -> str:
    """The folder of one run in the run that it was combined into."""
    return f"member-{number}"


def is_combination(path: Path) -> bool:
    """Whether a folder is a run that was combined of others."""
    return (path / COMBINATION).is_file()


def is_trained(path: Path) -> bool:
    """Whether a folder is a run that was trained, complete or not."""
    return (path / FOLDS).is_file()


def is_run(path: Path) -> bool:
    """Whether a path leads to a run, a fold or a model rather than to documents.

    A run that was damaged is still a run: any of its files tells.
    """
    names = (FOLDS, COMBINATION, MODEL, MODEL_CONFIG, MODEL_WEIGHTS)
    return path.is_dir() and any((path / name).exists() for name in names)


def model_folder(path: Path) -> Path:
    """The model folder that a path means: that in a fold's folder, or the path itself."""
    return path / MODEL if (path / MODEL).is_dir() else path


def find_out_of_fold(path: Path) -> Path | None:
    """The out-of-fold predictions of the run that a path means or lies in: a run, a fold of it, or a fold's model."""
    folders = (path, *path.resolve().parents[:2])
    return next((folder / OUT_OF_FOLD for folder in folders if (folder / OUT_OF_FOLD).is_file()), None)
