"""The scores of a run: the content of scores.json, computed from documents. `scores` writes and reads the file."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from bert4ner.entities import Document
from bert4ner.runs.files import to_json
from bert4ner.schema import FORMAT
from bert4ner.scoring.bootstrap import bootstrap_interval
from bert4ner.scoring.metrics import Score, Scores, evaluate

SCORES_FORMAT = 1
MEASURES = ("precision", "recall", "f1")
KNOWN = ("seed", "best_epoch", "documents", "entities")


@dataclass(frozen=True)
class FoldScore:
    """The micro scores of one fold, or of one of its seeds, with further facts."""

    fold: int
    micro: Score
    best_epoch: int | None = None
    """The best epoch of a trained fold."""
    documents: int | None = None
    """The number of documents in a fold of a combined run; folds.json has those of a trained one."""
    seed: int | None = None
    """The seed of the model, if a fold has several."""
    entities: int | None = None
    """0 if its documents have no entities, else None: such a fold does not measure a model."""

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers by name; unknown values are left out."""
        given = {name: getattr(self, name) for name in KNOWN if getattr(self, name) is not None}
        return {"fold": self.fold, **given, **asdict(self.micro)}


@dataclass(frozen=True)
class MemberScore:
    """The micro scores of one member of a combined run by itself."""

    name: str
    micro: Score


@dataclass(frozen=True)
class SeedScore:
    """The micro scores of one seed's models: their predictions for their own held-out documents, counted together."""

    seed: int
    micro: Score


@dataclass(frozen=True)
class ScoreSheet:
    """The scores of a run on documents that its models did not see."""

    note: str
    """What readers of the scores must know."""
    scores: Scores
    """The scores of all held-out documents."""
    folds: tuple[FoldScore, ...]
    """The scores of each fold; with several seeds, of each seed in each fold."""
    bootstrap_f1: tuple[float, float]
    """Interval of micro F1 for other documents of the same kind."""
    members: tuple[MemberScore, ...] = ()
    """The members of a combined run."""
    worth: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """The parts fitted for a combined run (thresholds, quorum, calibration) -> their effect."""
    seeds: tuple[SeedScore, ...] = ()
    """The seeds of a run with several."""

    @property
    def f1_mean(self) -> float:
        """Mean micro F1 of the folds with entities."""
        return float(self._by_fold()[:, -1].mean())

    @property
    def f1_std(self) -> float | None:
        """Standard deviation of the folds' micro F1, each averaged over its seeds; None for a single fold."""
        spread = self.spread()
        return spread["std"].f1 if spread else None

    def spread(self) -> dict[str, Score]:
        """Mean and standard deviation of the scores of folds with entities; empty for a single fold.

        The scores of a fold with several seeds are averaged first.
        """
        return _spread(self._by_fold())

    def seed_spread(self) -> dict[str, Score]:
        """Mean and standard deviation of the seeds' scores, as `mean` and `std`; empty for a single seed."""
        return _spread(_table([each.micro for each in self.seeds]))

    def _by_fold(self) -> np.ndarray:
        """Precision, recall and F1 of each fold with entities, of all if none has any, (folds, 3)."""
        counted = [fold for fold in self.folds if fold.entities != 0] or list(self.folds)
        numbers = sorted({fold.fold for fold in counted})
        each = [_table([fold.micro for fold in counted if fold.fold == number]) for number in numbers]
        return np.array([table.mean(axis=0) for table in each])

    def to_json(self) -> str:
        """The text of the file that `read_scores` reads."""
        values: dict[str, Any] = {
            FORMAT: SCORES_FORMAT,
            "note": self.note,
            "out_of_fold": self.scores.to_dict(),
            "folds": [fold.to_dict() for fold in self.folds],
            "f1_mean": self.f1_mean,
            "f1_std": self.f1_std,
            "bootstrap_f1": list(self.bootstrap_f1),
        }
        if self.members:
            values["members"] = [{"name": each.name, **asdict(each.micro)} for each in self.members]
        if self.seeds:
            values["seeds"] = [{"seed": each.seed, **asdict(each.micro)} for each in self.seeds]
            values.update({f"seeds_{name}": asdict(score) for name, score in self.seed_spread().items()})
        return to_json({**values, **self.worth})


def _table(scores: Sequence[Score]) -> np.ndarray:
    """Their precision, recall and F1, (scores, 3)."""
    return np.array([[getattr(score, name) for name in MEASURES] for score in scores])


def _spread(table: np.ndarray) -> dict[str, Score]:
    if len(table) < 2:
        return {}
    rows = {"mean": table.mean(axis=0), "std": table.std(axis=0, ddof=1)}
    return {name: Score(*row.tolist()) for name, row in rows.items()}


def make_sheet(
    gold: Sequence[Document], predicted: Sequence[Document], folds: Sequence[FoldScore], *, note: str
) -> ScoreSheet:
    """The scores of held-out documents.

    Args:
        gold: as annotated.
        predicted: the same documents, in the same order, with predicted entities.
        folds: the scores of each fold.
        note: what readers of the scores must know.
    """
    empty = sorted({fold.fold for fold in folds if fold.entities == 0})
    if empty:
        named = ", ".join(map(str, empty))
        note += f"; left out of the mean, as their documents have no entity: fold {named}"
    return ScoreSheet(note, evaluate(gold, predicted), tuple(folds), bootstrap_interval(gold, predicted))


def score_folds(gold: Sequence[Document], predicted: Sequence[Document], folds: Sequence[int]) -> Iterator[FoldScore]:
    """The scores of each fold alone.

    Args:
        gold: as annotated.
        predicted: the same documents, in the same order, with predicted entities.
        folds: for each document, the fold that held it out.
    """
    for fold in sorted(set(folds)):
        own = [place for place, each in enumerate(folds) if each == fold]
        scores = evaluate([gold[place] for place in own], [predicted[place] for place in own])
        yield FoldScore(fold, scores.micro, documents=len(own), entities=none_of(gold[place] for place in own))


def none_of(documents: Iterable[Document]) -> int | None:
    """0 if no document has an entity, else None, as `FoldScore.entities` has it."""
    return None if any(document.entities for document in documents) else 0
