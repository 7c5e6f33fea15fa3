"""The file that a killed training resumes from: weights, all other variables of the training, and the history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.numpy import load_file

from bert4ner.data.writing import atomic_write
from bert4ner.errors import CheckpointError, RunError, said
from bert4ner.models.tensor_file import Arrays, write_tensors
from bert4ner.models.weights import assign_all, named_weights
from bert4ner.runs.files import RUN_FILES
from bert4ner.runs.history import in_json
from bert4ner.schema import Reader
from bert4ner.schema.tensors import read_header
from bert4ner.train.optimizers import state_variables

_NETWORK = "network/"
_HISTORY, _BEFORE = "history", "epochs_before"


def optimizer_variables(optimizer: Any) -> dict[str, Any]:
    """The variables of an optimizer by their names in the file."""
    return {f"optimizer/{number}": variable for number, variable in enumerate(state_variables(optimizer))}


def write_state(
    path: Path, network: Any, others: Mapping[str, Any], lines: Sequence[dict[str, Any]], *, before: int = 0
) -> None:
    """Write the state whole or not at all: a killed process leaves the previous state.

    Args:
        path: the file; missing folders are created.
        network: its weights are part of the state.
        others: further variables by name.
        lines: of the history.
        before: number of epochs completed before the optimizer started; see `read_before`.
    """
    metadata = {_HISTORY: json.dumps(in_json(lines))} | ({_BEFORE: str(before)} if before else {})
    with atomic_write(path, binary=True) as file:
        write_tensors(file, Arrays(_variables(network, others)), metadata=metadata)


def _variables(network: Any, others: Mapping[str, Any]) -> dict[str, Any]:
    return {**{f"{_NETWORK}{name}": weight for name, weight in named_weights(network).items()}, **others}


def read_before(path: Path) -> int:
    """Number of epochs completed before the optimizer of a state started; 0 if it is missing or unreadable."""
    try:
        before = read_header(path, RUN_FILES).metadata.get(_BEFORE, "0")
    except RunError:  # `take_up_state` reports the damage
        return 0
    return int(before) if before.isdecimal() and len(before) < 10 else 0


def take_up_state(path: Path, network: Any, others: Mapping[str, Any], *, cure: str) -> list[dict[str, Any]]:
    """Assign the state that `write_state` wrote; returns the lines of the history, none without a file.

    Raises:
        RunError: the state is damaged or belongs to another network; the message ends with `cure`.
    """
    if not path.is_file():
        return []
    reader = replace(RUN_FILES, cure=cure)
    metadata = read_header(path, reader).metadata
    lines = _lines(metadata.get(_HISTORY, ""), path, reader)
    try:
        values = load_file(path)
        assign_all(_variables(network, others), values, where=str(path))
    except CheckpointError as error:
        raise RunError(f"{error}; {cure}") from None
    except (SafetensorError, OSError) as error:
        raise reader.refusal(path, said(error)) from None
    return lines


def _lines(history: str, path: Path, reader: Reader) -> list[dict[str, Any]]:
    """The lines of a history, of whatever training: numbers by name."""
    lines = reader.parse(history, path, "its history: ")
    reader.build(tuple[Mapping[str, float | None], ...], lines, path, "its history: ")
    found: list[dict[str, Any]] = lines
    return found
