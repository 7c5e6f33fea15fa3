"""The mean of the weights at the ends of some epochs, which is scored and saved in their place."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options.fields import Range
from bert4ner.train.modifiers.averaging import WeightAverage
from bert4ner.train.modifiers.ranges import check_whole


@final
class EpochMean(WeightAverage):
    """Averages the weights that epochs end with, all alike (SWA): the mean is scored and saved, training goes on.

    Epochs are counted from 1: `first`, and each that is a multiple of `every` later. Before there is a mean, the
    weights are scored as they are. The rates keep their schedule.

    Args:
        first: the first epoch whose weights count; at least 1, and not beyond the epochs of the training.
        every: of how many epochs from then on one counts; at least 1.

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
        """The mean of nothing."""
        with tf.init_scope():
            return [tf.Variable(tf.zeros_like(weight), trainable=False) for weight in network.trainable_variables]

    def end_epoch(self, epoch: int) -> None:
        """Takes the weights into the mean, if the epoch is one of those chosen."""
        since = epoch + 1 - self.first
        if since < 0 or since % self.every:
            return
        self.updates.assign_add(1)
        share = 1.0 / tf.cast(self.updates, "float32")
        for mean, weight in zip(self.averages, self.weights, strict=True):
            mean.assign_add(share * (weight - mean))
