"""Repairs of tf-keras' training of TensorFlow 1, undone with the names."""

import functools
import types
from collections.abc import Callable
from typing import Any

from bert4ner.backend.first_keras import DEPRECATION_SWITCH, repaired_modules

METHODS = {  # of Sequential, gone since
    "predict_classes": lambda self, *args, **kwargs: _classes(self.predict(*args, **kwargs)),
    "predict_proba": lambda self, *args, **kwargs: self.predict(*args, **kwargs),
}


def _classes(probabilities: Any) -> Any:
    if probabilities.shape[-1] > 1:
        return probabilities.argmax(axis=-1)
    return (probabilities > 0.5).astype("int32")


def repaired() -> list[tuple[Any, str, Any]]:
    """What is to be replaced while scripts run: (module, name, value)."""
    training, deprecation, activations, shown = repaired_modules()
    by_name = functools.partial(activations.serialize, use_legacy_format=True)
    return [
        # It describes functions in a way of h5 files that it does not read itself; their names are what it wrote then.
        (activations, "serialize", by_name),
        (shown, "serialize", by_name),
        # It marks each metric function, and a layer's method (CRF.sparse_accuracy) cannot be marked.
        (training, "get_metric_function", _functions_for_methods(training.get_metric_function)),
        # Who runs a script of that time knows that its names are old; the log would bury what it prints.
        (deprecation, DEPRECATION_SWITCH, False),
    ]


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
