"""Keeps the model of the best epoch, and stops a training that no longer improves."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.step import evaluation


class _Following(keras.callbacks.Callback):
    """Tracks the epoch with the highest value in the logs, or the first of equal ones.

    A second `fit` with the same object continues from its state; make a new one for a new training.
    """

    def __init__(self, monitor: str = "f1"):
        super().__init__()
        self.monitor = monitor
        self.best: float | None = None
        self._worth: tuple[float, ...] = ()
        self.best_epoch = 0
        self.last_epoch = 0

    def follow(self, epoch: int, logs: Mapping[str, Any]) -> bool:
        """Record an epoch, counted from 1; returns whether it is better than all before."""
        if self.monitor not in logs:
            raise ConfigError(
                f"{type(self).__name__} follows {self.monitor!r}, which the logs lack; put EntityScores before it in "
                f"callbacks=[...], or name one of {', '.join(sorted(logs))}"
            )
        self.last_epoch = epoch
        worth = self.worth(logs)
        better = self.best is None or worth > self._worth
        if better:
            self.best, self.best_epoch, self._worth = logs[self.monitor], epoch, worth
        return better

    def worth(self, logs: Mapping[str, Any]) -> tuple[float, ...]:
        """The value to maximize."""
        return (logs[self.monitor],)

    def recall(self, history: Iterable[Mapping[str, Any]]) -> None:
        """Resume a stopped training: `history` has a line for each epoch, as `History` writes them."""
        for line in history:
            self.follow(line["epoch"], line)


class KeepBest(_Following):
    """Saves the model of the best epoch so far as a model folder, which `NamedEntityRecognizer.load` reads.

    Of equally good epochs, the one with the lowest loss is the best. With few held-out entities, or while none is
    found, all epochs may be equal, and after the first the model has learned little.

    Args:
        folder: the model folder, created if missing.
        monitor: the value in the logs to maximize; `EntityScores` adds precision, recall and f1.

    Raises:
        ConfigError: the logs lack it at the end of an epoch.
    """

    def __init__(self, folder: str | Path, monitor: str = "f1"):
        super().__init__(monitor)
        self.folder = Path(folder)

    def worth(self, logs: Mapping[str, Any]) -> tuple[float, ...]:
        """The value to maximize, then the loss to minimize."""
        return (*super().worth(logs), -float(logs.get("loss", 0)))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves the model if this epoch is the best so far."""
        if self.follow(epoch + 1, logs):
            with evaluation(self.model):
                NERModel.of(self.model).save(self.folder)


class Patience(_Following):
    """Stops the training after a number of epochs without improvement; 0 never stops it.

    Args:
        epochs: the number of epochs.
        monitor: the value in the logs to maximize.
    """

    def __init__(self, epochs: int, monitor: str = "f1"):
        super().__init__(monitor)
        self.epochs = epochs

    @property
    def exhausted(self) -> bool:
        """Whether the training should stop."""
        return bool(self.epochs and self.best_epoch and self.last_epoch - self.best_epoch >= self.epochs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stops the training if the patience is exhausted."""
        self.follow(epoch + 1, logs)
        if self.exhausted:
            self.model.stop_training = True
