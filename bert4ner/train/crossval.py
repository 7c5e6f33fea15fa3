"""Train one model or K into a run folder, resumably, and score each document by its out-of-fold model."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from bert4ner.config import Config
from bert4ner.data.left_out import LeftOut, left_out_of
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.runs.finish import finish_run
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Folds, Training
from bert4ner.runs.layout import MODEL
from bert4ner.scoring.metrics import Scores
from bert4ner.train.checks import check_training
from bert4ner.train.console import log_to_console
from bert4ner.train.deciding import decided_by, log_nesting
from bert4ner.train.division import Division, Place, check_held_out, divide, divide_in_two
from bert4ner.train.executors.base import Executor, open_executor
from bert4ner.train.more_text import MoreText
from bert4ner.train.tasks import AverageTask, FoldTask, Task
from bert4ner.train.teaching import with_pseudo_labels

logger = logging.getLogger(__name__)


def cross_validate(
    documents: Sequence[Document],
    config: Config,
    *,
    output: str | Path,
    folds: int = 5,
    executor: str | Executor = "local",
    callbacks: Sequence[Any] = (),
    more: MoreText = MoreText(),  # noqa: B008  (frozen)
    verbose: int = 1,
) -> Scores:
    """Train a model for each fold on all other documents; returns the scores of the out-of-fold predictions.

    Each fold's best epoch is chosen on the documents it is scored on, so these scores are slightly optimistic; score
    the averaged model on other documents. ``seeds`` above 1 trains several models per fold, which predict its documents
    together; only the first seed determines the folds. With ``bootstrap``, training documents are drawn for each fold:
    see `draw_bags`.

    If the process is killed, the same call resumes after the last completed epoch, with the same result. Any run of the
    same options can be continued to more ``epochs``. A finished model then continues from its best epoch, with a new
    optimizer and the rates that a training of that many epochs has there.

    Args:
        documents: annotated documents, each held out once.
        config: the options; its seed also determines the folds.
        output: the run folder; new, empty, or holding the same run, perhaps with fewer epochs.
        folds: number of folds.
        executor: where models train: `local`, each in its own process; `in_process`, in this one; or a registered name.
            `LocalExecutor(jobs=2)` trains two at a time, each on a share of the machine; results are the same.
        callbacks: Keras callbacks for every model in addition to the library's own; they find precision, recall and f1
            in the logs. Each model gets pickled copies, except with `in_process`, where all models share them.
        more: text to learn from in addition to `documents`; see `with_pseudo_labels` for what each fold may use.
        verbose: 0 shows no lines about folds and epochs; see `log_to_console`.

    Raises:
        DataError: no documents, repeated ids, more folds than texts, or pseudo-labels that may leak.
        ConfigError, CheckpointError: see `build_model`; or callbacks that cannot be pickled. Nothing is written.
        RunError: `output` holds another run, or a fold failed.

    Example:
        >>> import bert4ner
        >>> config = bert4ner.Config(pretrained="tcm-mini", epochs=1)
        >>> documents = bert4ner.sample_documents()
        >>> scores = bert4ner.cross_validate(documents, config, output="runs/sample", folds=2, verbose=0)
        >>> 0 <= scores.micro.f1 <= 1
        True
    """
    opened = open_executor(executor, callbacks)
    with log_to_console(verbose):
        check_training(documents, config, more=more)
        division = with_pseudo_labels(divide(documents, folds, config), more.all, strict=True)
        check_held_out(division)
        left_out = left_out_of(documents)
        return _Run(RunFolder(Path(output)), division, config, opened, callbacks, left_out).complete()


def train_model(
    documents: Sequence[Document],
    config: Config,
    *,
    output: str | Path,
    valid: Sequence[Document] | None = None,
    executor: str | Executor = "local",
    callbacks: Sequence[Any] = (),
    more: MoreText = MoreText(),  # noqa: B008  (frozen)
    verbose: int = 1,
) -> Scores:
    """Train one model, keep its best epoch on `valid` or a seeded share of the documents; returns its scores there.

    ``seeds`` above 1 trains several models; with ``bootstrap`` the documents that were not drawn are held out.
    Pseudo-labels are used whatever their teacher was trained on.

    Args:
        documents: annotated documents.
        config: the options; its seed also determines the held-out share.
        output: the run folder; new, empty, or holding the same run.
        valid: documents to choose the best epoch on; by default a share of `documents`.
        executor: where models train; see `cross_validate`.
        callbacks: Keras callbacks beside the library's own; see `cross_validate`.
        more: text to learn from in addition to `documents`.
        verbose: 0 shows no lines about epochs.

    Raises:
        ConfigError: ``bootstrap`` together with `valid`; or see `cross_validate`.
        DataError, CheckpointError, RunError: see `cross_validate`.

    Example:
        >>> import bert4ner
        >>> config = bert4ner.Config(pretrained="tcm-mini", epochs=1)
        >>> scores = bert4ner.train_model(bert4ner.sample_documents(), config, output="runs/one", verbose=0)
        >>> 0 <= scores.micro.f1 <= 1
        True
    """
    opened = open_executor(executor, callbacks)
    with log_to_console(verbose):
        check_training(documents, config, valid, more=more)
        division = with_pseudo_labels(divide_in_two(documents, valid, config), more.all, strict=False)
        check_held_out(division)
        left_out = left_out_of(documents) + left_out_of(valid or ())
        return _Run(RunFolder(Path(output)), division, config, opened, callbacks, left_out).complete()


@dataclass(frozen=True)
class _Run:
    """A run to complete: folder, division, configuration, executor, callbacks, and what reading its data left out."""

    folder: RunFolder
    division: Division
    config: Config
    executor: Executor
    callbacks: Sequence[Any]
    left_out: tuple[LeftOut, ...]

    @cached_property
    def folds(self) -> Folds:
        """The division as the run records it."""
        seeds = self.config.run.all_seeds
        return replace(self.division.described(seeds if len(seeds) > 1 else ()), left_out=self.left_out)

    def complete(self) -> Scores:
        """Train the missing models, and score all models."""
        from bert4ner.models.precision import resolve_precision  # deferred: it loads TensorFlow

        with self.folder.held():
            config = self.folder.open(
                self.config,
                self.division.labels,
                self.folds,
                precision=resolve_precision(self.config.run.precision),
                decided=decided_by(self.division.documents, self.config),
            )
            if config.spans.nesting != self.config.spans.nesting:
                log_nesting(self.division.documents)
            tasks = self._tasks(config)
            if tasks:
                self.folder.discard_out_of_fold()
                self._execute(tasks)
            if self.folds.averaged and not self.folder.has_out_of_fold():
                self._execute([self._averaging()])
            self.folder.tidy()
            return finish_run(self.folder, self.division.gold)

    def _tasks(self, config: Config) -> list[FoldTask]:
        tasks: list[FoldTask] = []
        for training in self.folds.trainings:
            if self.folder.is_complete(training):
                logger.info("%s is complete already", self._named(training))
            else:
                tasks.append(self._task(training, config))
        last = len(tasks) - 1
        return [replace(task, place=replace(task.place, after=last - n, first=not n)) for n, task in enumerate(tasks)]

    def _part(self, training: Training) -> str:
        """The name of a model within the run, folds counted from 1."""
        fold = f"fold {training.fold + 1}/{self.folds.number}" if self.folds.number > 1 else "the model"
        return fold if training.seed is None else f"{fold}, seed {training.seed}"

    def _named(self, training: Training) -> str:
        return f"{self._part(training)} ({self.folder.fold(*training).name})"

    def _task(self, training: Training, config: Config) -> FoldTask:
        fold, seed = training
        documents = self.division.fold(fold)
        learned, held_out = len(documents.training), len(documents.held_out)
        more = "".join(f" and {number} {kind}" for kind, number in _kinds(documents.pseudo).items() if number)
        return FoldTask(
            folder=self.folder.fold(*training),
            title=f"{self._named(training)}: {learned} documents{more} to learn, {held_out} held out",
            documents=documents,
            config=config if seed is None else config.replace(seed=seed, seeds=1),
            callbacks=self.callbacks,
            place=Place(self._part(training) if len(self.folds.trainings) > 1 else ""),
        )

    def _averaging(self) -> Task:
        documents = self.division.gold
        return AverageTask(
            folder=self.folder.path,
            title=f"predicting {len(documents)} documents, each with its out-of-fold models together",
            models=[self.folder.fold(*training) / MODEL for training in self.folds.trainings],
            documents=documents,
            unseen_by=[self.folds.unseen_by(document.id) for document in documents],
        )

    def _execute(self, tasks: Sequence[Task]) -> None:
        _warn_of_unused_gpu()
        try:
            with contextlib.closing(self.executor.run(tasks)) as completed:
                for _ in completed:
                    self.folder.check_present()
                    self.folder.tidy()
        except RunError:
            with contextlib.suppress(OSError):  # which would hide why the training ended
                self.folder.discard_untrained()
            raise


def _kinds(pseudo: Sequence[Document]) -> dict[str, int]:
    """The numbers of extra documents with and without labels."""
    labelled = sum(document.weight > 0 for document in pseudo)
    return {"pseudo-labelled": labelled, "without labels": len(pseudo) - labelled}


def _warn_of_unused_gpu() -> None:
    from bert4ner.backend.devices import unused_gpu  # deferred: it loads TensorFlow

    unused = unused_gpu()
    if unused:
        logger.warning("training on CPU cores: %s", unused)
