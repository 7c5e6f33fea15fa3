"""Calls of Keras' layers, which Keras keeps to itself: their order in a network, and how to make part of one again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from bert4ner.backend.frameworks import keras


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


@contextmanager
def replaced_call(layer: Any, call: Callable[..., Any]) -> Iterator[None]:
    """While open, calls of a layer do something else; then what they did before, which may be replaced as well.

    Args:
        layer: the layer.
        call: takes what its own `call` takes.
    """
    before = vars(layer).get("call")
    layer.call = call
    try:
        yield
    finally:
        del layer.call
        if before is not None:
            layer.call = before


def current_call() -> Callable[[], AbstractContextManager[Any]]:
    """Opens, at any later time, the call of a layer that is going on now: whether it is of training, above all."""
    context = keras.src.engine.base_layer_utils.call_context()
    state = dict(context._state)
    return lambda: context.enter(**state)
