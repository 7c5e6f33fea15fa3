"""Access to calls of Keras layers, which Keras keeps private: their order in a network, and replacing one of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from bert4ner.backend.frameworks import keras


def sources_of_calls(network: Any, layer: Any) -> list[tuple[str, int]]:
    """The input of each call of a layer, in the order in which a forward pass makes the calls.

    Args:
        network: a functional `keras.Model`.
        layer: one of its layers, which reads one tensor.

    Returns:
        For each call, the name of the layer that made the input, and the index of that layer's output.
    """
    depths = network._nodes_by_depth
    nodes = [node for depth in sorted(depths, reverse=True) for node in depths[depth] if node.layer is layer]
    return [(source.name, number) for node in nodes for source, _, number, _ in node.iterate_inbound()]


@contextmanager
def replaced_call(layer: Any, call: Callable[..., Any]) -> Iterator[None]:
    """Replace a layer's `call` while the context is open; replacements can be nested.

    Args:
        layer: the layer.
        call: the replacement; takes the same arguments as the layer's own `call`.
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
    """Returns a function that enters the current layer call again later, above all with its `training` flag."""
    context = keras.src.engine.base_layer_utils.call_context()
    state = dict(context._state)
    return lambda: context.enter(**state)
