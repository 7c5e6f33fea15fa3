"""Stops a training that is behind others of the same kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bert4ner.backend.frameworks import keras

_FEWEST = 4  # others, for a median worth following


@dataclass(frozen=True)
class Others:
    """The values of other trainings after each of their epochs."""

    values: tuple[tuple[float, ...], ...]
    """One tuple for each training; one that has ended counts with its best value ever after."""
    free: int
    """Number of epochs after which nothing is compared."""

    def are_ahead_of(self, values: Sequence[float]) -> bool:
        """Whether the best of a training's values so far is below the median of the others' bests at that epoch."""
        epoch = len(values)
        if epoch <= self.free or len(self.values) < _FEWEST:
            return False
        return max(values) < median(max(each[:epoch]) for each in self.values)


class StopBehind(keras.callbacks.Callback):
    """Stops the training after an epoch whose best F1 so far is below the median of other trainings.

    Args:
        others: these trainings.
        before: F1 after each epoch before, of a training that is continued.

    References:
        Golovin et al. 2017, Google Vizier: A Service for Black-Box Optimization, section 3.2.2. It compares with means
        of all values up to the epoch, this with their best, as Optuna does.
    """

    def __init__(self, others: Others, before: Sequence[float] = ()):
        super().__init__()
        self.others = others
        self.values = list(before)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stops the training if it is behind."""
        self.values[epoch:] = [float(logs["f1"])]  # a stopped training may repeat its last epoch
        if self.others.are_ahead_of(self.values):
            self.model.stop_training = True
