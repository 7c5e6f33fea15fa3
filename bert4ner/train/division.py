"""The documents of a run, and how often each fold's models learn from each of them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.config import Config
from bert4ner.entities import Document, sorted_labels
from bert4ner.errors import DataError
from bert4ner.runs.folds import Folds, fingerprint
from bert4ner.train.folds import assign_folds, draw_bags, split

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fold:
    """The documents of one training."""

    training: Sequence[Document]
    """To learn from."""
    held_out: Sequence[Document]
    """To score every epoch on."""
    labels: Sequence[str]
    """All labels of the model, including those that only held-out documents have."""
    pseudo: Sequence[Document] = ()
    """Further documents to learn from: pseudo-labelled ones, or ones without labels and with weight 0."""


@dataclass(frozen=True)
class Place:
    """The position of a training within its run, for the progress bar and the log."""

    part: str = ""
    """Its name in the run, such as fold 1/3."""
    after: int = 0
    """Number of trainings after it."""
    first: bool = True
    """Whether it is the first, which logs what applies to all."""


@dataclass(frozen=True)
class Division:
    """Documents and the folds that learn from them; a fold holds out the documents that it does not learn from."""

    documents: Sequence[Document]
    times: Sequence[Sequence[int]]
    """For each fold, how often its models learn from each document in an epoch; 0 means held out."""
    taught: Sequence[Sequence[Document]] = ()
    """For each fold, further documents that its models learn from, if any; see `teaching`."""
    fingerprint_of_taught: str = ""

    @classmethod
    def of_folds(cls, documents: Sequence[Document], fold_of: Sequence[int], folds: int) -> "Division":
        """A division that holds out each document in one fold and learns from it in the others."""
        return cls(documents, [[int(place != fold) for place in fold_of] for fold in range(folds)])

    @classmethod
    def of_two(cls, training: Sequence[Document], held_out: Sequence[Document]) -> "Division":
        """A division with one fold, which learns from some documents and holds out the others."""
        return cls([*training, *held_out], [[1] * len(training) + [0] * len(held_out)])

    @property
    def folds(self) -> int:
        """The number of folds."""
        return len(self.times)

    @property
    def labels(self) -> list[str]:
        """All labels, sorted, including those of held-out documents."""
        return sorted_labels(list(self.documents))

    @property
    def gold(self) -> list[Document]:
        """The documents that some fold holds out, in their order."""
        held_out = [min(times) == 0 for times in zip(*self.times, strict=True)]
        return [document for document, held in zip(self.documents, held_out, strict=True) if held]

    def fold(self, fold: int) -> Fold:
        """The documents of one fold's models."""
        return Fold(self.training(fold), self.held_out(fold), self.labels, self.pseudo(fold))

    def training(self, fold: int) -> list[Document]:
        """The documents that a fold's models learn from, repeated as often as they learn from them."""
        pairs = zip(self.documents, self.times[fold], strict=True)
        return [document for document, times in pairs for _ in range(times)]

    def pseudo(self, fold: int) -> Sequence[Document]:
        """Further documents that a fold's models learn from: pseudo-labelled, or without labels."""
        return self.taught[fold] if self.taught else ()

    def held_out(self, fold: int) -> list[Document]:
        """The documents that a fold holds out."""
        return [document for document, times in zip(self.documents, self.times[fold], strict=True) if not times]

    def described(self, seeds: Sequence[int] = ()) -> Folds:
        """The content of folds.json; it only counts documents never held out: another file may use their ids."""
        held_out_in: dict[str, tuple[int, ...]] = {}
        for document, *times in zip(self.documents, *self.times, strict=True):
            folds = tuple(fold for fold, often in enumerate(times) if not often)
            if folds:
                held_out_in[document.id] = folds
        known = fingerprint(self.documents)
        further = len(self.documents) - len(self.gold)
        return Folds(self.folds, known, held_out_in, tuple(seeds), self.fingerprint_of_taught, further)


def divide(documents: Sequence[Document], folds: int, config: Config) -> Division:
    """The division of a cross-validation: folds, or sets drawn with replacement.

    Raises:
        DataError: see `assign_folds` and `draw_bags`.
    """
    seed = config.run.seed
    if not config.sampling.bootstrap:
        return Division.of_folds(documents, assign_folds(documents, folds, seed=seed), folds)
    division = Division(documents, draw_bags(documents, folds, seed=seed))
    without = len(documents) - len(division.gold)
    if without:
        logger.warning(
            "%d of %d documents are in all of the %d resampled sets and not scored; more folds leave fewer",
            without,
            len(documents),
            folds,
        )
    return division


def divide_in_two(documents: Sequence[Document], valid: Sequence[Document] | None, config: Config) -> Division:
    """The division of a single training: holds out given documents, a share, or the documents that are not drawn.

    Raises:
        DataError: see `split` and `draw_bags`.
    """
    if config.sampling.bootstrap:
        return Division(documents, draw_bags(documents, 1, seed=config.run.seed))
    if valid is None:
        return Division.of_two(*split(documents, config.run.valid_share, seed=config.run.seed))
    shared = {document.text for document in documents} & {document.text for document in valid}
    if shared:
        logger.warning("%d texts of the validation data are also in the training data", len(shared))
    return Division.of_two(documents, valid)


def check_held_out(division: Division) -> None:
    """Refuse a division in which no held-out document has an entity; warn about single folds without any.

    Raises:
        DataError: there is none, so no epoch would be better than another.
    """
    empty = [fold for fold in range(division.folds) if not any(each.entities for each in division.held_out(fold))]
    if len(empty) == division.folds:
        raise DataError(
            f"none of the {len(division.gold)} documents held out has an entity, so that no epoch is better than "
            "another; hold out others: validation data with entities (--valid), a larger --valid-share, another --seed"
        )
    if empty:
        logger.warning(
            "no document held out in fold %s has an entity: the epoch with the lowest loss is taken there, and the "
            "mean over folds leaves it out; fewer folds, or more annotated documents, avoid that",
            ", ".join(map(str, empty)),
        )
