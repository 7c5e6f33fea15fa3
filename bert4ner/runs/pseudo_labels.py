"""Pseudo-labelled documents: labels from models, each document with the training data of these models.

Documents without labels, of weight 0, may stand beside them; some modifiers of the training step learn from these.

A file of them is `jsonl` with one more key, `taught_by`: `{"division": "...", "folds": [0]}` identifies the division of
a run into folds and the folds whose models together gave the labels; `"elsewhere"` means that no run gave the labels.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bert4ner.data.documents import read_with_report, report_repairs
from bert4ner.data.json_records import json_records
from bert4ner.data.jsonl import to_record
from bert4ner.data.repairs import Repairs
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown
from bert4ner.runs.folds import fingerprint

TAUGHT_BY = "taught_by"
ELSEWHERE: Literal["elsewhere"] = "elsewhere"


@dataclass(frozen=True)
class Teachers:
    """The models of a run that labelled a document together."""

    division: str
    """The held-out documents of each fold of their run; see `Folds.division`."""
    folds: tuple[int, ...]
    """The folds of these models."""


@dataclass(frozen=True)
class PseudoLabelled:
    """A document with labels that are not gold, and their origin."""

    document: Document
    teachers: Teachers | Literal["elsewhere"] | None = None
    """None if the origin is unknown."""


def as_unlabelled(documents: Iterable[Document]) -> list[PseudoLabelled]:
    """Documents as texts to learn from, of weight 0; their annotation is removed, so that it cannot leak."""
    return [PseudoLabelled(Document(each.id, each.text, weight=0.0), ELSEWHERE) for each in documents]


def write_pseudo_labels(labelled: Iterable[PseudoLabelled], path: str | Path) -> None:
    """Write a file of pseudo-labelled documents, whole or not at all.

    Args:
        labelled: documents with the models that labelled them, as `pseudo_label` gives them.
        path: the file, in the format `jsonl` with one more key.

    Raises:
        DataError: the place cannot be written.

    Example:
        >>> import tempfile, bert4ner
        >>> from pathlib import Path
        >>> from bert4ner.runs.pseudo_labels import PseudoLabelled
        >>> labelled = [PseudoLabelled(bert4ner.Document("a", "人参"), "elsewhere")]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     bert4ner.write_pseudo_labels(labelled, Path(folder, "pseudo.jsonl"))
        ...     bert4ner.read_pseudo_labels(Path(folder, "pseudo.jsonl")) == labelled
        True
    """
    with atomic_write(path) as handle:
        for each in labelled:
            handle.write(json.dumps({**to_record(each.document), **_provenance(each)}, ensure_ascii=False) + "\n")


def _provenance(labelled: PseudoLabelled) -> dict[str, object]:
    teachers = labelled.teachers
    if isinstance(teachers, Teachers):
        return {TAUGHT_BY: {"division": teachers.division, "folds": list(teachers.folds)}}
    return {} if teachers is None else {TAUGHT_BY: teachers}


def read_pseudo_labels(path: str | Path, format: str = "auto") -> list[PseudoLabelled]:
    """The documents of any file, with the origin of their labels if the file states it.

    Args:
        path: the file.
        format: a name from `registry.FORMATS`, or `auto`: detected by content.

    Raises:
        DataError: as `read_documents`; or the origin of a document's labels cannot be read.

    Example:
        >>> import tempfile, bert4ner
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "pseudo.jsonl")
        ...     _ = path.write_text('{"id": "a", "text": "人参", "taught_by": "elsewhere"}', encoding="utf-8")
        ...     bert4ner.read_pseudo_labels(path)[0].teachers
        'elsewhere'
    """
    result = read_with_report(path, format)
    report_repairs(path, result.repairs)
    if result.format != "jsonl":
        return [PseudoLabelled(document) for document in result.documents]
    records = json_records(Path(path), Repairs())
    return [
        PseudoLabelled(document, _teachers(record.get(TAUGHT_BY), where))
        for document, (where, record) in zip(result.documents, records, strict=True)
    ]


def _teachers(found: object, where: str) -> Teachers | Literal["elsewhere"] | None:
    if found is None:
        return None
    if found == ELSEWHERE:
        return ELSEWHERE
    if isinstance(found, dict):
        division, folds = found.get("division"), found.get("folds")
        known = isinstance(folds, list) and folds and all(type(fold) is int and fold >= 0 for fold in folds)
        if isinstance(division, str) and known:
            return Teachers(division, tuple(folds or ()))
    raise DataError(
        f'{where}: expected {TAUGHT_BY!r} as {{"division": "...", "folds": [0]}} or "{ELSEWHERE}", found {shown(found)}'
    )


def fingerprint_of_pseudo(labelled: Sequence[PseudoLabelled]) -> str:
    """A hash of all documents and the origins of their labels; empty for no documents."""
    if not labelled:
        return ""
    contents = [fingerprint([each.document for each in labelled]), [_provenance(each) for each in labelled]]
    return hashlib.sha256(json.dumps(contents).encode("utf-8")).hexdigest()
