"""RECOMPUTE=1: layers that compute their inner values again for the gradient instead of keeping them.

bert4keras' own way asks for a part of TensorFlow that exists no more, draws other dropout in the second pass than in
the first, and does nothing in graphs of tf-keras.

References:
    Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost.
"""

import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bert4ner.backend.first import base_layer_utils, tf


def mend(backend: Any) -> None:
    """Give `bert4keras.backend` a decorator of `call` that recomputes, where RECOMPUTE asked for it."""
    if backend.do_recompute:
        backend.recompute_grad = recompute_grad


def recompute_grad(call: Callable[..., Any]) -> Callable[..., Any]:
    """A layer's `call` whose inner values are not kept for its gradient."""
    accepted = inspect.signature(call).parameters

    @functools.wraps(call)
    def recomputed(self: Any, inputs: Any, **kwargs: Any) -> Any:
        kwargs = {name: value for name, value in kwargs.items() if name in accepted or name not in ("mask", "training")}
        if _seeds.stack:  # a part of a layer that is recomputed anyway
            return call(self, inputs, **kwargs)
        seed = tf.random.uniform([2], maxval=tf.int32.max, dtype=tf.int32)
        context = base_layer_utils.call_context()  # inner layers ask it whether they are within another
        within = context.call_context_args

        def compute(*flat: Any) -> Any:
            with _seeded(seed), context.enter(self, inputs, True, within):
                return call(self, tf.nest.pack_sequence_as(inputs, flat), **kwargs)

        return _block(compute)(*tf.nest.flatten(inputs))

    return recomputed


def _block(compute: Callable[..., Any]) -> Callable[..., Any]:
    @tf.custom_gradient
    def block(*flat: Any) -> Any:
        def gradient(*upstream: Any, variables: Any = None) -> Any:
            with tf.control_dependencies(upstream):  # not before, and not merged with the first pass
                again = [tf.stop_gradient(each) for each in flat]
            outputs = tf.nest.flatten(compute(*again))
            gradients = tf.gradients(outputs, [*again, *(variables or [])], grad_ys=list(upstream))
            own, of_variables = gradients[: len(again)], gradients[len(again) :]
            return (own, of_variables) if variables is not None else own

        return tf.nest.map_structure(tf.identity, compute(*flat)), gradient

    recomputed: Callable[..., Any] = block
    return recomputed


class _Seeds(threading.local):
    def __init__(self) -> None:
        self.stack: list[Any] = []


_seeds = _Seeds()


@contextmanager
def _seeded(seed: Any) -> Iterator[None]:
    """While open, dropout draws what `seed` says, one drawing after the other."""
    _seeds.stack.append([seed, 0])
    try:
        yield
    finally:
        _seeds.stack.pop()


def next_seed() -> Any:
    """Two numbers for a stateless drawing within a recomputed layer; None elsewhere."""
    if not _seeds.stack:
        return None
    top = _seeds.stack[-1]
    top[1] += 1
    return top[0] + tf.constant([0, top[1]])
