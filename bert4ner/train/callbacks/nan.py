"""Stops the training if the loss is not a number, and names the documents of the batch."""

from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras
from bert4ner.errors import RunError
from bert4ner.train.batches import TrainingBatches


class StopAtNaN(keras.callbacks.Callback):
    """Stops at the first batch whose loss is not a number.

    Args:
        batches: the training batches; with them, the message names the documents of the batch.

    Raises:
        RunError: the loss of a batch is not a number.
    """

    def __init__(self, batches: TrainingBatches | None = None):
        super().__init__()
        self.batches = batches
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remembers the epoch, for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Raises a RunError that names the batch and a cure if the loss is not a number."""
        if not np.isfinite(logs["loss"]):
            place = f"epoch {self.epoch + 1}, batch {batch + 1}"
            raise RunError(f"the loss became {logs['loss']} in {place}{self._and_cure(batch)}")

    def _and_cure(self, batch: int) -> str:
        if self.batches is None:
            return "; lower the learning rate"
        ids = self.batches.documents_of(self.epoch, batch)
        shown = ", ".join(ids[:8]) + (f" and {len(ids) - 8} more" if len(ids) > 8 else "")
        cure = "lower --learning-rate, or look at these documents with `bert4ner audit`"
        return f", with documents {shown}; {cure}"
