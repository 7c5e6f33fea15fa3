"""Variables that take no memory while a network is built: names and shapes are there, values follow from a file.

TensorFlow makes such variables itself where it restores a saved model.
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bert4ner.backend.frameworks import tf

_context: Any = importlib.import_module("tensorflow.python.eager.context")  # after TensorFlow, which is activated
_variables: Any = importlib.import_module("tensorflow.python.ops.resource_variable_ops")
_HEEDED = ("trainable", "name", "shape", "dtype", "constraint")


@dataclass(frozen=True)
class _Made:
    """A variable, what gives its first value, and where TensorFlow was in its seeds when it was made."""

    variable: Any
    initial: Callable[[], Any]
    place: Any


@dataclass(frozen=True)
class Unfilled:
    """The variables that were made without values."""

    _made: list[_Made] = field(default_factory=list)

    def fill(self) -> None:
        """Give each variable that has no value by now the one that it would have begun with."""
        now = _place()
        for each in self._made:
            if not each.variable.is_initialized():
                _go_to(each.place)
                each.variable.assign(each.initial())
        _go_to(now)
        self._made.clear()


@contextmanager
def unfilled_variables() -> Iterator[Unfilled]:
    """Layers that are built while this is open get variables without values.

    Whatever is drawn at random afterwards is what it would be if they had values.
    """
    unfilled = Unfilled()

    def create(usual: Callable[..., Any], **described: Any) -> Any:
        initial, shape = described["initial_value"], described.get("shape")
        draw = getattr(initial, "func", None)  # Keras joins an initializer and its shape
        if draw is None or not shape:
            return usual(**described)
        place = _place()
        draw((0, *shape[1:]), dtype=described["dtype"])  # nothing, but it takes the seeds that drawing all takes
        variable = _variables.UninitializedVariable(**{key: described[key] for key in _HEEDED})
        unfilled._made.append(_Made(variable, initial, place))
        return variable

    with tf.variable_creator_scope(create):
        yield unfilled


def _place() -> Any:
    """Where TensorFlow is in the seeds that it gives to one operation after the other; None where there is no seed."""
    source = getattr(_context.context(), "_rng", None)
    return None if source is None else source.getstate()


def _go_to(place: Any) -> None:
    if place is not None:
        _context.context()._rng.setstate(place)
