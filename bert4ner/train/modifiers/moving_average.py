"""An average of the weights over the steps, which is scored and saved in their place."""

from typing import Any, final

from bert4ner.backend.frameworks import tf
from bert4ner.train.modifiers.averaging import RunningAverage


@final
class MovingAverage(RunningAverage):
    """Averages the weights exponentially and does nothing else; see `RunningAverage`.

    Args:
        decay: share of the average that an update leaves in it, at most; within [0, 1).

    Raises:
        ConfigError: `decay` is outside its range.
    """

    def __init__(self, decay: float = 0.99):
        super().__init__("ema", decay)

    def averages_for(self, network: Any) -> list[Any]:
        """Variables of their own."""
        with tf.init_scope():
            return [tf.Variable(weight.read_value(), trainable=False) for weight in network.trainable_variables]
