"""Stops a training that is behind others of the same kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bert4ner.backend.frameworks import keras

_FEWEST = 4  # others, for a median worth following


@dataclass(frozen=True)
class Field:
    """The values of other trainings after each of their epochs, and the epochs in which nothing is compared."""

    others: tuple[tuple[float, ...], ...]
    patience: int

    def leaves_behind(self, values: Sequence[float]) -> bool:
        """Whether the best of a training's values so far is below the median of the others' bests at that epoch."""
        epoch = len(values)
        if epoch <= self.patience:
            return False
        there = [max(other[:epoch]) for other in self.others if len(other) >= epoch]
        return len(there) >= _FEWEST and max(values) < median(there)


class StopBehind(keras.callbacks.Callback):
    """Stops the training after an epoch whose best value so far is below the median of other trainings.

    Args:
        field: the others.
        before: the values of epochs before, of a training that is continued.
        monitor: the value in the logs.

    References:
        Golovin et al. 2017, Google Vizier: A Service for Black-Box Optimization, section 3.2.2, the median rule.
    """

    def __init__(self, field: Field, before: Sequence[float] = (), monitor: str = "f1"):
        super().__init__()
        self.field = field
        self.values = list(before)
        self.monitor = monitor

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stops the training if it is behind."""
        self.values.append(float(logs[self.monitor]))
        if self.field.leaves_behind(self.values):
            self.model.stop_training = True
