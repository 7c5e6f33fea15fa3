"""The mean of the weights at the ends of some epochs, which is scored and saved in their place."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.pretrained import EncoderConfig
from bert4ner.options.fields import Range
from bert4ner.train.modifiers.exchange import exchanged
from bert4ner.train.modifiers.ranges import check_whole
from bert4ner.train.step import Modifier


@final
class EpochMean(Modifier):
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

    role = "an average of the weights"

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

    def build(self, network: Any) -> None:
        """Creates the mean, of nothing yet."""
        self.weights = list(network.trainable_variables)
        with tf.init_scope():
            self.means = [tf.Variable(tf.zeros_like(weight), trainable=False) for weight in self.weights]
            self.count = tf.Variable(0, trainable=False, dtype="int64")

    def end_epoch(self, epoch: int) -> None:
        """Takes the weights into the mean, if the epoch is one of those chosen."""
        since = epoch + 1 - self.first
        if since < 0 or since % self.every:
            return
        self.count.assign_add(1)
        share = 1.0 / tf.cast(self.count, "float32")
        for mean, weight in zip(self.means, self.weights, strict=True):
            mean.assign_add(share * (weight - mean))

    def variables(self) -> list[Any]:
        """The number of epochs in the mean, and the means."""
        return [self.count, *self.means]

    @contextmanager
    def evaluation(self) -> Iterator[None]:
        """Puts the mean in the place of the weights, for as long as the context lasts."""
        with exchanged(self.weights, self.means if int(self.count) else self.weights):
            yield
