"""The history of a pre-training: history.jsonl, a line before the first round and one after each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.runs.files import RUN_FILES
from bert4ner.schema import Count, Finite, Share


@dataclass(frozen=True)
class Round:
    """A line: the updates that were done, and what was measured."""

    update: Count
    epoch: Finite
    loss: float | None = None
    seconds: Finite | None = None
    tokens_per_second: Finite | None = None
    perplexity: Finite | None = None
    accuracy: Share | None = None


def read_rounds(path: Path) -> list[dict[str, Any]]:
    """The lines of a history.

    Raises:
        RunError: it is missing, damaged or empty.
    """
    lines = list(RUN_FILES.read_lines(path, dict[str, Any]))
    check_rounds(lines, path)
    if not lines:
        raise RUN_FILES.refusal(path, "expected one line for each round, found an empty file")
    return lines


def check_rounds(lines: Sequence[dict[str, Any]], path: Path) -> None:
    """Refuse lines that are none of a pre-training; raises as `read_rounds`."""
    for number, line in enumerate(lines, start=1):
        RUN_FILES.build(Round, line, path, f"line {number}: ")
