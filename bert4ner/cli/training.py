"""Prints the results of ``bert4ner train`` and ``bert4ner crossval``."""

import shlex
from pathlib import Path

from bert4ner.cli.printing import average_rows, notes_shown, percent, print_table, score_cells
from bert4ner.report.findings import about_encoder, about_epochs, about_updates
from bert4ner.runs.record import TrainedRun
from bert4ner.runs.score_sheet import ScoreSheet
from bert4ner.runs.scores import read_scores
from bert4ner.scoring.metrics import Scores


def print_training(run: Path, scores: Scores) -> None:
    """Scores of the folds and seeds, their spread, the averages over labels, advice, and the next command.

    Prints nothing with ``--quiet``: the run holds all of it.
    """
    if not notes_shown():
        return
    sheet = read_scores(run)
    if len(sheet.folds) > 1:
        _print_folds(sheet)
    if sheet.seeds:
        rows = [[each.seed, *score_cells(each.micro)] for each in sheet.seeds]
        spread = [[name, *score_cells(score)] for name, score in sheet.seed_spread().items()]
        print_table("Each seed's models on their held-out documents", ["seed", "P", "R", "F1"], [rows, spread])
    print_table(f"All held-out documents, {scores.support} entities", ["", "P", "R", "F1"], [average_rows(scores)])
    if len(sheet.folds) == 1:
        print(f"best epoch: {sheet.folds[0].best_epoch}")
    low, high = sheet.bootstrap_f1
    print(f"micro F1, 95 % interval over documents: {percent(low)} to {percent(high)}")
    print(f"Note: {sheet.note}.")
    record = TrainedRun(run)
    for advice in (*about_updates(record), *about_epochs(record), *about_encoder(record)):
        print(advice)
    print(f"run:   {run}")
    print(f"next:  bert4ner predict {shlex.quote(str(run))} NEW.txt --output found.jsonl")


def _print_folds(sheet: ScoreSheet) -> None:
    seeds = ["seed"] if sheet.seeds else []
    rows = [
        [fold.fold, *([fold.seed] if seeds else []), *score_cells(fold.micro), fold.best_epoch] for fold in sheet.folds
    ]
    spread = [[name, *(None for _ in seeds), *score_cells(score), None] for name, score in sheet.spread().items()]
    print_table("Each fold's held-out documents", ["fold", *seeds, "P", "R", "F1", "best epoch"], [rows, spread])
