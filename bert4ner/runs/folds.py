"""Which document a run holds out in which fold, and the fingerprint of all its documents: folds.json."""

import hashlib
import json
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.runs.files import FORMAT, damaged, read_json, required, text, to_json
from bert4ner.runs.layout import FOLDS

FOLDS_FORMAT = 1


@dataclass(frozen=True)
class Folds:
    """How the documents of a run are divided."""

    number: int
    """How many folds there are."""
    fingerprint: str
    """Of all documents, see the function."""
    held_out_in: dict[str, int]
    """Document id -> the fold that holds it out; documents that every model learns from are not named, or below 0."""

    def to_json(self) -> str:
        """The text of the file that `read_folds` reads."""
        values = {
            FORMAT: FOLDS_FORMAT,
            "folds": self.number,
            "fingerprint": self.fingerprint,
            "documents": self.held_out_in,
        }
        return to_json(values, indent=1)


def read_folds(run: Path) -> Folds:
    """The folds of a run.

    Raises:
        RunError: there is no folds.json, or it is damaged or of a newer format.
    """
    path = run / FOLDS
    if not path.is_file():
        raise RunError(f"{run}: no run, {FOLDS} is missing")
    values = required(read_json(path, newest=FOLDS_FORMAT), ("folds", "fingerprint", "documents"), path)
    number, held_out_in = values["folds"], required(values["documents"], (), path)
    if type(number) is not int or number < 1:
        raise damaged(path, f"expected a number of folds, found {reprlib.repr(number)}")
    wrong = [id for id, fold in held_out_in.items() if type(fold) is not int or fold >= number]
    if wrong:
        raise damaged(path, f"the document {wrong[0]!r} is in fold {reprlib.repr(held_out_in[wrong[0]])} of {number}")
    return Folds(number, text(values["fingerprint"], "fingerprint", path), held_out_in)


def fingerprint(documents: Sequence[Document]) -> str:
    """A hash that changes when any id, text, entity or weight of the documents does, scores of entities apart."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(_described(document)).encode("utf-8"))
    return digest.hexdigest()


def _described(document: Document) -> list[object]:
    """What is rare stands at the end and only where it is there: runs of before it was told keep their fingerprint."""
    rare = [document.weight] if document.weight != 1 else []
    return [document.id, document.text, [_span(entity) for entity in document.entities], *rare]


def _span(entity: Entity) -> tuple[object, ...]:
    rare = (entity.fragments,) if entity.fragments else ()
    return (entity.start, entity.end, entity.label, *rare)
