"""scores.json of a run: the only code that writes and reads it, with all of its content checked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bert4ner.runs.files import RUN_FILES, write_text
from bert4ner.runs.layout import SCORES
from bert4ner.runs.score_sheet import KNOWN, SCORES_FORMAT, FoldScore, MemberScore, ScoreSheet, SeedScore
from bert4ner.schema import Count, Formats, Misfit, Positive, Share
from bert4ner.scoring.counts import Counts, NestedRecall
from bert4ner.scoring.metrics import Score, Scores


@dataclass(frozen=True)
class _Micro:
    precision: Share
    recall: Share
    f1: Share

    @property
    def micro(self) -> Score:
        return Score(self.precision, self.recall, self.f1)


@dataclass(frozen=True)
class _Label:
    """The counts of a label; what follows from them is computed again."""

    hits: Count
    gold: Count
    predicted: Count
    precision: Share = 0.0
    recall: Share = 0.0
    f1: Share = 0.0
    support: Count = 0

    def __post_init__(self) -> None:
        _check_hits(self.hits, gold=self.gold, predicted=self.predicted)


@dataclass(frozen=True)
class _Nested:
    hits: Count
    gold: Count
    recall: Share = 0.0

    def __post_init__(self) -> None:
        _check_hits(self.hits, gold=self.gold)


def _check_hits(hits: int, **counts: int) -> None:
    for name, count in counts.items():
        if hits > count:
            raise Misfit(f"{hits} of {count} {name} entities were hits")


@dataclass(frozen=True)
class CountedScores:
    """What `Scores.to_dict` gives."""

    labels: Mapping[str, _Label]
    nested: _Nested | None = None
    micro: _Micro | None = None
    macro: _Micro | None = None
    weighted: _Micro | None = None
    support: Count = 0

    def scores(self) -> Scores:
        """The scores, from the counts alone."""
        counts = {label: Counts(each.hits, each.gold, each.predicted) for label, each in self.labels.items()}
        return Scores(
            counts, NestedRecall() if self.nested is None else NestedRecall(self.nested.hits, self.nested.gold)
        )


@dataclass(frozen=True, kw_only=True)
class _Fold(_Micro):
    fold: Count
    seed: Count | None = None
    best_epoch: Positive | None = None
    documents: Count | None = None
    entities: Count | None = None

    def score(self) -> FoldScore:
        return FoldScore(self.fold, self.micro, **{name: getattr(self, name) for name in KNOWN})


@dataclass(frozen=True, kw_only=True)
class _Member(_Micro):
    name: str


@dataclass(frozen=True, kw_only=True)
class _Seed(_Micro):
    seed: Count


@dataclass(frozen=True)
class _Tried:
    f1_without: Share
    f1_nested: Share
    f1_on_themselves: Share


@dataclass(frozen=True)
class _Calibrated:
    kind: str
    candidates: Count
    ece_before: Share
    ece_after: Share


@dataclass(frozen=True)
class _Aimed:
    aim: str
    alone: tuple[Share, ...]
    together: Share


@dataclass(frozen=True)
class _ScoresFile:
    """The content of scores.json, apart from its format."""

    note: str
    out_of_fold: CountedScores
    folds: tuple[_Fold, ...]
    bootstrap_f1: tuple[Share, Share]
    f1_mean: Share = 0.0
    f1_std: Share | None = None
    members: tuple[_Member, ...] = ()
    seeds: tuple[_Seed, ...] = ()
    seeds_mean: _Micro | None = None
    seeds_std: _Micro | None = None
    aimed: _Aimed | None = None
    thresholds: _Tried | None = None
    quorum: _Tried | None = None
    calibration: _Calibrated | None = None

    def worth(self) -> dict[str, dict[str, Any]]:
        found = {name: getattr(self, name) for name in ("aimed", "thresholds", "quorum", "calibration")}
        kept = {name: asdict(each) for name, each in found.items() if each is not None}
        if self.aimed is not None:
            kept["aimed"]["alone"] = list(self.aimed.alone)
        return kept


def write_scores(run: Path, sheet: ScoreSheet) -> None:
    """Write scores.json of a run."""
    write_text(run / SCORES, sheet.to_json())


def read_scores(run: Path) -> ScoreSheet:
    """The scores in a run's folder.

    Raises:
        RunError: scores.json is missing, damaged or of a newer format.
    """
    read = RUN_FILES.read(run / SCORES, _ScoresFile, formats=Formats(SCORES_FORMAT))
    return ScoreSheet(
        note=read.note,
        scores=read.out_of_fold.scores(),
        folds=tuple(each.score() for each in read.folds),
        bootstrap_f1=read.bootstrap_f1,
        members=tuple(MemberScore(each.name, each.micro) for each in read.members),
        worth=read.worth(),
        seeds=tuple(SeedScore(each.seed, each.micro) for each in read.seeds),
    )
