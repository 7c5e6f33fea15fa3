"""Writes a combined run: copies of its runs, the combination, and the predictions."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import NoReturn

from bert4ner.data.documents import write_documents
from bert4ner.data.durable import is_left_over
from bert4ner.data.failures import cure_of
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.combination import Combination
from bert4ner.runs.environment import write_environment
from bert4ner.runs.files import RUN_FILES, write_text
from bert4ner.runs.labels import write_labels
from bert4ner.runs.layout import COMBINATION, CURVES, OUT_OF_FOLD, REPORT, STATE
from bert4ner.schema import Misfit, Share

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
    """Fill an empty folder with a combined run, except for its scores.

    Args:
        folder: the folder, which exists.
        combination: how the runs were combined.
        sources: the runs to copy, in the order of `combination.folders()`.
        labels: those of the runs.
        predicted: the held-out documents with predicted entities.

    Raises:
        RunError: a run cannot be copied.
    """
    for source, target in zip(sources, chain(*combination.folders()), strict=True):
        _copy(source, folder / target)
    write_environment(folder)
    write_labels(folder, labels)
    write_documents(predicted, folder / OUT_OF_FOLD, "jsonl")
    write_text(folder / COMBINATION, combination.to_json())


def _copy(source: Path, target: Path) -> None:
    """Copy a run up to the first failure; `copytree` would try all files, and list all that fail."""
    try:
        for folder, folders, names in os.walk(source, onerror=_raise, followlinks=True):
            folders[:] = [name for name in folders if _needed(name)]
            inside = target / Path(folder).relative_to(source)
            inside.mkdir()
            for name in filter(_needed, names):
                shutil.copyfile(Path(folder, name), inside / name)
    except OSError as error:
        if error.filename2 is not None or not Path(error.filename).is_relative_to(source):
            raise  # of the copy
        raise RunError(
            f"{error.filename}: cannot be copied into the new run ({error.strerror}); {cure_of(error)}"
        ) from None


def _raise(error: OSError) -> NoReturn:
    raise error


def _needed(name: str) -> bool:
    return name not in (STATE, REPORT) and not is_left_over(name)


def write_curves(folder: Path, curves: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Write precision and recall by threshold, for each label."""
    write_text(folder / CURVES, json.dumps(curves, ensure_ascii=False) + "\n")


@dataclass(frozen=True)
class _Curve:
    threshold: tuple[Share, ...]
    precision: tuple[Share, ...]
    recall: tuple[Share, ...]

    def __post_init__(self) -> None:
        if not len(self.threshold) == len(self.precision) == len(self.recall) > 0:
            raise Misfit("expected as many thresholds as precisions and recalls")


def read_curves(run: Path) -> Curves:
    """Precision and recall by threshold, for each label; empty if a run has no curves.

    Raises:
        RunError: the file is damaged.
    """
    path = run / CURVES
    curves = RUN_FILES.read(path, dict[str, _Curve]) if path.exists() else {}
    return {label: {name: list(values) for name, values in asdict(curve).items()} for label, curve in curves.items()}
