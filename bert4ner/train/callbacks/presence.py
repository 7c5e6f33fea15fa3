"""Stops a training whose folder was removed or renamed: it would write what nobody finds, or can resume from."""

from pathlib import Path
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.data.durable import make_folder
from bert4ner.runs.lock import removed


class Presence(keras.callbacks.Callback):
    """Creates the folder of a training, and stops the training at the end of an epoch if it is no longer there.

    It comes before the callbacks that write into it, which would create it again.

    Args:
        folder: the folder.

    Raises:
        RunError: it is not there.
    """

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    def on_train_begin(self, logs: Any = None) -> None:
        """Creates the folder."""
        make_folder(self.folder)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Raises a RunError if the folder is gone."""
        if not self.folder.is_dir():
            raise removed(self.folder)
