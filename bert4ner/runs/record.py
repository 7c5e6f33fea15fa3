"""The content of a run: the one reader of its files, for all code that uses, combines, compares or reports runs.

Only reads and checks files, each when it is first requested; a missing or damaged file is a RunError that names it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bert4ner.config import Config
from bert4ner.entities import Document
from bert4ner.errors import RunError, shown
from bert4ner.runs.combination import Combination, read_combination
from bert4ner.runs.combined import Curves, read_curves
from bert4ner.runs.configuration import read_config
from bert4ner.runs.environment import read_environment
from bert4ner.runs.files import RUN_FILES
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Folds, read_folds
from bert4ner.runs.history import History, read_history
from bert4ner.runs.labels import read_labels
from bert4ner.runs.layout import FOLDS, MODEL, OUT_OF_FOLD, SCORES, is_combination
from bert4ner.runs.missing import cure_of_incomplete
from bert4ner.runs.predicted import read_predicted
from bert4ner.runs.score_sheet import ScoreSheet
from bert4ner.runs.scores import read_scores
from bert4ner.scoring.metrics import Scores

_NAMED = 5  # folds, in an error


@dataclass(frozen=True)
class RunRecord(ABC):
    """The common interface of all runs; see `open_run`."""

    path: Path

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.path.resolve().name

    @property
    @abstractmethod
    def num_folds(self) -> int:
        """The number of folds that were scored, each by models that did not see it."""

    @property
    @abstractmethod
    def trained_folds(self) -> int:
        """The number of folds that its models were trained in; combining may divide the documents of one fold anew."""

    @property
    @abstractmethod
    def held_out_in(self) -> dict[str, tuple[int, ...]]:
        """Document id -> the folds that held it out; documents that were only trained on have none, or are missing."""

    @cached_property
    def environment(self) -> dict[str, object]:
        """Versions, machine and command."""
        return read_environment(self.path)

    @cached_property
    def labels(self) -> list[str]:
        """The labels of the run, sorted."""
        return read_labels(self.path)

    @cached_property
    def sheet(self) -> ScoreSheet:
        """The content of scores.json."""
        return read_scores(self.path)

    @property
    def scores(self) -> Scores:
        """The scores of the held-out documents."""
        return self.sheet.scores

    @cached_property
    def predicted(self) -> list[Document]:
        """The held-out documents with predicted entities."""
        return read_predicted(self.path)


@dataclass(frozen=True)
class TrainedRun(RunRecord):
    """A run with all folds trained."""

    @cached_property
    def folds(self) -> Folds:
        """The division of its documents."""
        return read_folds(self.path)

    @property
    def num_folds(self) -> int:
        """The number of folds."""
        return self.folds.number

    @property
    def trained_folds(self) -> int:
        """As `num_folds`."""
        return self.num_folds

    @property
    def held_out_in(self) -> dict[str, tuple[int, ...]]:
        """The folds in which each document was held out, by the document's id."""
        return self.folds.held_out_in

    @cached_property
    def config(self) -> Config:
        """The configuration that the run was made with.

        Raises:
            ConfigError: it is not a complete configuration of this version.
        """
        return read_config(self.path)

    @cached_property
    def histories(self) -> list[History]:
        """The results of every epoch, for each training."""
        return [read_history(self.path / training.name) for training in self.folds.trainings]

    @cached_property
    def sheet(self) -> ScoreSheet:
        """The content of scores.json, with the best epoch of each training."""
        sheet, path, trainings = read_scores(self.path), self.path / SCORES, self.folds.trainings
        if len(sheet.folds) != len(trainings):
            raise RUN_FILES.refusal(path, f"expected the scores of {len(trainings)} folds, found {len(sheet.folds)}")
        if [fold.fold for fold in sheet.folds] != [training.fold for training in trainings]:
            raise RUN_FILES.refusal(path, f"expected folds numbered 0 to {self.num_folds - 1}")
        if [fold.seed for fold in sheet.folds] != [training.seed for training in trainings]:
            raise RUN_FILES.refusal(path, f"expected the seeds of {FOLDS} in each fold")
        if tuple(each.seed for each in sheet.seeds) != self.folds.seeds:
            raise RUN_FILES.refusal(path, f"expected the scores of each seed of {FOLDS}")
        if any(fold.best_epoch is None for fold in sheet.folds):
            raise RUN_FILES.refusal(path, "'best_epoch' is missing")
        return sheet

    @cached_property
    def predicted(self) -> list[Document]:
        """The held-out documents with predicted entities."""
        documents = read_predicted(self.path)
        foreign = [each.id for each in documents if not self.held_out_in.get(each.id)]
        if foreign:
            path = self.path / OUT_OF_FOLD
            raise RunError(f"{path}: holds the document {shown(foreign[0])}, which no fold of {FOLDS} held out")
        known = {each.id for each in documents}
        absent = next((id for id, folds in self.held_out_in.items() if folds and id not in known), None)
        if absent is not None:
            path = self.path / FOLDS
            raise RunError(f"{path}: holds out the document {shown(absent)}, which {OUT_OF_FOLD} lacks")
        return documents

    def model_folders(self) -> list[Path]:
        """The model of each training."""
        return [self.path / training.name / MODEL for training in self.folds.trainings]


