"""The names of a run's files and folders: the only module that spells them. Reads nothing.

A run, as `train` and `crossval` create it:

    config.toml  labels.txt  environment.json  folds.json
    fold-0/  model/  history.jsonl  predictions.jsonl  state/ (to resume from; gone when the fold is complete)
    out_of_fold.jsonl  scores.json  report.html

With several seeds each fold has one folder per seed, fold-0-seed-42/ and so on.

Several runs combined:

    combination.json  labels.txt  environment.json
    member-0/ (a copy of a run)  out_of_fold.jsonl  scores.json  curves.json  report.html

A model folder: config.json, weights.safetensors, the vocabulary under the name of its kind (`text.vocabulary`), and
lexicon.json if there is a lexicon.

A complete run and each model folder also have a manifest.json (`manifest`).
"""

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
WEIGHTS_OF_MODEL = f"{MODEL}/{MODEL_WEIGHTS}"  # in the folder of a fold

MANIFEST = "manifest.json"
IN_RUN = frozenset({CONFIG, LABELS, ENVIRONMENT, FOLDS, OUT_OF_FOLD, SCORES, COMBINATION, CURVES, HISTORY, PREDICTIONS})
"""The files in the folders of a run and of its folds that its manifest names."""

ANY_FOLD = "fold-*"
PARTS = ("fold-", "member-")
"""How the names of folders in a run begin."""


def fold_name(number: int, seed: int | None = None) -> str:
    """The folder of one fold in its run, or of one of its seeds if the run has several."""
    return f"fold-{number}" if seed is None else f"fold-{number}-seed-{seed}"


def state_file(fold: Path) -> Path:
    """What a training that was stopped resumes from, in the folder of its fold."""
    return fold / STATE / TRAINING_STATE


def member_name(number: int) -> str:
    """The folder of a run in a combined run."""
    return f"member-{number}"


def is_combination(path: Path) -> bool:
    """Whether a folder is a combined run."""
    return (path / COMBINATION).is_file()


def is_trained(path: Path) -> bool:
    """Whether a folder is a trained run, complete or not."""
    return (path / FOLDS).is_file()


def is_run(path: Path) -> bool:
    """Whether a path is a run, a fold or a model rather than documents.

    A damaged run is still a run: any of its files identifies it.
    """
    names = (FOLDS, COMBINATION, MODEL, MODEL_CONFIG, MODEL_WEIGHTS)
    return path.is_dir() and any((path / name).exists() for name in names)


def model_folder(path: Path) -> Path:
    """The model folder of a path: that in a fold's folder, or the path itself."""
    return path / MODEL if (path / MODEL).is_dir() else path


def find_out_of_fold(path: Path) -> Path | None:
    """The out-of-fold predictions of the run that a path is or lies in: a run, a fold of it, or a fold's model."""
    folders = (path, *path.resolve().parents[:2])
    return next((folder / OUT_OF_FOLD for folder in folders if (folder / OUT_OF_FOLD).is_file()), None)


def run_of_predictions(path: Path) -> Path | None:
    """The run or fold whose file of held-out documents a path is; None for any other file."""
    folder = path.parent
    if path.name == OUT_OF_FOLD and (is_trained(folder) or is_combination(folder)):
        return folder
    return folder if path.name == PREDICTIONS and is_trained(folder.resolve().parent) else None
