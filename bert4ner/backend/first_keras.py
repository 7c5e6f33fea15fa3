"""tf-keras as TensorFlow 1 showed it, and the private parts that `legacy` repairs; nothing is imported before asked."""

import importlib
from typing import Any, NamedTuple

KERAS = "tf_keras.api._v1.keras"
"""The module that scripts are to know as `keras`."""


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
