"""Train one model: the loop of Keras `fit` with the library's callbacks, resumable after every epoch.

What is held out, where the folder lies in a run and which process does it is decided above.
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
from bert4ner.models.model_folder import read_weights
from bert4ner.models.ner_model import NERModel
from bert4ner.runs.layout import HISTORY, MODEL, STATE, TRAINING_STATE
from bert4ner.train.batches import TrainingBatches, training_batches
from bert4ner.train.callbacks.best import KeepBest, Patience
from bert4ner.train.callbacks.history import History
from bert4ner.train.callbacks.nan import StopAtNaN
from bert4ner.train.callbacks.progress import EpochProgress
from bert4ner.train.callbacks.replay import Replay
from bert4ner.train.callbacks.scores import EntityScores
from bert4ner.train.callbacks.state import SaveState
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.division import Fold, Place

logger = logging.getLogger(__name__)


def fit(documents: Fold, config: Config, *, folder: str | Path, callbacks: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """Train on some documents, score others after every epoch, keep the best epoch's model; returns the history.

    If `folder` holds the state of the same training, it goes on after the last completed epoch, with the same result
    as if it had never stopped. Sets for the whole process what `backend.switches.prepare_process` says, repeatable and
    with the seed of the configuration.

    Args:
        documents: those to learn from and those to score every epoch on.
        config: how to train.
        folder: receives model/, history.jsonl and state/, which is needed only to go on.
        callbacks: more Keras callbacks; they find the scores in the logs, and what they add is in the history. When a
            training goes on, they begin anew.

    Raises:
        DataError: no text to train on, no documents held out, or a label to learn that is not among `labels`.
        CheckpointError, ConfigError: see `build_model`.
        RunError: the loss is no number, the memory does not suffice, or the state is damaged.
    """
    return _trained(documents, config, folder=Path(folder), callbacks=callbacks).history.lines


def fit_best(
    documents: Fold,
    config: Config,
    *,
    folder: str | Path,
    callbacks: Sequence[Any] = (),
    place: Place = Place(),  # noqa: B008  (frozen)
) -> NERModel:
    """`fit`, and the model of the best epoch: that of ``folder/model``, in the network that is there already.

    `place` is where the training stands in a run, for the progress bar.
    """
    loop = _trained(documents, config, folder=Path(folder), callbacks=callbacks, place=place)
    model = NERModel.of(loop.network)
    model.set_weights(read_weights(loop.best.folder), where=str(loop.best.folder))
    return model


def _trained(
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
    epochs = config.optimization.epochs
    compile_for_training(model.network, epochs * len(batches), epochs=epochs)
    loop = _Loop(model, batches, held_out, folder)
    loop.progress = EpochProgress(len(batches), epochs, place)
    loop.run(callbacks)
    if loop.best.best == 0:
        logger.warning(
            "nothing was found right in the %d held-out documents after any epoch; the one with the lowest loss is "
            "kept, %d. More --epochs, more documents or a higher --head-learning-rate may help",
            len(held_out),
            loop.best.best_epoch,
        )
    return loop


class _Loop:
    """The epochs of one training, with the library's callbacks around them."""

    def __init__(self, model: NERModel, batches: TrainingBatches, held_out: Sequence[Document], folder: Path):
        self.config, self.network, self.batches = model.config, model.network, batches
        self.scores = EntityScores(held_out)
        self.best = KeepBest(folder / MODEL)
        self.history = History(folder / HISTORY, batches)
        self.patience = Patience(self.config.run.patience)
        self.state = SaveState(folder / STATE / TRAINING_STATE, self.history)
        self.progress = EpochProgress(len(batches), self.config.optimization.epochs)

    def run(self, callbacks: Sequence[Any]) -> None:
        """Train the epochs that are left."""
        completed = self._resume()
        if completed >= self.config.optimization.epochs or self.patience.exhausted:
            return
        try:
            self._fit(completed, callbacks)
        except (tf.errors.ResourceExhaustedError, MemoryError):
            raise RunError(
                f"out of memory with batch_tokens={self.config.optimization.batch_tokens} and windows of "
                f"max_length={self.config.windows.max_length}; lower --batch-tokens"
            ) from None
        finally:
            self.progress.on_train_end()  # whatever it was that ended it

    def _resume(self) -> int:
        self.state.set_model(self.network)
        completed = self.state.resume()
        for following in (self.best, self.patience):
            following.recall(self.history.lines)
        return completed

    def _fit(self, completed: int, callbacks: Sequence[Any]) -> None:
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
                self.best,
                *callbacks,
                self.history,
                self.patience,
                self.state,  # last: all files agree, or the state is older
            ],
        )
