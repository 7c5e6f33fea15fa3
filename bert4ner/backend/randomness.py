"""Where Keras keeps the randomness of a network."""

from typing import Any


def random_generators(network: Any) -> list[Any]:
    """The generator of every layer of a network that draws random numbers, dropout for example, in a fixed order."""
    return [
        layer._random_generator._generator
        for layer in network._flatten_layers()
        if getattr(getattr(layer, "_random_generator", None), "_generator", None) is not None
    ]
