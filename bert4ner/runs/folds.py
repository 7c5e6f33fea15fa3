"""Which fold holds out which document, and the fingerprint of all documents: folds.json."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, NamedTuple

from bert4ner.data.left_out import LeftOut
from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError, shown
from bert4ner.runs.files import RUN_FILES, to_json
from bert4ner.runs.layout import FOLDS, fold_name
from bert4ner.schema import FORMAT, Count, Formats, Misfit, Range

PLAIN_FORMAT = 1
FOLDS_FORMAT = 2
"""The format of runs with several seeds, or with documents that several folds hold out; others keep the old one."""


class Training(NamedTuple):
    """One model of a run: its fold, and its seed if the run has several."""

    fold: int
    seed: int | None = None

    @property
    def name(self) -> str:
        """Its folder in the run."""
        return fold_name(self.fold, self.seed)


@dataclass(frozen=True)
class Folds:
    """The division of a run's documents."""

    number: int
    """The number of folds."""
    fingerprint: str
    """The fingerprint of all documents, see the function."""
    held_out_in: dict[str, tuple[int, ...]]
    """Document id -> the folds that hold it out; documents that every model learns from are missing, or have none."""
    seeds: tuple[int, ...] = ()
    """The seeds of each fold's models, if there are several."""
    taught: str = ""
    """The fingerprint of the pseudo-labelled documents in the training, if any."""
    further: int = 0
    """Number of documents that every model learns from, besides those listed; 0 if an earlier version did not count."""
    left_out: tuple[LeftOut, ...] = ()
    """Annotation that was left out when the documents were read, if that is known."""

    @property
    def division(self) -> str:
        """A hash of the documents and of what each fold holds out; it identifies what each model learned from."""
        held_out = sorted((id, list(folds)) for id, folds in self.held_out_in.items())
        division = json.dumps([self.number, self.fingerprint, held_out])
        return hashlib.sha256(division.encode("utf-8")).hexdigest()

    @property
    def trainings(self) -> list[Training]:
        """The models of the run, fold by fold."""
        return [Training(fold, seed) for fold in range(self.number) for seed in self.seeds or (None,)]

    def unseen_by(self, document: str) -> tuple[int, ...]:
        """The positions in `trainings` of the models that did not learn from a document, by its id."""
        each = max(1, len(self.seeds))
        return tuple(each * fold + place for fold in self.held_out_in[document] for place in range(each))

    @property
    def averaged(self) -> bool:
        """Whether several models hold out the same document, and so predict it together."""
        return len(self.seeds) > 1 or any(len(folds) > 1 for folds in self.held_out_in.values())

    def to_json(self) -> str:
        """The text of the file that `read_folds` reads."""
        values = {
            FORMAT: FOLDS_FORMAT if self.averaged else PLAIN_FORMAT,
            "folds": self.number,
            "fingerprint": self.fingerprint,
            **({"seeds": list(self.seeds)} if self.seeds else {}),
            **({"taught": self.taught} if self.taught else {}),
            **({"further": self.further} if self.further else {}),
            **({"left_out": [asdict(each) for each in self.left_out]} if self.left_out else {}),
            "documents": {id: folds[0] if len(folds) == 1 else list(folds) for id, folds in self.held_out_in.items()},
        }
        return to_json(values, indent=1)


@dataclass(frozen=True)
class _FoldsFile:
    """The content of folds.json, apart from its format."""

    folds: Annotated[int, Range(low=1, high=10_000)]
    fingerprint: str
    documents: Mapping[str, tuple[Count, ...] | int]
    """The folds that hold a document out: a number, several in a list, or none if the number is below 0."""
    seeds: tuple[Count, ...] = ()
    taught: str = ""
    further: Count = 0
    left_out: tuple[LeftOut, ...] = ()

    def __post_init__(self) -> None:
        if len(set(self.seeds)) < len(self.seeds):
            raise Misfit(f"expected different seeds, found {shown(list(self.seeds))}")
        for id, found in self.documents.items():
            folds = list(found) if isinstance(found, tuple) else [found]
            if max(folds, default=0) >= self.folds or len(set(folds)) < len(folds):
                raise Misfit(f"the document {shown(id)} is in fold {', '.join(map(str, folds[:9]))} of {self.folds}")


def read_folds(run: Path) -> Folds:
    """The folds of a run.

    Raises:
        RunError: folds.json is missing, damaged or of a newer format.
    """
    path = run / FOLDS
    if not path.exists():
        raise RunError(f"{run}: not a run, {FOLDS} is missing")
    read = RUN_FILES.read(path, _FoldsFile, formats=Formats(FOLDS_FORMAT))
    held_out_in = {id: _folds_of(found) for id, found in read.documents.items()}
    return Folds(read.folds, read.fingerprint, held_out_in, read.seeds, read.taught, read.further, read.left_out)


def _folds_of(found: tuple[int, ...] | int) -> tuple[int, ...]:
    if isinstance(found, tuple):
        return found
    return () if found < 0 else (found,)


def fingerprint(documents: Sequence[Document]) -> str:
    """A hash of all ids, texts, entities, weights and unsure spans of the documents; scores do not count."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(json.dumps(_described(document)).encode("utf-8"))
    return digest.hexdigest()


def _described(document: Document) -> list[object]:
    """Rare fields come last and only if they have a value: runs older than these fields keep their fingerprint."""
    rare: list[object] = [document.weight] if document.weight != 1 else []
    if document.unsure:
        rare.append({"unsure": [_span(span) for span in document.unsure]})
    return [document.id, document.text, [_span(entity) for entity in document.entities], *rare]


def _span(entity: Entity) -> tuple[object, ...]:
    rare = (entity.fragments,) if entity.fragments else ()
    return (entity.start, entity.end, entity.label, *rare)


def difference(before: Folds, now: Folds) -> str:
    """In what the documents of two divisions with other fingerprints differ."""
    if len(before.held_out_in) != len(now.held_out_in) or before.held_out_in.keys() & now.held_out_in.keys():
        return "the documents differ"
    return (
        "the ids of all documents differ, which come from the file's name where documents have none: if the texts are "
        "the same, use the original name or a column id"
    )
