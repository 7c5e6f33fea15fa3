"""Repairs of tf-keras' training of TensorFlow 1: what Keras 2 gave to callbacks and models, what broke since."""

import functools
import importlib
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from tf_keras.src import activations, callbacks
from tf_keras.src.engine import training_arrays_v1, training_generator_v1, training_utils_v1
from tf_keras.src.engine.sequential import Sequential
from tf_keras.src.losses import LossFunctionWrapper
from tf_keras.src.metrics.base_metric import MeanMetricWrapper, Reduce
from tf_keras.src.utils import losses_utils

from bert4ner.backend.first import tf
from bert4ner.backend.first_dialect import Repair
from bert4ner.backend.first_keras import KERAS

_REWRITTEN = ((LossFunctionWrapper, "call"), (MeanMetricWrapper, "update_state"))
_ACCURACY = {"acc": "accuracy", "accuracy": "acc"}


def repaired() -> list[Repair]:
    """What training does as in Keras 2."""
    deprecation = importlib.import_module("tensorflow.python.util.deprecation")
    as_written = tf.autograph.experimental.do_not_convert
    by_name = functools.partial(activations.serialize, use_legacy_format=True)
    return [
        # It describes functions in a way of h5 files that it does not read itself; their names are what it wrote then.
        Repair(activations, "serialize", by_name),
        Repair(importlib.import_module(f"{KERAS}.activations"), "serialize", by_name),
        # It marks each metric function, and a layer's method (CRF.sparse_accuracy) cannot be marked.
        Repair(training_utils_v1, "get_metric_function", _functions_for_methods(training_utils_v1.get_metric_function)),
        # Who runs a script of that time knows that its names are old; the log would bury what it prints.
        Repair(deprecation, "_PRINT_DEPRECATION_WARNINGS", False),
        Repair(training_arrays_v1, "fit_loop", _showing_arrays(training_arrays_v1.fit_loop)),
        Repair(training_generator_v1, "fit_generator", _showing_tuples(training_generator_v1.fit_generator)),
        *(Repair(callbacks.BaseLogger, name, _naming_both(name)) for name in ("on_batch_end", "on_epoch_end")),
        *(Repair(callbacks.ProgbarLogger, name, _naming_one(name)) for name in ("on_train_batch_end", "on_epoch_end")),
        Repair(callbacks.ModelCheckpoint, "__init__", _with_period(callbacks.ModelCheckpoint.__init__)),
        # It rewrites losses and metrics with AutoGraph, whose frames a search through all layers has no room for.
        *(Repair(owner, name, as_written(getattr(owner, name))) for owner, name in _REWRITTEN),
        Repair(Reduce, "update_state", _unweighted_numbers(Reduce.update_state)),
        Repair(
            losses_utils, "squeeze_or_expand_dimensions", _leaving_numbers(losses_utils.squeeze_or_expand_dimensions)
        ),
        Repair(Sequential, "predict_classes", lambda self, *args, **kwargs: _classes(self.predict(*args, **kwargs))),
        Repair(Sequential, "predict_proba", lambda self, *args, **kwargs: self.predict(*args, **kwargs)),
    ]


def _classes(probabilities: Any) -> Any:
    if probabilities.shape[-1] > 1:
        return probabilities.argmax(axis=-1)
    return (probabilities > 0.5).astype("int32")


def _functions_for_methods(original: Callable[..., Any]) -> Callable[..., Any]:
    def get_metric_function(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        if not isinstance(found, types.MethodType):
            return found

        @functools.wraps(found)
        def metric(*args: Any, **kwargs: Any) -> Any:
            return found(*args, **kwargs)

        return metric

    return get_metric_function


def _with_period(original: Callable[..., None]) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, period: int = 1, **kwargs: Any) -> None:  # noqa: N807  # that of the class
        original(self, *args, **kwargs)
        self.period = period

    return __init__


def _unweighted_numbers(original: Callable[..., Any]) -> Callable[..., Any]:
    """A metric that is one number already (the accuracy of a CRF) has nothing that a mask could weight."""

    def update_state(self: Any, values: Any, sample_weight: Any = None) -> Any:
        return original(self, values, None if getattr(values, "shape", None) == [] else sample_weight)

    return update_state


def _leaving_numbers(original: Callable[..., Any]) -> Callable[..., Any]:
    """A loss that a layer computed is one number: it has no last dimension that could be of one item."""

    def squeeze_or_expand_dimensions(y_pred: Any, y_true: Any = None, sample_weight: Any = None) -> Any:
        if sample_weight is None and y_pred.shape.rank == 0:
            return y_pred, y_true
        return original(y_pred, y_true, sample_weight)

    return squeeze_or_expand_dimensions


def _showing_arrays(original: Callable[..., Any]) -> Callable[..., Any]:
    """`fit` of arrays: callbacks get `validation_data`, the arrays of inputs, targets and weights in one list."""

    def fit_loop(model: Any, *args: Any, callbacks: Any = None, **kwargs: Any) -> Any:
        parts = [kwargs.get(f"val_{name}") for name in ("inputs", "targets", "sample_weights")]
        _show(callbacks, parts)
        return original(model, *args, callbacks=callbacks, **kwargs)

    return fit_loop


def _showing_tuples(original: Callable[..., Any]) -> Callable[..., Any]:
    """`fit_generator`: the same, where `validation_data` are arrays; of a generator there is nothing to show."""

    def fit_generator(model: Any, *args: Any, callbacks: Any = None, validation_data: Any = None, **kwargs: Any) -> Any:
        if isinstance(validation_data, tuple | list):
            x, y, *weights = validation_data
            _show(callbacks, [x, y, weights[0] if weights else None])
        return original(model, *args, callbacks=callbacks, validation_data=validation_data, **kwargs)

    return fit_generator


def _show(given: Any, parts: list[Any]) -> None:
    inputs, targets, weights = ([] if part is None else list(tf.nest.flatten(part)) for part in parts)
    if not all(isinstance(each, np.ndarray) for each in (*inputs, *targets)):
        return
    weights = [each for each in weights if each is not None] or [np.ones(len(target)) for target in targets]
    for callback in getattr(given, "callbacks", given) or []:
        callback.validation_data = [*inputs, *targets, *weights]


def _naming_both(name: str) -> Callable[..., None]:
    """BaseLogger is the first callback: what it leaves in the logs the others find, under both names of accuracy."""
    original = getattr(callbacks.BaseLogger, name)

    def on_end(self: Any, number: int, logs: Any = None) -> None:
        original(self, number, logs)
        for key in list(logs or ()):
            logs.setdefault(_twin(key, self.model), logs[key])

    return on_end


def _naming_one(name: str) -> Callable[..., None]:
    """The progress bar is the last: it shows the name that the model has for it."""
    original = getattr(callbacks.ProgbarLogger, name)

    def on_end(self: Any, number: int, logs: Any = None) -> None:
        names = self.model.metrics_names
        twice = {key for key in logs or () if _twin(key, self.model) != key and _stem(key) not in names}
        original(self, number, {key: value for key, value in (logs or {}).items() if key not in twice})

    return on_end


def _twin(key: str, model: Any) -> str:
    """`val_acc` for `val_accuracy` and the other way round, also of one of several outputs; other names as they are."""
    head, _, last = _stem(key).rpartition("_")
    if last not in _ACCURACY or head not in ("", *(getattr(model, "output_names", None) or ())):
        return key
    return key.removesuffix(last) + _ACCURACY[last]


def _stem(key: str) -> str:
    return key.removeprefix("val_")
