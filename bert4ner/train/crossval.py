"""Train one model or K, resumably, into a run folder, and score what every document got from a model that did not
see it."""

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bert4ner.config import Config
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, sorted_labels
from bert4ner.errors import ConfigError, DataError
from bert4ner.evaluate.metrics import Scores, bootstrap_interval, evaluate
from bert4ner.train.folds import assign_folds, split
from bert4ner.train.run_folder import OUT_OF_FOLD, SCORES, RunFolder, fingerprint
from bert4ner.train.worker import run_fold

logger = logging.getLogger(__name__)

NEVER_HELD_OUT = -1             # the fold of documents that every model of the run was trained on


def cross_validate(documents: Sequence[Document], config: Config, *, output: str | Path, folds: int = 5) -> Scores:
    """Train `folds` models, each on all but its fold; returns the scores of the out-of-fold predictions.

    Each fold's best epoch is chosen on the documents it is scored on, so these scores are a little optimistic; the
    averaged model of the run is to be scored on documents outside the run.

    Killed at any moment, the same call goes on after the last completed epoch, with the same result.

    Args:
        output: the run folder; new, empty, or holding the same run.

    Raises:
        DataError: no documents, ids that repeat, or more folds than different texts.
        ConfigError, CheckpointError: see `build_model`; checked before anything is written.
        RunError: `output` holds another run, or a fold failed.
    """
    _check(documents, config)
    held_out_in = assign_folds(documents, folds, seed=config.run.seed)
    return _train_run(documents, held_out_in, config, output=Path(output), folds=folds)


def train(
    documents: Sequence[Document],
    config: Config,
    *,
    output: str | Path,
    valid: Sequence[Document] | None = None,
) -> Scores:
    """Train one model, keep its best epoch on `valid` or on a seeded share of the documents; returns its scores there.

    Arguments and errors otherwise as for `cross_validate`.
    """
    if valid is None:
        _check(documents, config)
        training, valid = split(documents, config.run.valid_share, seed=config.run.seed)
    else:
        training = list(documents)
        _check([*training, *valid], config)
        shared = {document.text for document in training} & {document.text for document in valid}
        if shared:
            logger.warning("%d texts of the validation data are among the training data, too", len(shared))
    held_out_in = [NEVER_HELD_OUT] * len(training) + [0] * len(valid)
    return _train_run([*training, *valid], held_out_in, config, output=Path(output), folds=1)


def _check(documents: Sequence[Document], config: Config) -> None:
    """What can be known to be wrong before a folder is made or a process started."""
    from bert4ner.models.pretrained import open_pretrained  # deferred: bad data is told without TensorFlow

    if not documents:
        raise DataError("empty data set: no documents to train on")
    ids = [document.id for document in documents]
    if len(set(ids)) != len(ids):
        twice = next(id for id in ids if ids.count(id) > 1)
        raise DataError(f"document ids must differ, {twice!r} occurs {ids.count(twice)} times")
    if not sorted_labels(list(documents)):
        raise DataError("no document has an entity; is the format right, are the annotations there?")
    if not config.model.pretrained:
        raise ConfigError("no pretrained encoder; name its folder with --pretrained DIR")
    pretrained = open_pretrained(config.model.pretrained)
    positions = pretrained.config.get("max_position_embeddings", 512)
    if config.windows.max_length > positions:
        raise ConfigError(
            f"max_length={config.windows.max_length}, but the encoder has {positions} positions; lower --max-length"
        )


def _train_run(
    documents: Sequence[Document], held_out_in: Sequence[int], config: Config, *, output: Path, folds: int
) -> Scores:
    run = RunFolder(output)
    labels = sorted_labels(list(documents))
    run.open(config, labels, {
        "folds": folds,
        "fingerprint": fingerprint(documents),
        "documents": {document.id: fold for document, fold in zip(documents, held_out_in, strict=True)},
    })  # fmt: skip
    for fold in range(folds):
        if run.is_complete(fold):
            logger.info("fold %d of %d is complete already", fold, folds)
            continue
        pairs = list(zip(documents, held_out_in, strict=True))
        training = [document for document, place in pairs if place != fold]
        held_out = [document for document, place in pairs if place == fold]
        logger.info("fold %d of %d: %d documents to learn, %d held out", fold, folds, len(training), len(held_out))
        run_fold(run.fold(fold), training, held_out, config=config, labels=labels)
    return _finish(run, documents, held_out_in, folds)


def _finish(run: RunFolder, documents: Sequence[Document], held_out_in: Sequence[int], folds: int) -> Scores:
    """Join the folds' predictions in the order of the documents and score them."""
    by_fold = [read_documents(run.fold(fold) / "predictions.jsonl", "jsonl") for fold in range(folds)]
    predicted = {document.id: document for fold in by_fold for document in fold}
    gold = [document for document, fold in zip(documents, held_out_in, strict=True) if fold != NEVER_HELD_OUT]
    out_of_fold = [predicted[document.id] for document in gold]
    write_documents(out_of_fold, run.path / OUT_OF_FOLD, "jsonl")
    scores = evaluate(gold, out_of_fold)
    gold_by_id = {document.id: document for document in gold}
    per_fold = [evaluate([gold_by_id[document.id] for document in fold], fold) for fold in by_fold]
    summary = _summary(scores, per_fold, [_best_epoch(run, fold) for fold in range(folds)])
    if folds == 1:
        summary["bootstrap_f1"] = list(bootstrap_interval(gold, out_of_fold))
    run.write(SCORES, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return scores


def _summary(scores: Scores, per_fold: Sequence[Scores], best_epochs: Sequence[int]) -> dict[str, Any]:
    f1 = [fold.micro.f1 for fold in per_fold]
    return {
        "note": "each fold's best epoch was chosen on the documents it is scored on: a little optimistic",
        "out_of_fold": scores.to_dict(),
        "folds": [
            {"fold": number, "best_epoch": epoch, "precision": fold.micro.precision, "recall": fold.micro.recall,
             "f1": fold.micro.f1}
            for number, (fold, epoch) in enumerate(zip(per_fold, best_epochs, strict=True))
        ],
        "f1_mean": float(np.mean(f1)),
        "f1_std": float(np.std(f1, ddof=1)) if len(f1) > 1 else None,
    }  # fmt: skip


def _best_epoch(run: RunFolder, fold: int) -> int:
    lines = [json.loads(line) for line in (run.fold(fold) / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    return int(max(lines, key=lambda line: (line["f1"], -line["epoch"]))["epoch"])
