"""Writes a combined run: copies of the runs it is made of, how they are combined, what they found together."""

import json
import shutil
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from bert4ner.data.documents import write_documents
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.combination import Combination
from bert4ner.runs.environment import write_environment
from bert4ner.runs.files import damaged, listed, number, read_json, required, write_text
from bert4ner.runs.labels import write_labels
from bert4ner.runs.layout import ANY_HALF_WRITTEN, COMBINATION, CURVES, OUT_OF_FOLD, REPORT, STATE

_COLUMNS = ("threshold", "precision", "recall")
Curves = dict[str, dict[str, list[float]]]
"""Label -> `threshold`, `precision` and `recall`, each as many numbers."""


def write_combined(
    folder: Path,
    combination: Combination,
    sources: Sequence[Path],
    *,
    labels: Sequence[str],
    predicted: Sequence[Document],
) -> None:
    """Fill an empty folder with a combined run, all but its scores.

    Args:
        folder: the folder, which is there.
        combination: how the runs were combined.
        sources: the runs to copy, in the order of `combination.folders()`.
        labels: those of the runs.
        predicted: the held-out documents with what was found in them.

    Raises:
        RunError: a run cannot be copied.
    """
    unneeded = shutil.ignore_patterns(STATE, REPORT, ANY_HALF_WRITTEN)
    for source, target in zip(sources, chain(*combination.folders()), strict=True):
        try:
            shutil.copytree(source, folder / target, ignore=unneeded)
        except (OSError, shutil.Error) as error:
            raise RunError(f"{source}: cannot be copied ({error})") from None
    write_environment(folder)
    write_labels(folder, labels)
    write_documents(predicted, folder / OUT_OF_FOLD, "jsonl")
    write_text(folder / COMBINATION, combination.to_json())


def write_curves(folder: Path, curves: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Write precision and recall by threshold, for each label."""
    write_text(folder / CURVES, json.dumps(curves, ensure_ascii=False) + "\n")


def read_curves(run: Path) -> Curves:
    """Precision and recall by threshold, for each label; empty where a run has none.

    Raises:
        RunError: the file is damaged.
    """
    path = run / CURVES
    curves = read_json(path) if path.is_file() else {}
    return {label: _checked(curve, label, path) for label, curve in curves.items()}


def _checked(curve: object, label: str, path: Path) -> dict[str, list[float]]:
    named = required(curve, _COLUMNS, path)
    columns = {
        name: [number(each, f"{name} of {label!r}", path, low=0, high=1) for each in listed(named[name], name, path)]
        for name in _COLUMNS
    }
    if len({len(column) for column in columns.values()}) != 1 or not columns["recall"]:
        raise damaged(path, "expected as many thresholds as precisions and recalls")
    return columns
