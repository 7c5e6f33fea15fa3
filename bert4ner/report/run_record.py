"""Everything that a complete run says about itself, read from its folder; gold documents are matched to it.

Reads and checks files only. What they mean is counted in the modules beside this one.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bert4ner.combine.combination import Combination, is_combination
from bert4ner.config import Config
from bert4ner.data.documents import read_documents
from bert4ner.entities import Document
from bert4ner.errors import DataError, RunError
from bert4ner.runs.folder import CONFIG, CURVES, ENVIRONMENT, FOLDS, OUT_OF_FOLD, SCORES, RunFolder
from bert4ner.scoring.metrics import Scores

HISTORY = "history.jsonl"
_SUMMARY_KEYS = ("note", "out_of_fold", "folds")
_FOLD_KEYS = ("fold", "best_epoch", "precision", "recall", "f1")
_COMBINED_FOLD_KEYS = ("fold", "documents", "precision", "recall", "f1")
_MEMBER_KEYS = ("name", "precision", "recall", "f1")
_EPOCH_KEYS = ("epoch", "precision", "recall", "f1", "loss", "seconds", "tokens_per_second")


@dataclass(frozen=True)
class RunRecord:
    """One complete run: what was asked for, what every epoch gave, what was found in the held-out documents."""

    path: Path
    config: Config | None
    """None for a run that was combined of others, which have one each."""
    environment: dict[str, Any]
    held_out_in: dict[str, int]
    """Document id -> the fold that held it out; negative for documents that were only trained on."""
    summary: dict[str, Any]
    """What scores.json holds."""
    histories: list[list[dict[str, Any]]]
    """For each fold the lines of its history.jsonl, one for each epoch; nothing was trained in a combined run."""
    predicted: list[Document]
    """The held-out documents with the entities that were found in them."""
    combination: Combination | None = None
    """How the run was combined of others, if it was."""
    tradeoffs: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """Of a combined run precision and recall by threshold, for each label."""

    @property
    def scores(self) -> Scores:
        """The scores of the held-out documents."""
        return Scores.from_dict(self.summary["out_of_fold"])

    @property
    def num_folds(self) -> int:
        """How many folds were scored, each by models that did not see it."""
        return len(self.summary["folds"])


def load_run(path: str | Path) -> RunRecord:
    """Read a run folder.

    Raises:
        RunError: no run, a fold that is not complete, or a file that is missing or damaged.
        ConfigError: its configuration is not one of this version.
        DataError: its predictions cannot be read.
    """
    run = RunFolder(Path(path))
    if is_combination(run.path):
        return _load_combined(run)
    folds = _required(run.read_folds(), ("folds", "documents"), run.path / FOLDS)
    held_out_in = _required(folds["documents"], (), run.path / FOLDS)
    num_folds = folds["folds"]
    if not isinstance(num_folds, int) or num_folds < 1:
        raise RunError(f"{run.path / FOLDS}: damaged, expected a number of folds, found {num_folds!r}")
    done = sum(run.is_complete(fold) for fold in range(num_folds))
    if done < num_folds:
        raise RunError(
            f"{run.path}: the run is incomplete, {done} of {num_folds} folds are trained; run the command that made it "
            "again, it goes on where it stopped"
        )
    predicted = read_documents(_existing(run.path / OUT_OF_FOLD), "jsonl")
    unknown = [document.id for document in predicted if document.id not in held_out_in]
    if unknown:
        raise RunError(f"{run.path / OUT_OF_FOLD}: the document {unknown[0]!r} is not one of those in {FOLDS}")
    return RunRecord(
        path=run.path,
        config=Config.load_saved(_existing(run.path / CONFIG)),
        environment=_read_json(run.path / ENVIRONMENT),
        held_out_in=held_out_in,
        summary=_read_summary(run.path / SCORES, num_folds),
        histories=[_read_history(run.fold(fold) / HISTORY) for fold in range(num_folds)],
        predicted=predicted,
    )


def _load_combined(run: RunFolder) -> RunRecord:
    combination = Combination.load(run.path)
    if not (run.path / SCORES).is_file():
        raise RunError(f"{run.path}: was combined without scores; combine the runs again with --gold DATA")
    predicted = read_documents(_existing(run.path / OUT_OF_FOLD), "jsonl")
    return RunRecord(
        path=run.path,
        config=None,
        environment=_read_json(run.path / ENVIRONMENT),
        held_out_in={document.id: 0 for document in predicted},
        summary=_read_summary(run.path / SCORES, None),
        histories=[],
        predicted=predicted,
        combination=combination,
        tradeoffs=_read_tradeoffs(run.path / CURVES),
    )


def match_gold(record: RunRecord, documents: Sequence[Document]) -> list[Document]:
    """The gold documents of the held-out ones, in the order of `record.predicted`; others are left out.

    Raises:
        DataError: a held-out document is missing, or its text is another.
    """
    gold = {document.id: document for document in documents}
    missing = [document.id for document in record.predicted if document.id not in gold]
    if missing:
        raise DataError(
            f"gold lacks {len(missing)} of the {len(record.predicted)} documents that {record.path} was scored on, "
            f"e.g. {missing[0]!r}; give the data that the run was made from"
        )
    changed = [document.id for document in record.predicted if document.text != gold[document.id].text]
    if changed:
        raise DataError(
            f"the texts of {len(changed)} gold documents are not those that {record.path} was scored on, "
            f"e.g. of {changed[0]!r}; give the data that the run was made from"
        )
    return [gold[document.id] for document in record.predicted]


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise RunError(
            f"{path.parent}: the run is incomplete, {path.name} is missing; run the command that made it again"
        )
    return path


def _parse(text: str, path: Path) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RunError(f"{path}: damaged ({error}); expected what the training wrote") from None


def _read_text(path: Path) -> str:
    try:
        return _existing(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RunError(f"{path}: damaged ({error}); expected what the training wrote") from None


def _read_json(path: Path) -> dict[str, Any]:
    return _required(_parse(_read_text(path), path), (), path)


def _read_summary(path: Path, num_folds: int | None) -> dict[str, Any]:
    """scores.json of a run of so many folds, or of a combined one."""
    summary = _required(_read_json(path), _SUMMARY_KEYS, path)
    if num_folds is not None and len(summary["folds"]) != num_folds:
        raise RunError(f"{path}: damaged, expected the scores of {num_folds} folds, found {len(summary['folds'])}")
    for fold in summary["folds"]:
        _required(fold, _COMBINED_FOLD_KEYS if num_folds is None else _FOLD_KEYS, path)
    for member in _required(summary, ("members",), path)["members"] if num_folds is None else []:
        _required(member, _MEMBER_KEYS, path)
    labels = _required(summary["out_of_fold"], ("labels",), path)["labels"]
    for counts in labels.values():
        _required(counts, ("hits", "gold", "predicted"), path)
    return summary


def _read_tradeoffs(path: Path) -> dict[str, dict[str, list[float]]]:
    curves = _read_json(path) if path.is_file() else {}
    for curve in curves.values():
        columns = _required(curve, ("threshold", "precision", "recall"), path)
        if len({len(column) for column in columns.values()}) != 1 or not columns["recall"]:
            raise RunError(f"{path}: damaged, expected as many thresholds as precisions and recalls")
    return curves


def _read_history(path: Path) -> list[dict[str, Any]]:
    lines = [_required(_parse(line, path), _EPOCH_KEYS, path) for line in _read_text(path).splitlines()]
    if not lines:
        raise RunError(f"{path}: empty; expected one line for each epoch")
    for line in lines:
        if not all(isinstance(line[key], int | float) and math.isfinite(line[key]) for key in _EPOCH_KEYS):
            raise RunError(f"{path}: damaged, epoch {line['epoch']} has a value that is no number")
    return lines


def _required(values: Any, keys: Sequence[str], path: Path) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise RunError(f"{path}: damaged, expected names with values, found {type(values).__name__}")
    missing = [key for key in keys if key not in values]
    if missing:
        raise RunError(f"{path}: damaged, {missing[0]!r} is missing; expected what the training wrote")
    return dict(values)
