"""The results of every epoch of a training: history.jsonl, one line each; and the choice of the best one."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.runs.files import RUN_FILES, write_text
from bert4ner.runs.layout import HISTORY
from bert4ner.schema import Finite, Positive, Share, more_keys

ENOUGH_UPDATES = 40
"""With fewer updates of its weights, a network has hardly begun to learn."""

History = list[dict[str, Any]]


@dataclass(frozen=True)
class Epoch:
    """A line of history.jsonl; what modifiers and callbacks log is among the rest, None where it was no number."""

    epoch: Positive
    precision: Share
    recall: Share
    f1: Share
    loss: float
    seconds: Finite
    tokens_per_second: Finite
    evaluation_seconds: Finite = 0.0
    learning_rate: Finite = 0.0
    head_learning_rate: Finite = 0.0
    updates: Finite = 0.0
    more: Mapping[str, float | None] = more_keys()


@dataclass(frozen=True)
class _Result:
    """What of a line decides which epoch is the best."""

    epoch: Positive
    f1: Share
    loss: float = 0.0
    more: Mapping[str, Any] = more_keys()


def best_line(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The line of the best epoch in a fold's history: the highest F1, in a tie the lowest loss, then the first."""
    return max(history, key=lambda line: (line["f1"], -line.get("loss", 0), -line["epoch"]))


def updates_in(history: Sequence[dict[str, Any]]) -> int | None:
    """The number of updates of the weights in all epochs; None if an earlier version wrote the history without them."""
    return sum(line["updates"] for line in history) if all("updates" in line for line in history) else None


def best_epoch(fold: Path) -> int:
    """The best epoch in the history of a fold's folder; raises as `read_history`.

    Checks only F1 and loss: values that only the report shows must not make a run fail at its end.
    """
    return int(best_line(_read_lines(fold / HISTORY, _Result))["epoch"])


def write_history(path: Path, lines: Sequence[dict[str, Any]]) -> None:
    """Write a line for each epoch, the file whole or not at all; creates missing folders."""
    write_text(path, "".join(json.dumps(line) + "\n" for line in in_json(lines)))


def in_json(lines: Sequence[dict[str, Any]]) -> History:
    """The lines with None for values that are no number, which JSON does not have."""
    return [{name: None if _is_no_number(value) else value for name, value in line.items()} for line in lines]


def _is_no_number(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)


def read_history(fold: Path) -> History:
    """The history in a fold's folder: at least one line, each as `Epoch` has it, numbered from 1.

    Raises:
        RunError: it is missing, empty or damaged.
    """
    return _read_lines(fold / HISTORY, Epoch)


def _read_lines(path: Path, kind: type[Epoch] | type[_Result]) -> History:
    lines = list(RUN_FILES.read_lines(path, dict[str, Any]))
    if not lines:
        raise RUN_FILES.refusal(path, "expected one line for each epoch, found an empty file")
    for number, line in enumerate(lines, start=1):
        epoch = RUN_FILES.build(kind, line, path, f"line {number}: ").epoch
        if epoch != number:
            raise RUN_FILES.refusal(path, f"line {number}: expected epoch {number}, found {epoch}")
    return lines
