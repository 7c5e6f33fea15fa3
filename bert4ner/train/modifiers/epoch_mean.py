"""The mean of the weights at the ends of some epochs, scored and saved instead of the weights."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options import Range
from bert4ner.train.modifiers.averaging import WeightAverage
from bert4ner.train.modifiers.ranges import check_whole


@final
class EpochMean(WeightAverage):
    """Averages the weights at the ends of epochs equally (SWA): the mean is scored and saved, training continues.

    The mean includes the epochs `first`, `first` + `every` and so on, counted from 1. Before these, the weights
    themselves are scored. The rates keep their schedule.

    Args:
        first: the first epoch to include; at least 1, and not beyond the epochs of the training.
        every: distance between the epochs to include; at least 1.

    Raises:
        ConfigError: an option is outside its range.

    References:
        Izmailov et al. 2018, Averaging Weights Leads to Wider Optima and Better Generalization.
    """

    def __init__(self, first: int = 5, every: int = 1):
        check_whole("swa", Range(low=1), first=first, every=every)
        self.first = first
        self.every = every

    def check(self, config: Config, encoder: EncoderConfig) -> None:
        """Refuses a training that ends before there is a mean."""
        epochs = config.optimization.epochs
        if self.first > epochs:
            raise ConfigError(
                f"the modifier swa begins with epoch first={self.first}, but epochs={epochs}; "
                f"name an earlier one, such as swa:first={max(1, epochs // 2)}"
            )

    def averages_for(self, network: Any) -> list[Any]:
        """The empty mean."""
        with tf.init_scope():
            return [tf.Variable(tf.zeros_like(weight), trainable=False) for weight in network.trainable_variables]

    def end_epoch(self, epoch: int) -> None:
        """Adds the weights to the mean if the epoch is included."""
        since = epoch + 1 - self.first
        if since < 0 or since % self.every:
            return
        self.updates.assign_add(1)
        share = 1.0 / tf.cast(self.updates, "float32")
        for mean, weight in zip(self.averages, self.weights, strict=True):
            mean.assign_add(share * (weight - mean))
