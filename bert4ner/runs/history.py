"""What every epoch of a training gave: history.jsonl, one line for each, and which of them was the best."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert4ner.runs.files import damaged, number, parse, read_text, required, whole, write_text
from bert4ner.runs.layout import HISTORY

EPOCH_KEYS = ("epoch", "precision", "recall", "f1", "loss", "seconds", "tokens_per_second")
"""What every line has; more may stand in it."""
_SOME_HAVE = ("evaluation_seconds", "learning_rate", "head_learning_rate")

History = list[dict[str, Any]]


def best_line(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The line of the best epoch in a fold's history: the highest F1; of equal ones the lowest loss, then the first."""
    return max(history, key=lambda line: (line["f1"], -line.get("loss", 0), -line["epoch"]))


def best_epoch(fold: Path) -> int:
    """The best epoch in the history of a fold's folder; raises as `read_history`.

    Nothing else than F1 and loss is looked at: a run is not to fail at its end for what only its report shows.
    """
    return int(best_line(_read_lines(fold / HISTORY, ("epoch", "f1"), ("loss",)))["epoch"])


def write_history(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write a line for each epoch, the file whole or not at all; missing folders are made."""
    write_text(path, "".join(json.dumps(line) + "\n" for line in lines))


def read_history(fold: Path) -> History:
    """The history in a fold's folder, at least one line, each with all of `EPOCH_KEYS`.

    Raises:
        RunError: it is missing, empty or damaged, or a value is no number.
    """
    return _read_lines(fold / HISTORY, EPOCH_KEYS, _SOME_HAVE)


def _read_lines(path: Path, keys: Sequence[str], some_have: Sequence[str] = ()) -> History:
    lines = [required(parse(line, path), keys, path) for line in read_text(path).splitlines()]
    if not lines:
        raise damaged(path, "it is empty, one line for each epoch was to be there")
    for line in lines:
        epoch = whole(line["epoch"], "an epoch", path)
        for key in (*keys, *(each for each in some_have if each in line)):
            number(line[key], f"{key} of epoch {epoch}", path)
    return lines
