"""Train one model or K, resumably, into a run folder, and score each document by a model that did not see it."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from bert4ner.config import Config
from bert4ner.entities import Document, nesting_of
from bert4ner.errors import RunError
from bert4ner.registry import HEADS
from bert4ner.runs.finish import finish_run
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Folds, Training
from bert4ner.runs.layout import MODEL
from bert4ner.scoring.metrics import Scores
from bert4ner.train.checks import check_training
from bert4ner.train.division import Division, Place, check_held_out, divide, divide_in_two
from bert4ner.train.executors.base import Executor, open_executor
from bert4ner.train.more_text import MoreText
from bert4ner.train.tasks import AverageTask, FoldTask, Task
from bert4ner.train.teaching import with_pseudo_labels
from bert4ner.train.telling import telling

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

    Each fold's best epoch is chosen on the documents it is scored on, so these scores are a little optimistic; score
    the averaged model on others. ``seeds`` above 1 trains several models for each fold, which predict its documents
    together; the first seed alone divides. With ``bootstrap`` training documents are drawn for each: see `draw_bags`.
    Killed at any moment, the same call goes on after the last completed epoch, with the same result.

    Args:
        documents: annotated ones, each held out once.
        config: how to train, and the seed of the division.
        output: the run folder; new, empty, or holding the same run.
        folds: number of folds.
        executor: where models train: `local`, in processes of their own; `in_process`, in this one; or a registered
            one. `LocalExecutor(jobs=2)` trains two at a time, each on a share of the machine; results are the same.
        callbacks: Keras callbacks for every model beside the library's own; they find precision, recall and f1 in the
            logs. Each model has copies of its own, made by pickle, except `in_process`, where all have these.
        more: what to learn from beside `documents`; see `with_pseudo_labels` for what each fold learns of it.
        verbose: 0 shows no lines about folds and epochs; see `telling`.

    Raises:
        DataError: no documents, ids that repeat, more folds than texts, or pseudo-labels that may leak.
        ConfigError, CheckpointError: see `build_model`; or callbacks that cannot be pickled; nothing is written.
        RunError: `output` holds another run, or a fold failed.
    """
    opened = open_executor(executor, callbacks)
    with telling(verbose):
        check_training(documents, config, more=more)
        division = with_pseudo_labels(divide(documents, folds, config), more.all, strict=True)
        check_held_out(division)
        return _Run(RunFolder(Path(output)), division, config, opened, callbacks).train()


def train(
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
    """Train one model, keep its best epoch on `valid` or on a seeded share of the documents; returns its scores there.

    ``seeds`` above 1 trains several models; with ``bootstrap`` the documents that were not drawn are held out.
    Pseudo-labels of any teacher are learned from. Arguments and errors otherwise as for `cross_validate`.

    Raises:
        ConfigError: ``bootstrap`` and `valid`.
    """
    opened = open_executor(executor, callbacks)
    with telling(verbose):
        check_training(documents, config, valid, more=more)
        division = with_pseudo_labels(divide_in_two(documents, valid, config), more.all, strict=False)
        check_held_out(division)
        return _Run(RunFolder(Path(output)), division, config, opened, callbacks).train()


@dataclass(frozen=True)
class _Run:
    """What is to be trained, where to, how, and by whom."""

    folder: RunFolder
    division: Division
    config: Config
    executor: Executor
    callbacks: Sequence[Any]

    @cached_property
    def folds(self) -> Folds:
        """What the run says of its division."""
        seeds = self.config.run.all_seeds
        return self.division.described(seeds if len(seeds) > 1 else ())

    def train(self) -> Scores:
        """Train the models that are not complete, and score them all."""
        from bert4ner.models.precision import resolve_precision  # deferred: it loads TensorFlow

        with self.folder.held():
            config = self.folder.open(
                self.config,
                self.division.labels,
                self.folds,
                precision=resolve_precision(self.config.run.precision),
                decided=_decided(self.config, self.division.documents),
            )
            if config.spans.nesting != self.config.spans.nesting:
                _tell_nesting(self.division.documents)
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
        return [replace(task, place=replace(task.place, after=last - n)) for n, task in enumerate(tasks)]

    def _part(self, training: Training) -> str:
        """Which of the run's models it is, folds counted from 1."""
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
            title=f"{len(documents)} documents, each by all models together that did not see it",
            models=[self.folder.fold(*training) / MODEL for training in self.folds.trainings],
            documents=documents,
            unseen_by=[self.folds.unseen_by(document.id) for document in documents],
        )

    def _execute(self, tasks: Sequence[Task]) -> None:
        _warn_of_unused_gpu()
        try:
            with contextlib.closing(self.executor.run(tasks)) as completed:
                for _ in completed:
                    self.folder.tidy()
        except RunError:
            self.folder.discard_untrained()
            raise


def _kinds(pseudo: Sequence[Document]) -> dict[str, int]:
    """How many of the documents beside the gold ones have labels, and have none."""
    labelled = sum(document.weight > 0 for document in pseudo)
    return {"pseudo-labelled": labelled, "without labels": len(pseudo) - labelled}


def _warn_of_unused_gpu() -> None:
    from bert4ner.backend.devices import unused_gpu  # deferred: it loads TensorFlow

    unused = unused_gpu()
    if unused:
        logger.warning("training on CPU cores: %s", unused)


def _decided(config: Config, documents: Sequence[Document]) -> dict[str, str]:
    """What `auto` options come to for these documents, which all folds are to share."""
    return {"nesting": nesting_of(documents)[0]} if HEADS.get(config.model.head).may_nest else {}


def _tell_nesting(documents: Sequence[Document]) -> None:
    nesting, otherwise = nesting_of(documents)
    logger.info("nesting %s, as in the documents", nesting)
    if otherwise:
        logger.warning(
            "%d of %d entities overlap %s and may not be found, as hardly any others do; --nesting any allows it",
            otherwise,
            sum(len(document.entities) for document in documents),
            "others" if nesting == "none" else "others of their label",
        )
