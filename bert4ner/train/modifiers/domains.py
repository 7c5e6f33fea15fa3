"""Windows with and without labels are to look alike to the head: what modifiers that see to it share."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from bert4ner.backend.frameworks import tf
from bert4ner.options.fields import Range
from bert4ner.train.features import Features
from bert4ner.train.modifiers.ranges import check_number
from bert4ner.train.step import Batch, Loss, Modifier


class BetweenDomains(Modifier, ABC):
    """Adds weight times a distance between the windows of a batch that have labels and those that have none.

    A window is the mean over its text of what the head is given; see `bert4ner.train.features.Features`. Windows of a
    weight above 0 have labels, gold ones or of models; those of weight 0 have none. Batches that lack either add 0.

    Args:
        name: of the modifier, for messages.
        weight: of the distance; 0 or more.

    Raises:
        ConfigError: `weight` is outside its range.
    """

    learns_without_labels = needs_unlabelled = True

    def __init__(self, name: str, weight: float):
        check_number(name, Range(low=0), weight=weight)
        self.weight = float(weight)

    @abstractmethod
    def distance(self, features: Any, labelled: Any) -> Any:
        """The distance between both kinds of windows; 0 where there are too few of either.

        Args:
            features: of all windows, ``(batch, width)``.
            labelled: which have labels, ``(batch,)``.
        """

    def build(self, network: Any) -> None:
        """Finds what the head is given."""
        self.features = Features(network)

    def around_loss(self, compute: Callable[[Batch], Loss], batch: Batch) -> Loss:
        """The loss, and how far both kinds of windows are apart."""
        if batch.weights is None:  # all have labels
            return compute(batch)
        loss, features = self.features.noted(compute, batch)
        return Loss(loss.value + self.weight * self.distance(features, batch.weights > 0), loss.outputs)


def shares(chosen: Any) -> Any:
    """What each of those chosen ``(batch,)`` has in their mean: one by their number, 0 of all others, float32."""
    counted = tf.cast(chosen, "float32")
    return tf.math.divide_no_nan(counted, tf.reduce_sum(counted))
