"""The labels that a run knows: labels.txt, one a line, sorted, since their order numbers the tags."""

from collections.abc import Sequence
from pathlib import Path

from bert4ner.runs.files import read_text, write_text
from bert4ner.runs.layout import LABELS


def write_labels(run: Path, labels: Sequence[str]) -> None:
    """Write labels.txt of a run."""
    write_text(run / LABELS, "".join(f"{label}\n" for label in labels))


def read_labels(run: Path) -> list[str]:
    """The labels of a run, sorted.

    Raises:
        RunError: labels.txt is missing or no UTF-8.
    """
    return read_text(run / LABELS).removesuffix("\n").split("\n")
