"""Shared by modifiers that make features of windows with and without labels similar."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.options import Range
from bert4ner.train.features import Features
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.step import Batch, Loss, Modifier


class BetweenDomains(Modifier, ABC):
    """Adds weight times a distance between the windows with labels and the windows without labels in a batch.

    A window's vector is the mean of the head's input over its text; see `bert4ner.train.features.Features`. Windows
    with a weight above 0 have labels, gold or predicted; others have none. Batches that lack one kind add 0.

    Args:
        name: name of the modifier, for messages.
        weight: weight of the distance; 0 or more.

    Raises:
        ConfigError: `weight` is outside its range.
    """

    learns_without_labels = needs_unlabelled = True

    def __init__(self, name: str, weight: float):
        check_number(name, Range(low=0), weight=weight)
        self.weight = float(weight)

    @abstractmethod
    def distance(self, features: Any, labelled: Any) -> Any:
        """The distance between both kinds of windows; 0 if there are too few of either.

        Args:
            features: features of all windows, ``(batch, width)``.
            labelled: which windows have labels, ``(batch,)``.
        """

    def build(self, network: Any) -> None:
        """Finds the input of the head."""
        self.features = Features(network)

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss plus the weighted distance between both kinds of windows."""
        if batch.weights is None:  # all have labels
            return compute(batch)
        loss, features = self.features.noted(compute, batch)
        return Loss(loss.value + self.weight * self.distance(features, batch.weights > 0), loss.outputs)


def shares(chosen: Any) -> Any:
    """Weights of rows ``(batch,)`` for the mean of chosen ones: 1 / their number, 0 for all others, float32."""
    counted = tf.cast(chosen, "float32")
    return tf.math.divide_no_nan(counted, tf.reduce_sum(counted))
