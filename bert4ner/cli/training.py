"""What ``bert4ner train`` and ``bert4ner crossval`` print when they are done."""

import shlex
from pathlib import Path

from bert4ner.cli.printing import average_rows, percent, print_table, score_cells
from bert4ner.runs.scores import read_scores
from bert4ner.scoring.metrics import Scores


def print_training(run: Path, scores: Scores) -> None:
    """Scores of the folds, their spread, the averages over labels, and what to type next."""
    sheet = read_scores(run)
    rows = [[fold.fold, *score_cells(fold.micro), fold.best_epoch] for fold in sheet.folds]
    spread = [[name, *score_cells(score), None] for name, score in sheet.spread().items()]
    print_table("Each fold's held-out documents", ["fold", "P", "R", "F1", "best epoch"], [rows, spread])
    print_table(f"All held-out documents, {scores.support} entities", ["", "P", "R", "F1"], [average_rows(scores)])
    low, high = sheet.bootstrap_f1
    print(f"micro F1, 95 % interval over documents: {percent(low)} to {percent(high)}")
    print(f"Note: {sheet.note}.")
    print(f"run:   {run}")
    print(f"next:  bert4ner predict {shlex.quote(str(run))} NEW.txt --output found.jsonl")
