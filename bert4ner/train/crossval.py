"""Train one model or K, resumably, into a run folder, and score what every document got from a model that did not
see it."""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bert4ner.config import Config
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, check_text, nesting_of, sorted_labels
from bert4ner.errors import DataError, RunError
from bert4ner.registry import HEADS
from bert4ner.runs.folder import OUT_OF_FOLD, SCORES, RunFolder, best_line, fingerprint
from bert4ner.scoring.metrics import Scores, bootstrap_interval, evaluate, summarize_folds
from bert4ner.train.folds import assign_folds, split
from bert4ner.train.worker import run_fold

logger = logging.getLogger(__name__)

NEVER_HELD_OUT = -1  # the fold of documents that every model of the run was trained on


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
    _check(documents, config, valid or ())
    if valid is None:
        training, valid = split(documents, config.run.valid_share, seed=config.run.seed)
    else:
        _check_documents(valid, "validation")
        training = list(documents)
        shared = {document.text for document in training} & {document.text for document in valid}
        if shared:
            logger.warning("%d texts of the validation data are among the training data, too", len(shared))
    held_out_in = [NEVER_HELD_OUT] * len(training) + [0] * len(valid)
    return _train_run([*training, *valid], held_out_in, config, output=Path(output), folds=1)


def _check(documents: Sequence[Document], config: Config, valid: Sequence[Document] = ()) -> None:
    """What can be known to be wrong before a folder is made or a process started."""
    _check_documents(documents, "training")
    from bert4ner.models.backbone import check_size  # deferred: bad data is told without TensorFlow
    from bert4ner.models.blueprint import Blueprint
    from bert4ner.models.builder import open_encoder, open_reading

    pretrained = open_encoder(config)
    check_size(pretrained.config, config.model, max_length=config.windows.max_length)
    labels = sorted_labels([*documents, *valid])
    open_reading(Blueprint.of(config, labels, pretrained.config, pretrained.vocabulary))


def _check_documents(documents: Sequence[Document], what: str) -> None:
    if not documents:
        raise DataError(f"empty data set: no {what} documents")
    counts = Counter(document.id for document in documents)
    repeated = [id for id, count in counts.items() if count > 1]
    if repeated:
        raise DataError(f"ids of {what} documents must differ, {repeated[0]!r} occurs {counts[repeated[0]]} times")
    labels = sorted_labels(list(documents))
    if not labels:
        raise DataError(f"no {what} document has an entity; is the format right, are the annotations there?")
    _check_writable(counts, labels)


def _check_writable(ids: Iterable[str], labels: Iterable[str]) -> None:
    """Refuse names that the files of a run cannot hold: what is written after hours must be readable again."""
    for id in ids:
        if not isinstance(id, str) or not id:
            raise DataError(f"a document has the id {id!r}; expected a string that is not empty")
        check_text(id, where=f"document id {id!r}")
    for label in labels:
        if label.strip() != label or len(label.splitlines()) != 1:
            raise DataError(f"the label {label!r} has a line break, or white space at an end; rename it")


def _train_run(
    documents: Sequence[Document], held_out_in: Sequence[int], config: Config, *, output: Path, folds: int
) -> Scores:
    from bert4ner.backend.devices import unused_gpu  # deferred: it loads TensorFlow
    from bert4ner.models.precision import resolve_precision

    run = RunFolder(output)
    labels = sorted_labels(list(documents))
    described = {
        "folds": folds,
        "fingerprint": fingerprint(documents),
        "documents": {
            document.id: fold
            for document, fold in zip(documents, held_out_in, strict=True)
            if fold != NEVER_HELD_OUT  # its id may be that of a document of another file
        },
    }
    with run.held():
        run.open(config, labels, described, precision=resolve_precision(config.run.precision))
        config = _with_nesting(config, documents)
        unused = unused_gpu()
        if unused and not all(run.is_complete(fold) for fold in range(folds)):
            logger.warning("training on CPU cores: %s", unused)
        for fold in range(folds):
            if run.is_complete(fold):
                logger.info("fold %d of %d is complete already", fold, folds)
            else:
                _train_fold(run, fold, documents, held_out_in, config, labels)
            run.tidy()
        return _finish(run, documents, held_out_in, folds)


def _with_nesting(config: Config, documents: Sequence[Document]) -> Config:
    """The configuration with `nesting` decided, which all folds are to share."""
    if config.spans.nesting != "auto" or not HEADS.get(config.model.head).may_nest:
        return config
    nesting, otherwise = nesting_of(documents)
    logger.info("nesting %s, as in the documents", nesting)
    if otherwise:
        logger.warning(
            "%d of %d entities overlap %s and may not be found, as hardly any others do; --nesting any allows it",
            otherwise,
            sum(len(document.entities) for document in documents),
            "others" if nesting == "none" else "others of their label",
        )
    return config.replace(nesting=nesting)


def _train_fold(
    run: RunFolder,
    fold: int,
    documents: Sequence[Document],
    held_out_in: Sequence[int],
    config: Config,
    labels: Sequence[str],
) -> None:
    pairs = list(zip(documents, held_out_in, strict=True))
    training = [document for document, place in pairs if place != fold]
    held_out = [document for document, place in pairs if place == fold]
    logger.info("fold %d of %d: %d documents to learn, %d held out", fold, run.num_folds, len(training), len(held_out))
    try:
        run_fold(run.fold(fold), training, held_out, config=config, labels=labels)
    except RunError:
        run.discard_untrained()
        raise


def _finish(run: RunFolder, documents: Sequence[Document], held_out_in: Sequence[int], folds: int) -> Scores:
    """Join the folds' predictions in the order of the documents and score them."""
    by_fold = [read_documents(run.fold(fold) / "predictions.jsonl", "jsonl") for fold in range(folds)]
    predicted = {document.id: document for fold in by_fold for document in fold}
    gold = [document for document, fold in zip(documents, held_out_in, strict=True) if fold != NEVER_HELD_OUT]
    missing = [document.id for document in gold if document.id not in predicted]
    if missing:
        raise RunError(
            f"{run.path}: its folds' predictions.jsonl lack {len(missing)} documents, e.g. {missing[0]!r}; somebody "
            "changed them, delete the fold's folder to train it again"
        )
    out_of_fold = [predicted[document.id] for document in gold]
    write_documents(out_of_fold, run.path / OUT_OF_FOLD, "jsonl")
    scores = evaluate(gold, out_of_fold)
    gold_by_id = {document.id: document for document in gold}
    per_fold = [evaluate([gold_by_id[document.id] for document in fold], fold) for fold in by_fold]
    summary = _summary(scores, per_fold, [_best_epoch(run, fold) for fold in range(folds)])
    summary["bootstrap_f1"] = list(bootstrap_interval(gold, out_of_fold))
    run.write(SCORES, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return scores


def _summary(scores: Scores, per_fold: Sequence[Scores], best_epochs: Sequence[int]) -> dict[str, Any]:
    return summarize_folds(
        scores,
        per_fold,
        told=[{"fold": number, "best_epoch": epoch} for number, epoch in enumerate(best_epochs)],
        note="each fold's best epoch was chosen on the documents it is scored on: a little optimistic",
    )


def _best_epoch(run: RunFolder, fold: int) -> int:
    lines = [json.loads(line) for line in (run.fold(fold) / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    return int(best_line(lines)["epoch"])
