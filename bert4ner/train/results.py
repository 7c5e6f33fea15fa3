"""What a run comes to when its folds are complete: out-of-fold predictions and their scores."""

import json
from collections.abc import Sequence

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.folder import OUT_OF_FOLD, SCORES, RunFolder, best_line
from bert4ner.scoring.metrics import Scores, bootstrap_interval, evaluate, summarize_folds
from bert4ner.train.division import Division

_NOTE = "each fold's best epoch was chosen on the documents it is scored on: a little optimistic"


def write_results(run: RunFolder, division: Division) -> Scores:
    """Join the folds' predictions in the order of the documents, score them, write both.

    Raises:
        RunError: predictions lack documents.
    """
    by_fold = [read_documents(run.fold(fold) / "predictions.jsonl", "jsonl") for fold in range(division.folds)]
    gold = division.gold
    out_of_fold = _in_order_of(gold, by_fold, run)
    write_documents(out_of_fold, run.path / OUT_OF_FOLD, "jsonl")
    scores = evaluate(gold, out_of_fold)
    summary = summarize_folds(
        scores,
        _fold_scores(gold, by_fold),
        told=[{"fold": fold, "best_epoch": _best_epoch(run, fold)} for fold in range(division.folds)],
        note=_NOTE,
    )
    summary["bootstrap_f1"] = list(bootstrap_interval(gold, out_of_fold))
    run.write(SCORES, json.dumps(summary, ensure_ascii=False, indent=2) + "\n")
    return scores


def _in_order_of(gold: Sequence[Document], by_fold: Sequence[Sequence[Document]], run: RunFolder) -> list[Document]:
    predicted = {document.id: document for fold in by_fold for document in fold}
    missing = [document.id for document in gold if document.id not in predicted]
    if missing:
        raise RunError(
            f"{run.path}: its folds' predictions.jsonl lack {len(missing)} documents, e.g. {missing[0]!r}; somebody "
            "changed them, delete the fold's folder to train it again"
        )
    return [predicted[document.id] for document in gold]


def _fold_scores(gold: Sequence[Document], by_fold: Sequence[Sequence[Document]]) -> list[Scores]:
    gold_by_id = {document.id: document for document in gold}
    return [evaluate([gold_by_id[document.id] for document in fold], fold) for fold in by_fold]


def _best_epoch(run: RunFolder, fold: int) -> int:
    lines = [json.loads(line) for line in (run.fold(fold) / "history.jsonl").read_text(encoding="utf-8").splitlines()]
    return int(best_line(lines)["epoch"])
