"""tf-keras as TensorFlow 1 showed it, and the private parts that `legacy` repairs; nothing is imported before asked."""

import importlib
from typing import Any, NamedTuple

KERAS = "tf_keras.api._v1.keras"
"""The module that scripts are to know as `keras`."""
OWN_MODULES = "tf_keras."
"""What the names of all its modules begin with."""
SHOWN_AS = (
    ("tensorflow._api.v2.compat.v1", "tensorflow"),
    ("tensorflow._api.v2", "tensorflow"),
    (KERAS, "keras"),
    ("tf_keras.api._v2.keras", "keras"),
    ("tensorflow.keras", "keras"),
)
"""Where modules stand, and what scripts call them."""
DEPRECATION_SWITCH = "_PRINT_DEPRECATION_WARNINGS"
"""In `Repaired.deprecation`: whether uses of old names are logged."""


class Repaired(NamedTuple):
    """Modules of which `legacy.training` replaces something."""

    training: Any
    deprecation: Any
    activations: Any
    shown_activations: Any


def first_keras() -> tuple[Any, str]:
    """The module named above, and the version of tf-keras."""
    return importlib.import_module(KERAS), importlib.import_module("tf_keras").__version__


def repaired_modules() -> Repaired:
    """Training of TensorFlow 1, deprecation warnings, activations, and these as scripts see them."""
    names = (
        "tf_keras.src.engine.training_utils_v1",
        "tensorflow.python.util.deprecation",
        "tf_keras.src.activations",
        f"{KERAS}.activations",
    )
    return Repaired(*map(importlib.import_module, names))


def layer_of(output: Any) -> Any:
    """The layer that made a tensor of a Keras model."""
    return output._keras_history.layer


def decayed_rate(optimizer: Any, dtype: Any) -> Any:
    """The learning rate of an optimizer of that time for this step."""
    return optimizer._decayed_lr(dtype)


def hyperparameter(optimizer: Any, name: str, dtype: Any) -> Any:
    """Another of its hyperparameters."""
    return optimizer._get_hyper(name, dtype)
