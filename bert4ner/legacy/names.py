"""The names that scripts of TensorFlow 1 and Keras 2 import, from `install` to `remove`.

`tensorflow` becomes a module of its own with the names of `tf.compat.v1`; `keras` and `tensorflow.keras` are what
tf-keras showed in TensorFlow 1 (its optimizers take `lr`, its backend has sessions).
"""

import re
import sys
import types
import warnings
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import Any

from bert4ner.backend.first_keras import KERAS, OWN_MODULES, first_keras
from bert4ner.legacy import training
from bert4ner.legacy.importing import LegacyFinder
from bert4ner.legacy.unsupported import GoneModule, Unsupported

_HIDDEN = ("keras", "tensorflow.keras")  # what these names meant before comes back afterwards

# Modules of Keras 2 whose content tf-keras shows elsewhere: name there -> names below `keras`.
_MOVED = {
    "layers": [
        f"layers.{name}"
        for name in (
            "advanced_activations convolutional convolutional_recurrent core cudnn_recurrent embeddings local merge "
            "noise normalization pooling recurrent wrappers"
        ).split()
    ],
    "utils": [
        f"utils.{name}"
        for name in "data_utils generic_utils io_utils layer_utils np_utils training_utils vis_utils".split()
    ],
    "backend": ["backend.common", "backend.load_backend", "backend.tensorflow_backend"],
    "losses": ["objectives"],
}
_ENGINE = "base_layer input_layer network sequential topology training".split()
_WARNINGS = (r".*_generator` is deprecated", r"The `lr` argument is deprecated", r".*saving your model as an HDF5 file")

_installed: ExitStack | None = None


def install() -> None:
    """Give the names their old meaning, until `remove`. Repeated calls do nothing."""
    global _installed
    if _installed is not None:
        return
    with ExitStack() as stack:
        today = sys.modules["tensorflow"]
        keras, version = first_keras()
        for name in [name for name in sys.modules if _below(name, _HIDDEN)]:
            _put(stack, sys.modules, name, None)
        first = LegacyTensorFlow(today, keras)
        _put(stack, sys.modules, "tensorflow", first)
        modules = _keras_modules(keras)
        for name, module in modules.items():
            for root in _HIDDEN:
                _put(stack, sys.modules, root + name, module)
            parent, _, last = name.rpartition(".")
            if name:
                _set(stack, modules[parent], last, module)
        _set(stack, keras, "__version__", version)
        _complete_backend(stack, keras.backend, first)
        for module, name, value in training.repaired():
            _put(stack, vars(module), name, value)
        for name, method in training.METHODS.items():
            _set(stack, keras.Sequential, name, method)
        finder = LegacyFinder()
        sys.meta_path.insert(0, finder)
        stack.callback(sys.meta_path.remove, finder)
        stack.enter_context(warnings.catch_warnings())
        for message in _WARNINGS:
            warnings.filterwarnings("ignore", message)
        warnings.filterwarnings("ignore", module=re.escape(OWN_MODULES))
        _installed = stack.pop_all()


def remove() -> None:
    """Give the names the meaning they had before `install`."""
    global _installed
    if _installed is not None:
        _installed.close()
        _installed = None


class LegacyTensorFlow(types.ModuleType):
    """`tensorflow` as scripts of its first version know it: the names of `tf.compat.v1`, then those of today."""

    def __init__(self, today: Any, keras: Any):
        super().__init__("tensorflow", today.__doc__)
        first = today.compat.v1
        self.__dict__.update({name: getattr(first, name) for name in dir(first) if not name.startswith("__")})
        for name in ("__file__", "__path__", "__spec__", "__version__"):
            setattr(self, name, getattr(today, name))
        self.keras, self.compat, self.contrib = keras, today.compat, GoneModule("tensorflow.contrib")
        self.enable_eager_execution = _refusing("tensorflow.enable_eager_execution")
        self.disable_eager_execution = self.disable_v2_behavior = _nothing
        self._today = today

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module 'tensorflow' has no attribute {name!r}")
        try:
            return getattr(self.__dict__["_today"], name)
        except AttributeError:
            raise Unsupported(f"tensorflow.{name}", known=vars(self)) from None


def _refusing(dotted: str) -> Callable[..., None]:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise Unsupported(dotted)

    return refuse


def _nothing() -> None:
    """Done already."""


def _below(name: str, roots: Iterable[str]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def _keras_modules(keras: Any) -> dict[str, Any]:
    """Every module that can be imported below `keras`: "" is `keras` itself, ".layers" and so on."""
    found = {name[len(KERAS) :]: module for name, module in sys.modules.items() if _below(name, [KERAS])}
    for there, names in _MOVED.items():
        found.update({f".{name}": found[f".{there}"] for name in names})
    engine: Any = types.ModuleType("keras.engine")
    engine.__path__ = []
    engine.Layer, engine.InputSpec = keras.layers.Layer, keras.layers.InputSpec
    engine.Input, engine.Model, engine.Sequential = keras.Input, keras.Model, keras.Sequential
    engine.Network, engine.Container = keras.Model, keras.Model
    found[".engine"] = engine
    for name in _ENGINE:
        setattr(engine, name, engine)
        found[f".engine.{name}"] = engine
    return found


def _complete_backend(stack: ExitStack, backend: Any, tf: Any) -> None:
    """What scripts and bert4keras find in Keras' backend and tf-keras does not show."""
    added = {"tf": tf, "logsumexp": tf.reduce_logsumexp, "symbolic": _same, "epislon": backend.epsilon}
    for name, value in added.items():
        _set(stack, backend, name, value)


def _same(function: Any) -> Any:
    return function


def _set(stack: ExitStack, module: Any, name: str, value: Any) -> None:
    """Give a module a name that it lacks, and have the stack undo that."""
    if not hasattr(module, name):
        setattr(module, name, value)
        stack.callback(delattr, module, name)


def _put(stack: ExitStack, namespace: dict[str, Any], name: str, value: Any) -> None:
    """Set a name, or delete it where the value is None, and have the stack undo that."""
    absent = object()
    before = namespace.get(name, absent)
    if before is absent:
        stack.callback(namespace.pop, name, None)
    else:
        stack.callback(namespace.__setitem__, name, before)
    if value is None:
        namespace.pop(name, None)
    else:
        namespace[name] = value
