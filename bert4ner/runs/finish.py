"""Finishes a run with trained models: joins their predictions, and scores them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bert4ner.data.documents import write_documents
from bert4ner.entities import Document
from bert4ner.errors import RunError, shown
from bert4ner.phrases import phrase
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Training
from bert4ner.runs.history import best_epoch
from bert4ner.runs.layout import OUT_OF_FOLD, PREDICTIONS
from bert4ner.runs.manifest import write_run_manifest
from bert4ner.runs.predicted import read_predicted, read_predictions
from bert4ner.runs.score_sheet import FoldScore, SeedScore, make_sheet, none_of
from bert4ner.runs.scores import write_scores
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import Score, Scores, evaluate


@dataclass(frozen=True)
class _Trained:
    """The predictions of one model for its held-out documents, with their annotation, in the order of the run's."""

    training: Training
    gold: list[Document]
    found: list[Document]
    best_epoch: int


def finish_run(run: RunFolder, gold: Sequence[Document]) -> Scores:
    """Write out_of_fold.jsonl, scores.json and the manifest; returns the scores of all held-out documents.

    If several models held out the same documents, out_of_fold.jsonl must exist: averaging needs these models.

    Args:
        run: the run, all its models trained.
        gold: these documents as annotated, in the order that out_of_fold.jsonl is to have.

    Raises:
        RunError: predictions are missing for some documents, or a history is damaged.
    """
    folds = run.read_folds()
    trained = [
        _read(run.fold(*training), training, [each for each in gold if training.fold in folds.held_out_in[each.id]])
        for training in folds.trainings
    ]
    if folds.averaged:
        predicted, note = read_predicted(run.path), phrase("note.together")
    else:
        found = {document.id: document for each in trained for document in each.found}
        predicted = [found[document.id] for document in gold]
        note = phrase("note.folds" if folds.number > 1 else "note.one")
        write_documents(predicted, run.path / OUT_OF_FOLD, "jsonl")
    rows = [
        FoldScore(
            each.training.fold,
            _micro([each]),
            best_epoch=each.best_epoch,
            seed=each.training.seed,
            entities=none_of(each.gold),
        )
        for each in trained
    ]
    seeds = [SeedScore(seed, _micro([each for each in trained if each.training.seed == seed])) for seed in folds.seeds]
    sheet = replace(make_sheet(gold, predicted, rows, note=note), seeds=tuple(seeds))
    write_scores(run.path, sheet)
    write_run_manifest(run.path)
    return sheet.scores


def _read(folder: Path, training: Training, own: list[Document]) -> _Trained:
    """The predictions of a model, checked against its held-out documents."""
    found = {document.id: document for document in read_predictions(folder / PREDICTIONS)}
    missing = [document.id for document in own if document.id not in found]
    if missing:
        raise RunError(
            f"{folder}: {PREDICTIONS} lacks {len(missing)} documents, e.g. {shown(missing[0])}; somebody changed it, "
            "delete the folder to train it again"
        )
    return _Trained(training, own, [found[document.id] for document in own], best_epoch(folder))


def _micro(trained: Sequence[_Trained]) -> Score:
    """The micro scores of several models together: their counts add up, a document counts once per model."""
    counts = sum((evaluate(each.gold, each.found).total for each in trained), start=Counts())
    return Score(counts.precision, counts.recall, counts.f1)
