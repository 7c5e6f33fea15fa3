"""What ``bert4ner train`` and ``bert4ner crossval`` print when they are done."""

import json
import shlex
import statistics
from pathlib import Path
from typing import Any

from bert4ner.cli.printing import average_rows, percent, print_table
from bert4ner.runs.folder import SCORES
from bert4ner.scoring.metrics import Scores

_COLUMNS = ("precision", "recall", "f1")


def print_training(run: Path, scores: Scores) -> None:
    """Scores of the folds, their spread, the averages over labels, and what to type next."""
    summary = json.loads((run / SCORES).read_text(encoding="utf-8"))
    folds = summary["folds"]
    rows = [[fold["fold"], *(percent(fold[name]) for name in _COLUMNS), fold["best_epoch"]] for fold in folds]
    spread = []
    if len(folds) > 1:
        spread = [_spread("mean", folds, statistics.fmean), _spread("std", folds, statistics.stdev)]
    print_table("Each fold's held-out documents", ["fold", "P", "R", "F1", "best epoch"], [rows, spread])
    print_table(f"All held-out documents, {scores.support} entities", ["", "P", "R", "F1"], [average_rows(scores)])
    low, high = summary["bootstrap_f1"]
    print(f"micro F1, 95 % interval over documents: {percent(low)} to {percent(high)}")
    print(f"Note: {summary['note']}.")
    print(f"run:   {run}")
    print(f"next:  bert4ner predict {shlex.quote(str(run))} NEW.txt --output found.jsonl")


def _spread(name: str, folds: list[dict[str, Any]], measure: Any) -> list[object]:
    return [name, *(percent(measure([fold[column] for fold in folds])) for column in _COLUMNS), None]
