"""The runs to combine: whether they fit together, and which of them form one member.

Compares their records; models are loaded later.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.layout import is_combination
from bert4ner.runs.record import TrainedRun, open_trained
from bert4ner.scoring.pairing import advice_on_ids

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MemberRun:
    """A complete run, with its held-out documents in the order of the first run."""

    record: TrainedRun
    predicted: list[Document]
    """The held-out documents with the entities that the run predicted."""

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.record.path


@dataclass(frozen=True)
class Member:
    """A unit of a combination: a run, or several runs with the same head with their models averaged like folds."""

    runs: tuple[MemberRun, ...]
    predicted: list[Document]
    """The held-out documents with the joint predictions of the member's out-of-fold models."""

    @property
    def name(self) -> str:
        """The name of its run or runs."""
        return member_name(self.runs)


def member_name(runs: Sequence[MemberRun]) -> str:
    """The name of a member made of these runs."""
    return "+".join(run.record.name for run in runs)


def group_runs(runs: Sequence[MemberRun], *, by_kind: bool) -> list[tuple[MemberRun, ...]]:
    """The runs of each member, in the order of its first run."""
    groups: dict[str, list[MemberRun]] = {}
    for number, run in enumerate(runs):
        groups.setdefault(run.record.config.model.head if by_kind else str(number), []).append(run)
    return [tuple(group) for group in groups.values()]


def open_members(paths: Sequence[str | Path]) -> list[MemberRun]:
    """Read the runs and check that they can be combined; their documents come in the order of the first run.

    Raises:
        RunError: a run (the error names it) is incomplete, damaged, given twice, a combination itself, or made for
            other labels or from other documents than the first.
        ConfigError: the configuration of a run is not of this version.
    """
    records = [_open(Path(path)) for path in paths]
    for number, record in enumerate(records):
        if any(record.path.resolve() == other.path.resolve() for other in records[:number]):
            raise RunError(f"{record.path}: given twice; to make it count more, raise its weight")
    return [MemberRun(record, _aligned(record, records[0])) for record in records]


def _open(path: Path) -> TrainedRun:
    """The record of a run with all that combining needs: damage is reported before anything is computed."""
    if is_combination(path):
        raise RunError(f"{path}: is a combination itself; combine the runs that it was made from")
    record = open_trained(path)
    _ = record.predicted, record.scores, record.config, record.labels
    return record


def _aligned(record: TrainedRun, first: TrainedRun) -> list[Document]:
    """The run's documents in the order of the first run, after all comparisons."""
    if record.labels != first.labels:
        raise RunError(
            f"{record.path}: was trained for the labels {', '.join(record.labels)}, {first.path} for "
            f"{', '.join(first.labels)}; only runs with the same labels can be combined"
        )
    own, wanted = ({each.id: each for each in run.predicted} for run in (record, first))
    differing = sorted(own.keys() ^ wanted.keys()) or [id for id in own if own[id].text != wanted[id].text]
    if differing or len(own) < len(record.predicted):
        example = f", e.g. {differing[0]!r}" if differing else ""
        raise RunError(
            f"{record.path}: has out-of-fold predictions of {len(own)} documents, {first.path} of "
            f"{len(wanted)}, and {len(differing)} differ{example}; combine runs that held out the same documents"
            f"{advice_on_ids(record.predicted, first.predicted)}"
        )
    if record.folds.fingerprint != first.folds.fingerprint:
        logger.warning(
            "%s was made from another annotation, more documents or another order than %s; combining it nevertheless",
            record.path,
            first.path,
        )
    return [own[id] for id in wanted]
