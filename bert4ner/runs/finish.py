"""Finishes a run whose models are trained: joins what they predicted, and scores it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Training
from bert4ner.runs.history import best_epoch
from bert4ner.runs.layout import OUT_OF_FOLD, PREDICTIONS
from bert4ner.runs.predicted import read_predicted
from bert4ner.runs.score_sheet import FoldScore, SeedScore, make_sheet, none_of
from bert4ner.runs.scores import write_scores
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import Score, Scores, evaluate

_NOTE = "each fold's best epoch was chosen on the documents it is scored on: a little optimistic"
_TOGETHER = "; each document is predicted by the average of all models that did not see it"


@dataclass(frozen=True)
class _Trained:
    """What one model found in the documents held out from it, beside their annotation, in the order of the run's."""

    training: Training
    gold: list[Document]
    found: list[Document]
    best_epoch: int


def finish_run(run: RunFolder, gold: Sequence[Document]) -> Scores:
    """Write out_of_fold.jsonl and scores.json; returns the scores of all documents that a fold held out.

    Where documents are held out from several models, out_of_fold.jsonl has to be there: to average them takes these.

    Args:
        run: the run, all its models trained.
        gold: these documents as annotated, in the order that out_of_fold.jsonl is to have.

    Raises:
        RunError: predictions lack some of them, or a history is damaged.
    """
    folds = run.read_folds()
    trained = [
        _read(run.fold(*training), training, [each for each in gold if training.fold in folds.held_out_in[each.id]])
        for training in folds.trainings
    ]
    if folds.averaged:
        predicted, note = read_predicted(run.path), _NOTE + _TOGETHER
    else:
        found = {document.id: document for each in trained for document in each.found}
        predicted, note = [found[document.id] for document in gold], _NOTE
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
    return sheet.scores


def _read(folder: Path, training: Training, own: list[Document]) -> _Trained:
    """What a model predicted, checked against the documents held out from it."""
    found = {document.id: document for document in read_documents(folder / PREDICTIONS, "jsonl", annotated=False)}
    missing = [document.id for document in own if document.id not in found]
    if missing:
        raise RunError(
            f"{folder}: {PREDICTIONS} lacks {len(missing)} documents, e.g. {missing[0]!r}; somebody changed it, delete "
            "the folder to train it again"
        )
    return _Trained(training, own, [found[document.id] for document in own], best_epoch(folder))


def _micro(trained: Sequence[_Trained]) -> Score:
    """The micro scores of some models together: their counts add, a document counts for each model."""
    counts = sum((evaluate(each.gold, each.found).total for each in trained), start=Counts())
    return Score(counts.precision, counts.recall, counts.f1)
