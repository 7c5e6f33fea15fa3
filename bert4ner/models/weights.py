"""The weights of a network by names that are the same in every process, read and assigned all together."""

from typing import Any

import numpy as np

from bert4ner.errors import CheckpointError


def named_weights(network: Any) -> dict[str, Any]:
    """The variables of a network by layer, position in the layer and kind."""
    return {
        f"{layer.name}/{number}.{weight.name.rpartition('/')[2].partition(':')[0]}": weight
        for layer in network.layers
        for number, weight in enumerate(layer.weights)
    }


def assign_weights(network: Any, values: dict[str, np.ndarray], *, where: str) -> None:
    """Assign all weights of a network, or none.

    Raises:
        CheckpointError: one message naming every weight that is missing, unexpected or of another shape.
    """
    named = named_weights(network)
    wrong = [f"{name} is missing" for name in named if name not in values]
    wrong += [f"{name} is unexpected" for name in values if name not in named]
    wrong += [
        f"{name} has shape {values[name].shape}, expected {tuple(weight.shape)}"
        for name, weight in named.items()
        if name in values and values[name].shape != tuple(weight.shape)
    ]
    if wrong:
        raise CheckpointError(f"{where}: does not fit the network of its configuration: {'; '.join(wrong)}")
    for name, weight in named.items():
        weight.assign(values[name])