@dataclass(frozen=True)
class CombinedRun(RunRecord):
    """A combined run, with or without annotated documents; it has scores only with them."""

    @cached_property
    def combination(self) -> Combination:
        """How it was combined."""
        return read_combination(self.path)

    @property
    def num_folds(self) -> int:
        """The number of folds that were scored."""
        return len(self.sheet.folds)

    @property
    def trained_folds(self) -> int:
        """The number of folds of its members, the largest."""
        return max(read_folds(folder).number for member in self.member_folders() for folder in member)

    @cached_property
    def held_out_in(self) -> dict[str, tuple[int, ...]]:
        """Document id -> only 0: its members know which fold held it out."""
        return {document.id: (0,) for document in self.predicted}

    @cached_property
    def sheet(self) -> ScoreSheet:
        """The content of scores.json: for each fold its number of documents; and the members' scores."""
        path = self.path / SCORES
        if not path.is_file():
            raise RunError(f"{self.path}: was combined without scores; combine the runs again with --gold DATA")
        sheet = read_scores(self.path)
        if any(fold.documents is None for fold in sheet.folds):
            raise RUN_FILES.refusal(path, "'documents' is missing")
        if not sheet.folds or len({fold.fold for fold in sheet.folds}) < len(sheet.folds):
            raise RUN_FILES.refusal(path, "expected the scores of one fold or more, each once")
        if not sheet.members:
            raise RUN_FILES.refusal(path, "'members' is missing")
        if len(sheet.members) != len(self.combination.names):
            members = len(self.combination.names)
            raise RUN_FILES.refusal(path, f"expected the scores of {members} members, found {len(sheet.members)}")
        return sheet

    @cached_property
    def curves(self) -> Curves:
        """Precision and recall by threshold, for each label."""
        return read_curves(self.path)

    def member_folders(self) -> list[tuple[Path, ...]]:
        """The runs of each member.

        Raises:
            RunError: one is missing.
        """
        folders = [tuple(self.path / name for name in names) for names in self.combination.folders()]
        for folder in (each for member in folders for each in member):
            if not folder.is_dir():
                raise RunError(f"{self.path}: the run is incomplete, {folder.name} is missing; combine the runs again")
        return folders


def open_run(path: str | Path) -> TrainedRun | CombinedRun:
    """The record of a complete run.

    Raises:
        RunError: it is not a run, or a fold is not complete.
    """
    path = Path(path)
    return CombinedRun(path) if is_combination(path) else open_trained(path)


def open_trained(path: Path) -> TrainedRun:
    """The record of a complete run that is not a combined one; errors as for `open_run`."""
    run = TrainedRun(path)
    missing = RunFolder(path).incomplete()
    if missing:
        names, verb = ", ".join(each.name for each in missing[:_NAMED]), "is" if len(missing) == 1 else "are"
        names += f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        cure = cure_of_incomplete(path, "run the command that made it again, it continues where it stopped")
        counts = f"({len(missing)} of {len(run.folds.trainings)})"
        raise RunError(f"{path}: the run is incomplete, {names} {verb} not complete {counts}; {cure}")
    return run
