"""Which document a run holds out in which fold, and the fingerprint of all its documents: folds.json."""

import hashlib
import json
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.runs.files import FORMAT, damaged, listed, read_json, required, text, to_json, whole
from bert4ner.runs.layout import FOLDS, fold_name

PLAIN_FORMAT = 1
FOLDS_FORMAT = 2
"""Of runs with several seeds, or with documents that several folds leave out; others keep to the one before."""


class Training(NamedTuple):
    """One model of a run: its fold, and its seed where the run has several."""

    fold: int
    seed: int | None = None

    @property
    def name(self) -> str:
        """Its folder in the run."""
        return fold_name(self.fold, self.seed)

    def __str__(self) -> str:
        return f"fold {self.fold}" if self.seed is None else f"fold {self.fold}, seed {self.seed}"


@dataclass(frozen=True)
class Folds:
    """How the documents of a run are divided."""

    number: int
    """How many folds there are."""
    fingerprint: str
    """Of all documents, see the function."""
    held_out_in: dict[str, tuple[int, ...]]
    """Document id -> the folds that hold it out; documents that every model learns from are not named, or have none."""
    seeds: tuple[int, ...] = ()
    """Those of the models of each fold, where there are several."""
    taught: str = ""
    """The fingerprint of pseudo-labelled documents that they were trained on beside their own, if they were."""

    @property
    def division(self) -> str:
        """A hash that changes with the documents and with what each fold holds out: who learned from what."""
        held_out = sorted((id, list(folds)) for id, folds in self.held_out_in.items())
        told = json.dumps([self.number, self.fingerprint, held_out])
        return hashlib.sha256(told.encode("utf-8")).hexdigest()

    @property
    def trainings(self) -> list[Training]:
        """The models of the run, fold by fold."""
        return [Training(fold, seed) for fold in range(self.number) for seed in self.seeds or (None,)]

    def unseen_by(self, document: str) -> tuple[int, ...]:
        """The places in `trainings` of the models that did not learn from a document, by its id."""
        each = max(1, len(self.seeds))
        return tuple(each * fold + place for fold in self.held_out_in[document] for place in range(each))

    @property
    def averaged(self) -> bool:
        """Whether some document is held out from several models, which then speak about it together."""
        return len(self.seeds) > 1 or any(len(folds) > 1 for folds in self.held_out_in.values())

    def to_json(self) -> str:
        """The text of the file that `read_folds` reads."""
        values = {
            FORMAT: FOLDS_FORMAT if self.averaged else PLAIN_FORMAT,
            "folds": self.number,
            "fingerprint": self.fingerprint,
            **({"seeds": list(self.seeds)} if self.seeds else {}),
            **({"taught": self.taught} if self.taught else {}),
            "documents": {id: folds[0] if len(folds) == 1 else list(folds) for id, folds in self.held_out_in.items()},
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
    number = values["folds"]
    if type(number) is not int or number < 1:
        raise damaged(path, f"expected a number of folds, found {reprlib.repr(number)}")
    held_out_in = {
        id: _folds_of(id, found, number, path) for id, found in required(values["documents"], (), path).items()
    }
    seeds = tuple(whole(seed, "a seed", path) for seed in listed(values.get("seeds", []), "seeds", path))
    if len(set(seeds)) < len(seeds):
        raise damaged(path, f"seeds were to differ, found {reprlib.repr(list(seeds))}")
    taught = text(values.get("taught", ""), "taught", path)
    return Folds(number, text(values["fingerprint"], "fingerprint", path), held_out_in, seeds, taught)


def _folds_of(id: str, found: object, number: int, path: Path) -> tuple[int, ...]:
    """The folds that hold a document out: a number, several in a list, or none where that is below 0."""
    if type(found) is int and found < 0:
        return ()
    folds = found if isinstance(found, list) else [found]
    if any(type(fold) is not int or not 0 <= fold < number for fold in folds) or len(set(folds)) < len(folds):
        raise damaged(path, f"the document {id!r} is in fold {reprlib.repr(found)} of {number}")
    return tuple(folds)


def fingerprint(documents: Sequence[Document]) -> str:
    """A hash that changes when any id, text, entity, weight or unsure span of the documents does, scores apart."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(_described(document)).encode("utf-8"))
    return digest.hexdigest()


def _described(document: Document) -> list[object]:
    """What is rare stands at the end and only where it is there: runs of before it was told keep their fingerprint."""
    rare: list[object] = [document.weight] if document.weight != 1 else []
    if document.unsure:
        rare.append({"unsure": [_span(span) for span in document.unsure]})
    return [document.id, document.text, [_span(entity) for entity in document.entities], *rare]


def _span(entity: Entity) -> tuple[object, ...]:
    rare = (entity.fragments,) if entity.fragments else ()
    return (entity.start, entity.end, entity.label, *rare)
