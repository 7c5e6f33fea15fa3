"""A running average of the weights over the steps, scored and saved instead of them."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.train.modifiers.averaging import RunningAverage


@final
class MovingAverage(RunningAverage):
    """Only averages the weights exponentially; see `RunningAverage`.

    Args:
        decay: maximum share of the previous average in the new one; within [0, 1).

    Raises:
        ConfigError: `decay` is outside its range.
    """

    def __init__(self, decay: float = 0.99):
        super().__init__("ema", decay)

    def averages_for(self, network: Any) -> list[Any]:
        """Separate variables."""
        with tf.init_scope():
            return [tf.Variable(weight.read_value(), trainable=False) for weight in network.trainable_variables]
