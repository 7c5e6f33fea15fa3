"""Repairs of tf-keras' layers of TensorFlow 1: what Keras 2 called, gave and accepted otherwise."""

from collections.abc import Callable
from typing import Any

from tensorflow.python.framework import tensor as tensors
from tf_keras.src import backend
from tf_keras.src.engine import base_layer, base_layer_v1, functional, node
from tf_keras.src.metrics import base_metric
from tf_keras.src.utils import tf_utils

from bert4ner.backend.first import tf
from bert4ner.backend.first_dialect import Repair, dialect


class Length(int):
    """A length of an axis, as TensorFlow 1 asked for it, too: `shape[-1].value`."""

    @property
    def value(self) -> int:
        """The number itself."""
        return int(self)


class Shape(tf.TensorShape):
    """What `build` is given: its items are numbers and None as in Keras 2; all else is as in TensorFlow 1."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return Shape(self.as_list()[key])
        length = self.as_list()[key]
        return None if length is None else Length(length)

    def __iter__(self) -> Any:
        return (self[place] for place in range(len(self)))

    def __add__(self, other: Any) -> "Shape":
        return Shape([*self, *other])

    def __radd__(self, other: Any) -> "Shape":
        return Shape([*other, *self])

    def __repr__(self) -> str:
        return repr(tuple(self.as_list())) if self.rank is not None else super().__repr__()

    __str__ = __repr__


def repaired() -> list[Repair]:
    """What layers do as in Keras 2."""
    layer = base_layer_v1.Layer
    return [
        Repair(tf_utils, "get_shapes", _shapes),
        Repair(layer, "_init_set_name", _numbered(layer._init_set_name)),
        Repair(functional.Functional, "_init_set_name", _numbered(functional.Functional._init_set_name)),
        Repair(layer, "add_weight", _add_weight(layer.add_weight)),
        Repair(layer, "add_metric", _add_metric(layer.add_metric)),
        Repair(base_layer.Layer, "trainable_weights", _settable("trainable_weights")),
        Repair(base_layer.Layer, "non_trainable_weights", _settable("non_trainable_weights")),
        Repair(node.Node, "input_tensors", property(_input_tensors)),
        Repair(node.Node, "input_masks", property(lambda self: _masks(self.input_tensors))),
        Repair(node.Node, "output_masks", property(lambda self: _masks(tf.nest.flatten(self.outputs)))),
        Repair(tensors.Tensor, "_keras_shape", property(_keras_shape, _set_keras_shape)),
    ]


def _shapes(inputs: Any) -> Any:
    return tf.nest.map_structure(_shape, inputs)


def _shape(tensor: Any) -> Any:
    shape = getattr(tensor, "shape", None)
    return shape if shape is None or shape.rank is None else Shape(shape)


def _numbered(original: Callable[..., None]) -> Callable[..., None]:
    def _init_set_name(self: Any, name: str | None, zero_based: bool = True) -> None:
        counted_from_one = dialect.keras and not isinstance(self, base_metric.Metric)
        original(self, name, zero_based and not counted_from_one)

    return _init_set_name


def _add_weight(original: Callable[..., Any]) -> Callable[..., Any]:
    def add_weight(self: Any, *args: Any, **kwargs: Any) -> Any:
        if args and isinstance(args[0], tuple | list | tf.TensorShape):  # Keras 1 and 2.0: shape, initializer
            kwargs.update(zip(("shape", "initializer"), args, strict=False))
            args = ()
        return original(self, *args, **kwargs)

    return add_weight


def _add_metric(original: Callable[..., None]) -> Callable[..., None]:
    def add_metric(self: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        if args and args[0] not in (None, "mean"):  # Keras 2.3: value, name
            kwargs.setdefault("name", args[0])
            args = ()
        if not hasattr(value, "_metric_obj"):
            kwargs.setdefault("aggregation", "mean")
        original(self, value, *args, **kwargs)

    return add_metric


def _settable(name: str) -> property:
    """A list of weights that `build` may set, as it did in Keras 2."""
    original = getattr(base_layer.Layer, name)

    def assign(self: Any, weights: Any) -> None:
        known = {id(weight) for weight in (*self._trainable_weights, *self._non_trainable_weights)}
        listed = getattr(self, f"_{name}")
        for weight in weights:
            if id(weight) not in known:
                listed.append(weight)
                backend.track_variable(weight)

    return property(original.fget, assign)


def _input_tensors(self: Any) -> list[Any]:
    return list(tf.nest.flatten(self.outputs if self.is_input else self.keras_inputs))


def _masks(inputs: list[Any]) -> list[Any]:
    return [getattr(each, "_keras_mask", None) for each in inputs]


def _keras_shape(self: Any) -> Any:
    return vars(self).get("_shape_of_keras", backend.int_shape(self))


def _set_keras_shape(self: Any, shape: Any) -> None:
    vars(self)["_shape_of_keras"] = shape
