"""A callback for tests, which the process that trains can import: it writes down epochs and scores."""

import os
from pathlib import Path
from typing import Any

from tf_keras.callbacks import Callback  # before bert4ner has imported it, as a user's module may

from bert4ner.errors import RunError


class Reporting(Callback):
    """Writes a line for each epoch, one file a process; fails in the second process while `fail_in` exists."""

    def __init__(self, folder: Path, fail_in: Path | None = None):
        super().__init__()
        self.folder, self.fail_in = folder, fail_in

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.folder.mkdir(exist_ok=True)
        others = {path.name for path in self.folder.iterdir()} - {str(os.getpid())}
        if others and self.fail_in is not None and self.fail_in.exists():
            raise RunError("the callback failed")
        with (self.folder / str(os.getpid())).open("a", encoding="utf-8") as message:
            message.write(f"{epoch} {logs['f1']}\n")
