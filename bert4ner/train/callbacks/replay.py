"""Sets the random state at the start of every epoch from seed and epoch alone, so that a training can resume."""

from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.backend.randomness import reseed
from bert4ner.train.step import step_of


class Replay(keras.callbacks.Callback):
    """Sets every random generator of the network from (seed, epoch), so that dropout is the same after a resume.

    It also informs the modifiers of the training step when an epoch begins or ends, so put it before `EntityScores`.
    """

    def __init__(self, seed: int):
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Sets the generators of dropout and of the training step for this epoch."""
        reseed(self.model, self.seed, epoch)
        step = step_of(self.model)
        if step is not None:
            step.begin_epoch(epoch)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Informs the training step."""
        step = step_of(self.model)
        if step is not None:
            step.end_epoch(epoch)
