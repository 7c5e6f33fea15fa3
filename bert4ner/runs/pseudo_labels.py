"""Pseudo-labelled documents: labels that models gave, each document with what these models were taught by.

Beside them stand documents without labels, of weight 0, which some modifiers of the training step learn from.

A file of them is `jsonl` with one key more, `taught_by`: `{"division": "...", "folds": [0]}` names the division of a
run into folds and those folds whose models together gave the labels; `"elsewhere"` says that the labels are of no run.
"""

import hashlib
import json
import reprlib
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
from bert4ner.errors import DataError
from bert4ner.runs.folds import fingerprint

TAUGHT_BY = "taught_by"
ELSEWHERE: Literal["elsewhere"] = "elsewhere"


@dataclass(frozen=True)
class Teachers:
    """The models of a run that labelled a document together."""

    division: str
    """Which documents each fold of their run held out; see `Folds.division`."""
    folds: tuple[int, ...]
    """The folds whose models they are."""


@dataclass(frozen=True)
class PseudoLabelled:
    """A document whose labels are not gold, and where they are from."""

    document: Document
    teachers: Teachers | Literal["elsewhere"] | None = None
    """None: nobody knows."""


def as_unlabelled(documents: Iterable[Document]) -> list[PseudoLabelled]:
    """Documents as texts to learn from, of weight 0; annotation that they have is left out, and so cannot leak."""
    return [PseudoLabelled(Document(each.id, each.text, weight=0.0), ELSEWHERE) for each in documents]


def write_pseudo_labels(labelled: Iterable[PseudoLabelled], path: str | Path) -> None:
    """Write a file of them, whole or not at all."""
    with atomic_write(path) as handle:
        for each in labelled:
            handle.write(json.dumps({**to_record(each.document), **_provenance(each)}, ensure_ascii=False) + "\n")


def _provenance(labelled: PseudoLabelled) -> dict[str, object]:
    teachers = labelled.teachers
    if isinstance(teachers, Teachers):
        return {TAUGHT_BY: {"division": teachers.division, "folds": list(teachers.folds)}}
    return {} if teachers is None else {TAUGHT_BY: teachers}


def read_pseudo_labels(path: str | Path, format: str = "auto") -> list[PseudoLabelled]:
    """The documents of any file, with where their labels are from as far as it says so.

    Raises:
        DataError: as `read_documents`; or what a document says of its teachers cannot be read.
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
        f'{where}: expected {TAUGHT_BY!r} as {{"division": "...", "folds": [0]}} or "{ELSEWHERE}", '
        f"found {reprlib.repr(found)}"
    )


def fingerprint_of_pseudo(labelled: Sequence[PseudoLabelled]) -> str:
    """A hash that changes when any document or its teachers do; empty for no documents."""
    if not labelled:
        return ""
    told = [fingerprint([each.document for each in labelled]), [_provenance(each) for each in labelled]]
    return hashlib.sha256(json.dumps(told).encode("utf-8")).hexdigest()
