"""The best epoch: its model is kept, and a training that finds no better one for a while ends."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.errors import ConfigError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.step import evaluation


class _Following(keras.callbacks.Callback):
    """Knows the epoch in which a number of the logs was highest, of two equal ones the earlier.

    A second `fit` with the same object goes on from what it knows; make a new one for a new training.
    """

    def __init__(self, monitor: str = "f1"):
        super().__init__()
        self.monitor = monitor
        self.best: float | None = None
        self._worth: tuple[float, ...] = ()
        self.best_epoch = 0
        self.last_epoch = 0

    def follow(self, epoch: int, logs: Mapping[str, Any]) -> bool:
        """Take notice of an epoch, counted from 1; whether it is better than all before."""
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
        """What is to be highest."""
        return (logs[self.monitor],)

    def recall(self, history: Iterable[Mapping[str, Any]]) -> None:
        """Take up a training that was stopped: `history` has a line for each epoch, as `History` writes them."""
        for line in history:
            self.follow(line["epoch"], line)


class KeepBest(_Following):
    """Saves the model of the best epoch so far as a model folder, which `NamedEntityRecognizer.load` reads.

    Of epochs that are equally good the one with the lowest loss is the best: where held-out documents have few
    entities, or none is found, all may be equal, and the first has hardly learned.

    Args:
        folder: the model folder, made if need be.
        monitor: what of the logs tells, the higher the better; `EntityScores` gives precision, recall and f1.

    Raises:
        ConfigError: at the end of an epoch, the logs lack it.
    """

    def __init__(self, folder: str | Path, monitor: str = "f1"):
        super().__init__(monitor)
        self.folder = Path(folder)

    def worth(self, logs: Mapping[str, Any]) -> tuple[float, ...]:
        """What is to be highest; of equal ones the lower loss."""
        return (*super().worth(logs), -float(logs.get("loss", 0)))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Saves the model, if this epoch is the best so far."""
        if self.follow(epoch + 1, logs):
            with evaluation(self.model):
                NERModel.of(self.model).save(self.folder)


class Patience(_Following):
    """Ends the training after so many epochs without a better one; 0 never does.

    Args:
        epochs: how many.
        monitor: what of the logs tells, the higher the better.
    """

    def __init__(self, epochs: int, monitor: str = "f1"):
        super().__init__(monitor)
        self.epochs = epochs

    @property
    def exhausted(self) -> bool:
        """Whether the training is to end."""
        return bool(self.epochs and self.best_epoch and self.last_epoch - self.best_epoch >= self.epochs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Ends the training, if the patience is exhausted."""
        self.follow(epoch + 1, logs)
        if self.exhausted:
            self.model.stop_training = True
