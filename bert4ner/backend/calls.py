"""In which order a network of Keras calls a layer that it calls several times; Keras keeps that to itself."""

from typing import Any


def sources_of_calls(network: Any, layer: Any) -> list[tuple[str, int]]:
    """What each call of a layer reads, in the order in which a forward pass makes the calls.

    Args:
        network: a `keras.Model` of inputs and outputs.
        layer: one of its layers, which reads one tensor.

    Returns:
        Name of the layer, and which of its outputs.
    """
    depths = network._nodes_by_depth
    nodes = [node for depth in sorted(depths, reverse=True) for node in depths[depth] if node.layer is layer]
    return [(source.name, number) for node in nodes for source, _, number, _ in node.iterate_inbound()]
