"""The file that a killed training resumes from: weights of the network, whatever else changes with them, history."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from bert4ner.data.writing import atomic_write
from bert4ner.errors import CheckpointError, RunError
from bert4ner.models.weights import assign_weights, named_weights
from bert4ner.train.optimizers import state_variables

_NETWORK = "network/"


def optimizer_variables(optimizer: Any) -> dict[str, Any]:
    """The variables of an optimizer by the names that they have in the file."""
    return {f"optimizer/{number}": variable for number, variable in enumerate(state_variables(optimizer))}


def write_state(path: Path, network: Any, others: Mapping[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    """Write the state whole or not at all: a process that is killed leaves the one before.

    Args:
        path: the file; missing folders are made.
        network: whose weights are part of it.
        others: more variables by name.
        lines: of the history.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {f"{_NETWORK}{name}": weight for name, weight in named_weights(network).items()}
    values = {name: np.asarray(variable) for name, variable in {**weights, **others}.items()}
    with atomic_write(path, binary=True) as aside:  # by name: `save` would hold it all twice more
        save_file(values, aside.name, metadata={"history": json.dumps(lines)})


def take_up_state(path: Path, network: Any, others: Mapping[str, Any], *, cure: str) -> list[dict[str, Any]]:
    """Assign what `write_state` wrote; returns the lines of the history, none where there is no file.

    Raises:
        RunError: the state is damaged or belongs to another network; `cure` says what to do then.
    """
    if not path.is_file():
        return []
    try:
        values = load_file(path)
        with safe_open(path, framework="numpy") as state:
            lines: list[dict[str, Any]] = json.loads(state.metadata()["history"])
        weights = {name.removeprefix(_NETWORK): value for name, value in values.items() if name.startswith(_NETWORK)}
        assign_weights(network, weights, where=str(path))
        for name, variable in others.items():
            variable.assign(values[name])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, CheckpointError) as error:
        raise RunError(f"{path}: damaged ({error}); {cure}") from None
    return lines
