"""The runs that are to be combined: whether they belong together, and which of them are one member.

Compares what their records say; whether their models load is seen when they are loaded.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.layout import is_combination
from bert4ner.runs.record import TrainedRun, open_trained

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MemberRun:
    """A complete run, its held-out documents in the order of the first run's."""

    record: TrainedRun
    predicted: list[Document]
    """The held-out documents with what was found in them."""

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.record.path


@dataclass(frozen=True)
class Member:
    """What is combined with others: a run, or several of one kind of head whose models are averaged like its folds."""

    runs: tuple[MemberRun, ...]
    predicted: list[Document]
    """The held-out documents with what those models found in them together that did not see them."""

    @property
    def name(self) -> str:
        """Of the run, or of all of them."""
        return member_name(self.runs)


def member_name(runs: Sequence[MemberRun]) -> str:
    """What a member of these runs is called."""
    return "+".join(run.record.name for run in runs)


def group_runs(runs: Sequence[MemberRun], *, by_kind: bool) -> list[tuple[MemberRun, ...]]:
    """The runs of each member, in the order in which its first one was given."""
    groups: dict[str, list[MemberRun]] = {}
    for number, run in enumerate(runs):
        groups.setdefault(run.record.config.model.head if by_kind else str(number), []).append(run)
    return [tuple(group) for group in groups.values()]


def open_members(paths: Sequence[str | Path]) -> list[MemberRun]:
    """Read the runs and see that they can be combined; their documents come in the order of the first one.

    Raises:
        RunError: naming the run that is incomplete, damaged, given twice, a combination itself, or made for other
            labels or from other documents than the first.
        ConfigError: the configuration of one is not of this version.
    """
    records = [_open(Path(path)) for path in paths]
    for number, record in enumerate(records):
        if any(record.path.resolve() == other.path.resolve() for other in records[:number]):
            raise RunError(f"{record.path}: given twice; to count it more, give it a greater weight")
    return [MemberRun(record, _aligned(record, records[0])) for record in records]


def _open(path: Path) -> TrainedRun:
    """The record of a run, with all that combining needs read: what is damaged is told before anything is computed."""
    if is_combination(path):
        raise RunError(f"{path}: is a combination itself; combine the runs that it was made of")
    record = open_trained(path)
    _ = record.predicted, record.scores, record.config, record.labels
    return record


def _aligned(record: TrainedRun, first: TrainedRun) -> list[Document]:
    """The run's documents in the order of the first one's, after all comparisons."""
    if record.labels != first.labels:
        raise RunError(
            f"{record.path}: was trained for the labels {', '.join(record.labels)}, {first.path} for "
            f"{', '.join(first.labels)}; runs of the same labels can be combined"
        )
    own, wanted = ({each.id: each for each in run.predicted} for run in (record, first))
    differing = sorted(own.keys() ^ wanted.keys()) or [id for id in own if own[id].text != wanted[id].text]
    if differing or len(own) < len(record.predicted):
        example = f", e.g. {differing[0]!r}" if differing else ""
        raise RunError(
            f"{record.path}: its out-of-fold predictions are of {len(own)} documents, those of {first.path} of "
            f"{len(wanted)}, and {len(differing)} differ{example}; combine runs that hold out the same documents"
        )
    if record.folds.fingerprint != first.folds.fingerprint:
        logger.warning(
            "%s was made from other annotation, more documents or another order of them than %s; combined all the same",
            record.path,
            first.path,
        )
    return [own[id] for id in wanted]
