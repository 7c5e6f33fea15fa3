"""Learning rate schedules: how rates rise and fall during a training."""

import math
from typing import Any

from bert4ner.backend.frameworks import keras, tf


class Warmup(keras.optimizers.schedules.LearningRateSchedule):
    """Rises from 0 to `peak` in `warmup_steps`, then falls to 0 at `total_steps` or stays constant.

    Args:
        peak: the highest rate.
        warmup_steps: updates until the peak.
        total_steps: updates of the whole training.
        schedule: "linear", "cosine" (slow at both ends) or "constant".

    References:
        Loshchilov and Hutter 2017, SGDR: Stochastic Gradient Descent with Warm Restarts (cosine, without restarts).
    """

    def __init__(self, peak: float, warmup_steps: int, total_steps: int, schedule: str = "linear"):
        super().__init__()
        self.peak = peak
        self.warmup_steps = warmup_steps
        self.total_steps = total_steps
        self.schedule = schedule

    def __call__(self, step: Any) -> Any:
        """The learning rate of the next update after `step` updates."""
        step = tf.cast(step, "float32") + 1.0  # a rate of 0 would waste the first update
        rising = step / max(1.0, float(self.warmup_steps))
        if self.schedule == "constant":
            return self.peak * tf.minimum(rising, 1.0)
        falling = (self.total_steps + 1 - step) / max(1.0, float(self.total_steps + 1 - self.warmup_steps))
        if self.schedule == "cosine":
            falling = (1.0 - tf.cos(math.pi * tf.clip_by_value(falling, 0.0, 1.0))) / 2.0
        return self.peak * tf.clip_by_value(tf.minimum(rising, falling), 0.0, 1.0)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the schedule, as Keras saves them."""
        return {
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "total_steps": self.total_steps,
            "schedule": self.schedule,
        }


class Later(keras.optimizers.schedules.LearningRateSchedule):
    """The rates of another schedule from its update `start` on, with a warm-up of their own.

    Args:
        whole: the other schedule.
        start: number of its updates to skip.
        warmup_steps: updates in which rates rise from 0 to those of the schedule.
    """

    def __init__(self, whole: Any, start: int, warmup_steps: int):
        super().__init__()
        self.whole = whole
        self.start = start
        self.warmup_steps = warmup_steps

    def __call__(self, step: Any) -> Any:
        """The learning rate of the next update after `step` updates, counted from `start`."""
        rising = (tf.cast(step, "float32") + 1.0) / max(1.0, float(self.warmup_steps))
        return self.whole(step + self.start) * tf.minimum(rising, 1.0)

    def get_config(self) -> dict[str, Any]:
        """The arguments of the schedule, as Keras saves them."""
        return {"whole": self.whole, "start": self.start, "warmup_steps": self.warmup_steps}


class Rising(keras.optimizers.schedules.LearningRateSchedule):
    """Rises from `lowest` to `highest` in `total_steps`, by the same factor at every step.

    References:
        Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.3.
    """

    def __init__(self, lowest: float, highest: float, total_steps: int):
        super().__init__()
        self.lowest = lowest
        self.highest = highest
        self.total_steps = total_steps

    def __call__(self, step: Any) -> Any:
        """The learning rate of the next update after `step` updates."""
        share = tf.cast(step, "float32") / max(1.0, float(self.total_steps - 1))
        return self.lowest * tf.exp(share * math.log(self.highest / self.lowest))

    def get_config(self) -> dict[str, Any]:
        """The arguments of the schedule, as Keras saves them."""
        return {"lowest": self.lowest, "highest": self.highest, "total_steps": self.total_steps}
