"""What every epoch of a training gave: history.jsonl, one line for each, and which of them was the best."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert4ner.runs.files import damaged, parse, read_text, required, write_text
from bert4ner.runs.layout import HISTORY

EPOCH_KEYS = ("epoch", "precision", "recall", "f1", "loss", "seconds", "tokens_per_second")
"""What every line has; more may stand in it."""

History = list[dict[str, Any]]


def best_line(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The line of the best epoch in a fold's history: the highest F1, the earlier of two equal ones."""
    return max(history, key=lambda line: (line["f1"], -line["epoch"]))


def best_epoch(fold: Path) -> int:
    """The best epoch in the history of a fold's folder; raises as `read_history`.

    Nothing else of the history is looked at: a run is not to fail at its end for what only its report shows.
    """
    return int(best_line(read_history(fold, keys=("epoch", "f1")))["epoch"])


def write_history(fold: Path, history: Sequence[dict[str, Any]]) -> None:
    """Write the history of a fold's folder, whole or not at all."""
    write_text(fold / HISTORY, "".join(json.dumps(line) + "\n" for line in history))


def read_history(fold: Path, *, keys: Sequence[str] = EPOCH_KEYS) -> History:
    """The history in a fold's folder, at least one line, each with numbers under these keys.

    Raises:
        RunError: it is missing, empty or damaged, or a value is no number.
    """
    path = fold / HISTORY
    lines = [required(parse(line, path), keys, path) for line in read_text(path).splitlines()]
    if not lines:
        raise damaged(path, "it is empty, one line for each epoch was to be there")
    for line in lines:
        if not all(isinstance(line[key], int | float) and math.isfinite(line[key]) for key in keys):
            raise damaged(path, f"epoch {line['epoch']} has a value that is no number")
    return lines
