"""Train one model or K, resumably, into a run folder, and score each document by a model that did not see it."""

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.config import Config
from bert4ner.entities import Document, nesting_of
from bert4ner.errors import RunError
from bert4ner.registry import HEADS
from bert4ner.runs.finish import finish_run
from bert4ner.runs.folder import RunFolder
from bert4ner.scoring.metrics import Scores
from bert4ner.train.checks import check_training
from bert4ner.train.division import NEVER_HELD_OUT, Division
from bert4ner.train.executors.base import Executor, open_executor
from bert4ner.train.folds import assign_folds, split
from bert4ner.train.tasks import FoldTask

logger = logging.getLogger(__name__)


def cross_validate(
    documents: Sequence[Document],
    config: Config,
    *,
    output: str | Path,
    folds: int = 5,
    jobs: int = 1,
    executor: str | Executor = "local",
    callbacks: Sequence[Any] = (),
) -> Scores:
    """Train `folds` models, each on all but its fold; returns the scores of the out-of-fold predictions.

    Each fold's best epoch is chosen on the documents it is scored on, so these scores are a little optimistic; the
    averaged model of the run is to be scored on documents outside the run.

    Killed at any moment, the same call goes on after the last completed epoch, with the same result.

    Args:
        documents: annotated ones, each held out once.
        config: how to train, and the seed of the division.
        output: the run folder; new, empty, or holding the same run.
        folds: number of models.
        jobs: how many folds train at a time, each on its share of the machine; results are the same.
        executor: where they do: `local`, in processes of their own; `in_process`, one after the other in this one; or
            one that another package registers.
        callbacks: Keras callbacks for every fold beside the library's own; they find precision, recall and f1 in the
            logs. Each fold has copies of its own, made by pickle, except `in_process`, where all folds have these.

    Raises:
        DataError: no documents, ids that repeat, or more folds than different texts.
        ConfigError, CheckpointError: see `build_model`; or callbacks that cannot be pickled; before anything is
            written.
        RunError: `output` holds another run, or a fold failed.
    """
    opened = open_executor(executor, jobs)
    opened.check(callbacks)
    check_training(documents, config)
    division = Division(documents, assign_folds(documents, folds, seed=config.run.seed), folds)
    return _Run(RunFolder(Path(output)), division, config, opened, callbacks).train()


def train(
    documents: Sequence[Document],
    config: Config,
    *,
    output: str | Path,
    valid: Sequence[Document] | None = None,
    executor: str | Executor = "local",
    callbacks: Sequence[Any] = (),
) -> Scores:
    """Train one model, keep its best epoch on `valid` or on a seeded share of the documents; returns its scores there.

    Arguments and errors otherwise as for `cross_validate`.
    """
    opened = open_executor(executor, jobs=1)
    opened.check(callbacks)
    check_training(documents, config, valid)
    if valid is None:
        training, valid = split(documents, config.run.valid_share, seed=config.run.seed)
    else:
        training = list(documents)
        _warn_of_shared(training, valid)
    fold_of = [NEVER_HELD_OUT] * len(training) + [0] * len(valid)
    division = Division([*training, *valid], fold_of, folds=1)
    return _Run(RunFolder(Path(output)), division, config, opened, callbacks).train()


def _warn_of_shared(training: Sequence[Document], valid: Sequence[Document]) -> None:
    shared = {document.text for document in training} & {document.text for document in valid}
    if shared:
        logger.warning("%d texts of the validation data are among the training data, too", len(shared))


@dataclass(frozen=True)
class _Run:
    """What is to be trained, where to, how, and by whom."""

    folder: RunFolder
    division: Division
    config: Config
    executor: Executor
    callbacks: Sequence[Any]

    def train(self) -> Scores:
        """Train the folds that are not complete, and score them all."""
        from bert4ner.models.precision import resolve_precision  # deferred: it loads TensorFlow

        with self.folder.held():
            config = self.folder.open(
                self.config,
                self.division.labels,
                self.division.described(),
                precision=resolve_precision(self.config.run.precision),
                decided=_decided(self.config, self.division.documents),
            )
            if config.spans.nesting != self.config.spans.nesting:
                _tell_nesting(self.division.documents)
            self._execute(self._tasks(config))
            self.folder.tidy()
            return finish_run(self.folder, self.division.gold)

    def _tasks(self, config: Config) -> list[FoldTask]:
        tasks = []
        for fold in range(self.division.folds):
            if self.folder.is_complete(fold):
                logger.info("fold %d of %d is complete already", fold, self.division.folds)
            else:
                tasks.append(self._task(fold, config))
        return tasks

    def _task(self, fold: int, config: Config) -> FoldTask:
        training, held_out = self.division.training(fold), self.division.held_out(fold)
        number = f"fold {fold} of {self.division.folds}"
        return FoldTask(
            folder=self.folder.fold(fold),
            title=f"{number}: {len(training)} documents to learn, {len(held_out)} held out",
            training=training,
            held_out=held_out,
            config=config,
            labels=self.division.labels,
            callbacks=self.callbacks,
        )

    def _execute(self, tasks: Sequence[FoldTask]) -> None:
        if not tasks:
            return
        _warn_of_unused_gpu()
        try:
            with contextlib.closing(self.executor.run(tasks)) as completed:
                for _ in completed:
                    self.folder.tidy()
        except RunError:
            self.folder.discard_untrained()
            raise


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
