"""The state that a killed training resumes from: weights, optimizer, modifiers of the step, history."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from bert4ner.backend.frameworks import keras
from bert4ner.data.writing import atomic_write
from bert4ner.errors import CheckpointError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.train.callbacks.history import History
from bert4ner.train.optimizers import state_variables
from bert4ner.train.step import step_of


class SaveState(keras.callbacks.Callback):
    """Writes after every epoch what `resume` needs to go on as if the training had not been stopped.

    It stands last in the list of callbacks: the files that others write are then never older than the state.

    Args:
        path: the file, replaced whole or not at all.
        history: its lines are part of the state.
    """

    def __init__(self, path: Path, history: History):
        super().__init__()
        self.path = path
        self.history = history

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Writes the state, aside first, so that a killed process leaves the one before."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        values = {f"network/{name}": value for name, value in NERModel.of(self.model).weights().items()}
        values.update({name: np.asarray(variable) for name, variable in self._others().items()})
        with atomic_write(self.path, binary=True) as aside:  # by name: `save` would hold it all twice more
            save_file(values, aside.name, metadata={"history": json.dumps(self.history.lines)})

    def _others(self) -> dict[str, Any]:
        """The variables beside the network's, by name."""
        variables = {f"optimizer/{n}": variable for n, variable in enumerate(state_variables(self.model.optimizer))}
        step = step_of(self.model)
        if step is not None:
            variables.update({f"modifier/{name}": variable for name, variable in step.variables().items()})
        return variables

    def resume(self) -> int:
        """Take up the state, if there is one; returns the number of epochs that are complete.

        The model must be set, and compiled as it was.

        Raises:
            RunError: the state is damaged or belongs to another network.
        """
        if not self.path.is_file():
            return 0
        try:
            values = load_file(self.path)
            with safe_open(self.path, framework="numpy") as state:
                lines = json.loads(state.metadata()["history"])
            network = {name.partition("/")[2]: value for name, value in values.items() if name.startswith("network/")}
            NERModel.of(self.model).set_weights(network, where=str(self.path))
            for name, variable in self._others().items():
                variable.assign(values[name])
        except (SafetensorError, OSError, KeyError, TypeError, ValueError, CheckpointError) as error:
            raise RunError(
                f"{self.path}: damaged ({error}); delete the folder {self.path.parent.parent} to start it anew"
            ) from None
        self.history.lines = lines
        self.history.write()
        return len(lines)
