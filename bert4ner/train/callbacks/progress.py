"""One progress bar on stderr for a whole training, only on a terminal: fold, epoch, activity, time left."""

import time
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from bert4ner.backend.frameworks import keras
from bert4ner.bars import progress_bar
from bert4ner.train.division import Place


class EpochProgress(keras.callbacks.Callback):
    """Shows fold, epoch, activity (compiling, training or scoring) and the estimated time left.

    Args:
        num_batches: batches in one epoch.
        epochs: maximum number of epochs.
        place: the position of the training within its run.
    """

    def __init__(self, num_batches: int, epochs: int = 1, place: Place = Place()):  # noqa: B008  (frozen)
        super().__init__()
        self.num_batches, self.epochs, self.place = num_batches, epochs, place
        self.bar: Progress | None = None
        self.epoch = 0
        self.done = 0  # batches of this process
        self.started = 0.0  # end of the first batch: it compiles, so its time is not representative

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Opens the bar if standard error is a terminal and log lines are shown there, too."""
        self.epoch = epoch
        if self.bar is None:
            columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TextColumn("{task.fields[left]}"))
            self.bar = progress_bar(*columns)
            if self.bar is None:
                return
            self.bar.start()
            self.bar.console.show_cursor(True)  # rich hides it, and a killed process would leave it hidden
            self.bar.add_task("", total=self.epochs * self.num_batches, left="")
        self._show("training" if self.done else "compiling")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Advances the bar."""
        if self.bar is None:
            return
        if not self.done:
            self.started = time.monotonic()
        self.done += 1
        completed = self.epoch * self.num_batches + batch + 1
        self.bar.update(self.bar.tasks[0].id, completed=completed, left=self._left(completed))
        self._show(f"loss {float(logs['loss']):.4f}")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Shows the next activity; log lines appear above the bar."""
        self._show("scoring")

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def _show(self, phase: str) -> None:
        if self.bar is not None:
            parts = [self.place.part, f"epoch {self.epoch + 1}/{self.epochs}", phase]
            self.bar.update(self.bar.tasks[0].id, description=", ".join(filter(None, parts)))

    def _left(self, completed: int) -> str:
        """Time left for this training and those after it, estimated from the batches so far and the pauses between."""
        if self.done < 2:
            return ""
        each = (time.monotonic() - self.started) / (self.done - 1)
        total = self.epochs * self.num_batches
        return f"about {_rounded(each * (total - completed + self.place.after * total))} left"


def _rounded(seconds: float) -> str:
    """An estimated time in words.

    Example:
        >>> _rounded(34), _rounded(700), _rounded(20_000)
        ('40 s', '12 min', '5.6 h')
    """
    if seconds < 90:
        return f"{10 * -(-seconds // 10):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
