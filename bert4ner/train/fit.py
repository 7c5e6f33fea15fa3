"""Train one model: the loop of Keras `fit` with the library's callbacks, resumable after every epoch.

Callers choose the held-out documents, the folder and the process.
"""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.backend.switches import prepare_process
from bert4ner.config import Config
from bert4ner.entities import Document
from bert4ner.errors import DataError, RunError
from bert4ner.models.model_folder import check_model, read_weights
from bert4ner.models.ner_model import NERModel
from bert4ner.runs.layout import HISTORY, MODEL, state_file
from bert4ner.train.batches import TrainingBatches, training_batches
from bert4ner.train.callbacks.best import KeepBest, Patience
from bert4ner.train.callbacks.history import History
from bert4ner.train.callbacks.nan import StopAtNaN
from bert4ner.train.callbacks.presence import Presence
from bert4ner.train.callbacks.progress import EpochProgress
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.callbacks.scores import EntityScores
from bert4ner.train.callbacks.state import SaveState
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.division import Fold, Place
from bert4ner.train.more_epochs import Start, find_start, rates_from
from bert4ner.train.step import batches_in_one, modifiers_of
from bert4ner.train.updates import Plan, few_updates

logger = logging.getLogger(__name__)


def fit(documents: Fold, config: Config, *, folder: str | Path, callbacks: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Train on some documents, score others after every epoch, keep the model of the best epoch; returns the history.

    If `folder` holds the state of the same training, it resumes after the last completed epoch, with the same result as
    without the stop. If it holds a finished training of fewer epochs and no state, the missing epochs start from the
    best model: see `more_epochs`. For the whole process it calls `backend.switches.prepare_process`, with
    ``repeatable`` and the seed of the configuration.

    Args:
        documents: the documents to learn from, and those to score every epoch on.
        config: the options.
        folder: receives model/, history.jsonl and state/; state/ is only needed for resuming.
        callbacks: further Keras callbacks; they find the scores in the logs, and values that they add enter the
            history. A resumed training starts them anew.

    Raises:
        DataError: no text to train on, no documents held out, or a label to learn that is not among `labels`.
        CheckpointError, ConfigError: see `build_model`.
        RunError: the loss is not a number, memory is insufficient, the state is damaged, or `folder` is gone.
    """
    return _fit_model(documents, config, folder=Path(folder), callbacks=callbacks).history.lines


def fit_best(
    documents: Fold,
    config: Config,
    *,
    folder: str | Path,
    callbacks: Sequence[Any] = (),
    place: Place = Place(),  # noqa: B008  (frozen)
) -> NERModel:
    """`fit`, then return the model of the best epoch: ``folder/model``, loaded into the existing network.

    `place` is the position of the training within its run, for the progress bar and the log.
    """
    loop = _fit_model(documents, config, folder=Path(folder), callbacks=callbacks, place=place)
    model = NERModel.of(loop.network)
    model.set_weights(read_weights(loop.best.folder), where=str(loop.best.folder))
    return model


def _fit_model(
    documents: Fold,
    config: Config,
    *,
    folder: Path,
    callbacks: Sequence[Any],
    place: Place = Place(),  # noqa: B008  (frozen)
) -> "_Loop":
    training, held_out = documents.training, documents.held_out
    if not training or not held_out:
        raise DataError(f"{len(training)} documents to train on and {len(held_out)} held out; both need at least one")
    prepare_process(repeatable=True)
    model = NERModel.create(config, documents.labels)
    batches = training_batches(training, model.network, documents.pseudo)
    start, epochs = find_start(folder, config), config.optimization.epochs
    if start.lines:  # before modifiers copy the weights
        check_model(folder / MODEL)
        model.set_weights(read_weights(folder / MODEL), where=str(folder / MODEL))
    compile_for_training(model.network, epochs * len(batches), epochs=epochs, schedule=rates_from(start.before, model))
    if place.first:
        _warn_of_few_updates(model, batches)
    loop = _Loop(model, batches, held_out, folder, start)
    loop.progress = EpochProgress(len(batches), epochs, place)
    loop.run(callbacks)
    if loop.best.best == 0:
        logger.warning(
            "nothing was found right in the %d held-out documents after any epoch; the one with the lowest loss is "
            "kept, %d. More --epochs, a smaller --batch-tokens, more documents or a higher --head-learning-rate may "
            "help",
            len(held_out),
            loop.best.best_epoch,
        )
    return loop


def _warn_of_few_updates(model: NERModel, batches: TrainingBatches) -> None:
    config, in_one = model.config, batches_in_one(modifiers_of(model.network))
    plan = Plan(len(batches), len(batches.encoded), batches.tokens, config.optimization.epochs, in_one)
    longest = model.encoder_tokens(config.windows.max_length)
    if warning := few_updates(plan, batch_tokens=config.optimization.batch_tokens, longest=longest):
        logger.warning("%s", warning)


class _Loop:
    """The epochs of one training, with the library's callbacks around them."""

    def __init__(
        self, model: NERModel, batches: TrainingBatches, held_out: Sequence[Document], folder: Path, start: Start
    ):
        self.config, self.network, self.batches = model.config, model.network, batches
        self.folder = folder
        self.scores = EntityScores(held_out)
        self.best = KeepBest(folder / MODEL)
        self.history = History(folder / HISTORY, batches)
        self.patience = Patience(self.config.run.patience)
        self.state = SaveState(state_file(folder), self.history, before=start.before)
        self.start = start
        self.progress = EpochProgress(len(batches), self.config.optimization.epochs)

    def run(self, callbacks: Sequence[Any]) -> None:
        """Train the remaining epochs."""
        completed = self._resume()
        left = self.config.optimization.epochs - completed
        if left > 0 and self.patience.exhausted:
            logger.info("already stopped after epoch %d by patience=%d", completed, self.patience.epochs)
        if left <= 0 or self.patience.exhausted:
            return
        if self.start.lines:
            self.state.save()  # from now on the model on disk may differ from the one it continued from
        try:
            self._run_epochs(completed, callbacks)
        except (tf.errors.ResourceExhaustedError, MemoryError):
            raise RunError(
                f"out of memory with batch_tokens={self.config.optimization.batch_tokens} and windows of "
                f"max_length={self.config.windows.max_length}; lower --batch-tokens"
            ) from None
        finally:
            self.progress.on_train_end()  # also after an error

    def _resume(self) -> int:
        self.state.set_model(self.network)
        self.history.lines = [*self.start.lines]
        completed = len(self.history.lines) or self.state.resume()
        for following in (self.best, self.patience):
            following.recall(self.history.lines)
        return completed

    def _run_epochs(self, completed: int, callbacks: Sequence[Any]) -> None:
        epochs = self.config.optimization.epochs
        self.network.fit(
            self.batches.dataset(completed, epochs),
            initial_epoch=completed,
            epochs=epochs,
            steps_per_epoch=len(self.batches),
            verbose=0,
            callbacks=[
                Replay(self.config.run.seed),
                StopAtNaN(self.batches),
                self.progress,
                self.scores,
                Presence(self.folder),
                self.best,
                *callbacks,
                self.history,
                self.patience,
                self.state,  # last: either all files agree, or the state is older
            ],
        )
