"""The labels of a run: labels.txt, one per line, sorted, because their order numbers the tags; and of a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.errors import shown
from bert4ner.runs.files import RUN_FILES, write_text
from bert4ner.runs.layout import LABELS, MODEL_CONFIG, is_combination, is_trained, model_folder
from bert4ner.schema import Name, more_keys


def write_labels(run: Path, labels: Sequence[str]) -> None:
    """Write labels.txt of a run."""
    write_text(run / LABELS, "".join(f"{label}\n" for label in labels))


def read_labels(run: Path) -> list[str]:
    """The labels of a run, sorted.

    Raises:
        RunError: labels.txt is missing or not UTF-8, has an empty line, or labels that are not sorted, each once.
    """
    path = run / LABELS
    labels = RUN_FILES.text(path).removesuffix("\n").split("\n")
    for number, (before, label) in enumerate(zip(["", *labels], labels, strict=False), start=1):
        if not label.strip() or label <= before:
            raise RUN_FILES.refusal(
                path,
                f"line {number}: expected a label behind {shown(before)} in alphabetical order, found {shown(label)}",
            )
    return labels


@dataclass(frozen=True)
class _Labelled:
    """What of a model's description names its labels; `models.model_folder` reads all of it."""

    labels: tuple[Name, ...]
    more: Mapping[str, Any] = more_keys()


def labels_of(path: Path) -> list[str]:
    """The labels of a run, one of its folds, or a model folder, sorted; loads no network.

    Raises:
        RunError: the file with the labels is missing or damaged.
    """
    if is_trained(path) or is_combination(path):
        return read_labels(path)
    return list(RUN_FILES.read(model_folder(path) / MODEL_CONFIG, _Labelled).labels)
