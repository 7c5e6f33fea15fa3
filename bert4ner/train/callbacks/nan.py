"""A loss that is no number ends the training, and the documents that led there are named."""

from typing import Any

import numpy as np

from bert4ner.backend.frameworks import keras
from bert4ner.errors import RunError
from bert4ner.train.batches import TrainingBatches


class StopAtNaN(keras.callbacks.Callback):
    """Stops at the first batch whose loss is no number.

    Args:
        batches: what is trained on; with it, the documents of the batch are named.

    Raises:
        RunError: at the end of that batch.
    """

    def __init__(self, batches: TrainingBatches | None = None):
        super().__init__()
        self.batches = batches
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remembers the epoch, for the message."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Raises a RunError that names the batch and a cure, if the loss is no number."""
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
