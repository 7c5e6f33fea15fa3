"""Finishes a run whose folds are complete: joins what they predicted, and scores it."""

from collections.abc import Sequence

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.history import best_epoch
from bert4ner.runs.layout import OUT_OF_FOLD, PREDICTIONS
from bert4ner.runs.scores import make_sheet, write_scores
from bert4ner.scoring.metrics import Scores

_NOTE = "each fold's best epoch was chosen on the documents it is scored on: a little optimistic"


def finish_run(run: RunFolder, gold: Sequence[Document]) -> Scores:
    """Write out_of_fold.jsonl and scores.json; returns the scores of all documents that a fold held out.

    Args:
        run: the run, all its folds trained.
        gold: these documents as annotated, in the order that out_of_fold.jsonl is to have.

    Raises:
        RunError: a fold's predictions lack some of them, or its history is damaged.
    """
    by_fold = [read_documents(run.fold(fold) / PREDICTIONS, "jsonl") for fold in range(run.num_folds)]
    places = {document.id: (document, fold) for fold, found in enumerate(by_fold) for document in found}
    missing = [document.id for document in gold if document.id not in places]
    if missing:
        raise RunError(
            f"{run.path}: its folds' {PREDICTIONS} lack {len(missing)} documents, e.g. {missing[0]!r}; somebody "
            "changed them, delete the fold's folder to train it again"
        )
    predicted, folds = zip(*(places[document.id] for document in gold), strict=True)
    best_epochs = [best_epoch(run.fold(fold)) for fold in range(run.num_folds)]
    sheet = make_sheet(gold, predicted, folds, note=_NOTE, best_epochs=best_epochs)
    write_documents(predicted, run.path / OUT_OF_FOLD, "jsonl")
    write_scores(run.path, sheet)
    return sheet.scores
