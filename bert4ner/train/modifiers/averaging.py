"""Shared by modifiers that average weights: averages are scored and saved instead of the weights."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.options import Range
from bert4ner.train.modifiers.exchange import exchanged
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.step import Modifier

_WARMUP = 9  # after t updates the average covers about the last t / 9, however slow the decay


class WeightAverage(Modifier, ABC):
    """Keeps an average of the weights, which is scored and saved instead of them once it has a value."""

    role = "an average of the weights"

    @abstractmethod
    def averages_for(self, network: Any) -> list[Any]:
        """New variables for the averages of a network's trained variables, in their order."""

    def build(self, network: Any) -> None:
        """Creates the averages, empty."""
        self.weights = list(network.trainable_variables)
        self.averages = self.averages_for(network)
        with tf.init_scope():
            self.updates = tf.Variable(0, trainable=False, dtype="int64")

    def variables(self) -> list[Any]:
        """The number of updates, then the averages."""
        return [self.updates, *self.averages]

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """Replaces the weights by the averages while open."""
        with exchanged(self.weights, self.averages if int(self.updates) else self.weights):
            yield


class RunningAverage(WeightAverage):
    """Averages the weights exponentially: the average is scored and saved, training continues with the weights.

    The average starts with the weights after the first update; early in training it covers fewer updates than later.

    Args:
        name: name of the modifier, for messages.
        decay: maximum share of the previous average in the new one; within [0, 1).

    Raises:
        ConfigError: `decay` is outside its range.

    References:
        Polyak and Juditsky 1992, Acceleration of Stochastic Approximation by Averaging.
    """

    def __init__(self, name: str, decay: float):
        check_number(name, Range(low=0, below=1), decay=decay)
        self.decay = decay

    def after_update(self) -> None:
        """Moves the averages towards the new weights."""
        done = tf.cast(self.updates, "float32")
        decay = tf.minimum(self.decay, done / (done + _WARMUP))
        for average, weight in zip(self.averages, self.weights, strict=True):
            average.assign(decay * average + (1.0 - decay) * weight)
        self.updates.assign_add(1)
