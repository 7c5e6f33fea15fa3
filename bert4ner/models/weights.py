"""The weights of a network by names that are the same in every process, read and assigned all together."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError
from bert4ner.models.pretrained.stores import some

_SHOWN = 8  # mistakes that a message names


def named_weights(network: Any) -> dict[str, Any]:
    """The variables of a network by layer, position in the layer and kind."""
    return {
        f"{layer.name}/{number}.{weight.name.rpartition('/')[2].partition(':')[0]}": weight
        for layer in network.layers
        for number, weight in enumerate(layer.weights)
    }


def check_finite(values: Mapping[str, np.ndarray], *, where: str) -> None:
    """Refuse weights that no training leaves.

    Raises:
        CheckpointError: one holds NaN or an infinite number; the message names it.
    """
    for name, value in values.items():
        if not np.isfinite(value).all():
            kind = "NaN" if np.isnan(value).any() else "an infinite number"
            raise CheckpointError(f"{where}: {name} holds {kind}; no network can use it, take an undamaged copy")


def assign_weights(network: Any, values: Mapping[str, np.ndarray], *, where: str) -> None:
    """Assign all weights of a network, or none; raises as `assign_all`."""
    assign_all(named_weights(network), values, where=where)


def assign_all(variables: Mapping[str, Any], values: Mapping[str, np.ndarray], *, where: str) -> None:
    """Assign all variables, or none.

    Raises:
        CheckpointError: one message naming every value that is missing, unexpected, or of another shape or type.
    """
    wrong = [f"{name} is missing" for name in variables if name not in values]
    wrong += [f"{some([name])} is unexpected" for name in values if name not in variables]
    for name, variable in variables.items():
        if name in values:
            wrong += _differences(name, values[name], variable)
    if wrong:
        more = f"; {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise CheckpointError(
            f"{where}: does not fit the network of its configuration: {'; '.join(wrong[:_SHOWN])}{more}"
        )
    for name, variable in variables.items():
        variable.assign(values[name])


def _differences(name: str, value: np.ndarray, variable: Any) -> list[str]:
    shape, kind = tuple(variable.shape), np.dtype(variable.dtype.as_numpy_dtype)
    if value.shape != shape:
        return [f"{name} has shape {value.shape}, expected {shape}"]
    fits = value.dtype == kind or value.dtype.kind == kind.kind == "f"  # floats of any width
    return [] if fits else [f"{name} has type {value.dtype}, expected {kind}"]
