"""A progress bar on stderr while an epoch runs, on a terminal only."""

import logging
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bert4ner.backend.frameworks import keras

logger = logging.getLogger(__name__)


class EpochProgress(keras.callbacks.Callback):
    """Shows batches done, loss and time left of the current epoch."""

    def __init__(self, num_batches: int):
        super().__init__()
        self.num_batches = num_batches
        self.bar: Progress | None = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Opens a bar, where standard error is a terminal and the log's lines are shown as well."""
        console = Console(stderr=True)
        if not console.is_terminal or console.is_jupyter or not logger.isEnabledFor(logging.INFO):
            return
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self.bar = Progress(*columns, console=console, transient=True)
        self.bar.start()
        console.show_cursor(True)  # rich hides it, and a killed process leaves it so
        self.task = self.bar.add_task(f"epoch {epoch + 1}", total=self.num_batches)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Moves the bar on."""
        if self.bar is not None:
            loss = f"{float(logs['loss']):.4f}"
            description = self.bar.tasks[0].description.partition(",")[0]
            self.bar.update(self.task, completed=batch + 1, description=f"{description}, loss {loss}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Closes the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the bar that is still open, if the epoch was broken off."""
        self.on_epoch_end(0)
