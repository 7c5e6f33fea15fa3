"""The documents of a run, and in which fold each is held out."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.entities import Document, sorted_labels
from bert4ner.runs.folds import Folds, fingerprint

NEVER_HELD_OUT = -1
"""The fold of documents that every model of the run is trained on."""


@dataclass(frozen=True)
class Division:
    """Documents, each held out in one fold or in none."""

    documents: Sequence[Document]
    fold_of: Sequence[int]
    """The fold of each document, or `NEVER_HELD_OUT`."""
    folds: int

    @property
    def labels(self) -> list[str]:
        """All labels, those of held-out documents too, sorted."""
        return sorted_labels(list(self.documents))

    @property
    def gold(self) -> list[Document]:
        """The documents that some fold holds out, in their order."""
        return [document for document, fold in self._pairs() if fold != NEVER_HELD_OUT]

    def training(self, fold: int) -> list[Document]:
        """The documents that a fold's model is trained on."""
        return [document for document, place in self._pairs() if place != fold]

    def held_out(self, fold: int) -> list[Document]:
        """The documents that a fold holds out."""
        return [document for document, place in self._pairs() if place == fold]

    def described(self) -> Folds:
        """What folds.json holds; documents never held out stay unnamed: their id may be that of another file's."""
        held_out_in = {document.id: fold for document, fold in self._pairs() if fold != NEVER_HELD_OUT}
        return Folds(self.folds, fingerprint(self.documents), held_out_in)

    def _pairs(self) -> list[tuple[Document, int]]:
        return list(zip(self.documents, self.fold_of, strict=True))
