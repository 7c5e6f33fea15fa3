"""The state that a killed training resumes from: weights, optimizer, modifiers of the step, history."""

from pathlib import Path
from typing import Any

from bert4ner.backend.frameworks import keras
from bert4ner.train.callbacks.history import History
from bert4ner.train.state_file import optimizer_variables, take_up_state, write_state
from bert4ner.train.step import step_of


class SaveState(keras.callbacks.Callback):
    """Writes, after every epoch, all that `resume` needs to continue as if the training had not stopped.

    It must be the last callback, so that the files of other callbacks are never older than the state.

    Args:
        path: the file, replaced whole or not at all.
        history: its lines are part of the state.
        before: number of epochs completed before the optimizer started.
    """

    def __init__(self, path: Path, history: History, before: int = 0):
        super().__init__()
        self.path = path
        self.history = history
        self.before = before

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the state."""
        self.save()

    def save(self) -> None:
        """Write the state aside, then rename it, so that a killed process leaves the previous state."""
        write_state(self.path, self.model, self._others(), self.history.lines, before=self.before)

    def _others(self) -> dict[str, Any]:
        """The variables other than the network's, by name."""
        variables = optimizer_variables(self.model.optimizer)
        step = step_of(self.model)
        if step is not None:
            variables.update({f"modifier/{name}": variable for name, variable in step.variables().items()})
        return variables

    def resume(self) -> int:
        """Load the state, if there is one; returns the number of completed epochs.

        The model must be set, and compiled as before.

        Raises:
            RunError: the state is damaged or belongs to another network.
        """
        if not self.path.is_file():
            return 0
        cure = f"delete the folder {self.path.parent.parent} to start it anew"
        self.history.lines = take_up_state(self.path, self.model, self._others(), cure=cure)
        self.history.write()
        return len(self.history.lines)
