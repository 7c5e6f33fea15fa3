"""The runs that are to be combined: what they say about themselves, whether they belong together, and which are one.

Reads and compares files only; whether their models load is seen when they are loaded.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bert4ner.combine.combination import is_combination
from bert4ner.config import Config
from bert4ner.data.documents import read_documents
from bert4ner.entities import Document
from bert4ner.errors import DataError, RunError
from bert4ner.runs.folder import CONFIG, OUT_OF_FOLD, SCORES, RunFolder
from bert4ner.scoring.metrics import Scores

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MemberRun:
    """A complete run as it lies on disk."""

    path: Path
    head: str
    labels: tuple[str, ...]
    num_folds: int
    held_out_in: dict[str, int]
    """Document id -> the fold of which the model did not see it."""
    fingerprint: str
    predicted: list[Document]
    """The held-out documents with what was found in them."""
    scores: Scores
    """Of these documents, as the training wrote them."""


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
    return "+".join(run.path.resolve().name for run in runs)


def group_runs(runs: Sequence[MemberRun], *, by_kind: bool) -> list[tuple[MemberRun, ...]]:
    """The runs of each member, in the order in which its first one was given."""
    groups: dict[str, list[MemberRun]] = {}
    for number, run in enumerate(runs):
        groups.setdefault(run.head if by_kind else str(number), []).append(run)
    return [tuple(group) for group in groups.values()]


def open_members(paths: Sequence[str | Path]) -> list[MemberRun]:
    """Read the runs and see that they can be combined; their documents come in the order of the first one.

    Raises:
        RunError: naming the run that is incomplete, damaged, given twice, a combination itself, or made for other
            labels or from other documents than the first.
    """
    members = [_open(Path(path)) for path in paths]
    for number, member in enumerate(members):
        if any(member.path.resolve() == other.path.resolve() for other in members[:number]):
            raise RunError(f"{member.path}: given twice; to count it more, give it a greater weight")
    return [_aligned(member, members[0]) for member in members]


def _open(path: Path) -> MemberRun:
    if is_combination(path):
        raise RunError(f"{path}: is a combination itself; combine the runs that it was made of")
    run = RunFolder(path)
    folds = run.read_folds()
    held_out_in, num_folds = folds["documents"], folds["folds"]
    if not isinstance(num_folds, int) or num_folds < 1 or not isinstance(held_out_in, dict):
        raise RunError(f"{path}: folds.json is damaged; expected a number of folds and the fold of every document")
    missing = [str(fold) for fold in range(num_folds) if not run.is_complete(fold)]
    if missing:
        raise RunError(
            f"{path}: fold {', '.join(missing)} of {num_folds} is not complete; run the command that made it again, "
            "it goes on where it stopped"
        )
    predicted = _read_predictions(path)
    foreign = [each.id for each in predicted if held_out_in.get(each.id) not in range(num_folds)]
    if foreign:
        raise RunError(f"{path}: {OUT_OF_FOLD} holds the document {foreign[0]!r}, which no fold of folds.json held out")
    scores = _read_scores(path)
    head = Config.load_saved(path / CONFIG).model.head
    return MemberRun(
        path, head, tuple(run.read_labels()), num_folds, held_out_in, str(folds["fingerprint"]), predicted, scores
    )


def _read_predictions(path: Path) -> list[Document]:
    try:
        return read_documents(path / OUT_OF_FOLD, "jsonl")
    except DataError as error:
        raise RunError(f"{path}: no out-of-fold predictions to combine: {error}") from None


def _read_scores(path: Path) -> Scores:
    try:
        values = json.loads((path / SCORES).read_text(encoding="utf-8"))
        return Scores.from_dict(values["out_of_fold"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path}: {SCORES} is missing or damaged ({type(error).__name__}: {error})") from None


def _aligned(member: MemberRun, first: MemberRun) -> MemberRun:
    """The member with its documents in the order of the first one's, after all comparisons."""
    if member.labels != first.labels:
        raise RunError(
            f"{member.path}: was trained for the labels {', '.join(member.labels)}, {first.path} for "
            f"{', '.join(first.labels)}; runs of the same labels can be combined"
        )
    own, wanted = ({each.id: each for each in run.predicted} for run in (member, first))
    differing = sorted(own.keys() ^ wanted.keys()) or [id for id in own if own[id].text != wanted[id].text]
    if differing or len(own) < len(member.predicted):
        example = f", e.g. {differing[0]!r}" if differing else ""
        raise RunError(
            f"{member.path}: its out-of-fold predictions are of {len(own)} documents, those of {first.path} of "
            f"{len(wanted)}, and {len(differing)} differ{example}; combine runs that hold out the same documents"
        )
    if member.fingerprint != first.fingerprint:
        logger.warning(
            "%s was made from other annotation, more documents or another order of them than %s; combined all the same",
            member.path,
            first.path,
        )
    return replace(member, predicted=[own[id] for id in wanted])
