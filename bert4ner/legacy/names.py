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

from bert4ner.backend.first_dialect import Repair, dialect
from bert4ner.backend.first_keras import OWN_MODULES, PYTHON_KERAS, first_keras, first_modules
from bert4ner.legacy import python_names
from bert4ner.legacy.importing import LegacyFinder
from bert4ner.legacy.unsupported import GoneModule, Unsupported

_HIDDEN = ("keras", "tensorflow.keras", PYTHON_KERAS)  # what these names meant before comes back afterwards

_WARNINGS = (r".*_generator` is deprecated", r"The `lr` argument is deprecated", r".*saving your model as an HDF5 file")

_installed: ExitStack | None = None


def install(tf1_version: str | None = None) -> None:
    """Give the names their old meaning, until `remove`. Repeated calls do nothing.

    Args:
        tf1_version: what `tf.__version__` is to say, "1.15.0" for example; None leaves the true version there.
    """
    global _installed
    if _installed is not None:
        return
    with ExitStack() as stack:
        today = sys.modules["tensorflow"]
        keras, version = first_keras()
        for name in [name for name in sys.modules if _below(name, _HIDDEN)]:
            _put(stack, sys.modules, name, None)
        first = LegacyTensorFlow(today, keras, tf1_version)
        _put(stack, sys.modules, "tensorflow", first)
        stack.callback(_forget, (*_HIDDEN, "tensorflow.contrib"))
        _show_keras(stack, first, version)
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

    def __init__(self, today: Any, keras: Any, version: str | None):
        super().__init__("tensorflow", today.__doc__)
        first = today.compat.v1
        self.__dict__.update({name: getattr(first, name) for name in dir(first) if not name.startswith("__")})
        for name in ("__file__", "__path__", "__spec__", "__version__"):
            setattr(self, name, getattr(today, name))
        self.keras, self.compat, self.contrib = keras, today.compat, GoneModule("tensorflow.contrib")
        self.enable_eager_execution = _refusing("tensorflow.enable_eager_execution")
        self.disable_eager_execution = self.disable_v2_behavior = _nothing
        if version is not None:
            self.__version__ = self.VERSION = version
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


def _show_keras(stack: ExitStack, first: Any, version: str) -> None:
    """Have `keras` and `tensorflow.keras` and all below be found, complete and repaired."""
    found = first_modules(first)
    for name, module in found.tf_keras.items():
        parent, _, last = name.rpartition(".")
        if name:
            _set(stack, Repair(found.tf_keras[parent], last, module))
        _put(stack, sys.modules, f"tensorflow.keras{name}", module)
    for addition in (Repair(first.keras, "__version__", version), *found.added, *python_names.added()):
        _set(stack, addition)
    for repair in found.repaired:
        _replace(stack, repair)
    of_python = {f"{PYTHON_KERAS}{name}": module for name, module in found.tf_keras.items()}
    finder = LegacyFinder({**of_python, **{f"keras{name}": module for name, module in found.keras.items()}})
    sys.meta_path.insert(0, finder)
    stack.callback(sys.meta_path.remove, finder)
    stack.callback(setattr, dialect, "keras", False)


def _forget(roots: tuple[str, ...]) -> None:
    for name in [name for name in sys.modules if _below(name, roots)]:
        del sys.modules[name]


def _set(stack: ExitStack, addition: Repair) -> None:
    """Give a module a name that it lacks, and have the stack undo that."""
    if addition.name not in vars(addition.owner):  # to ask NumPy for a name that is gone warns
        setattr(addition.owner, addition.name, addition.value)
        stack.callback(delattr, addition.owner, addition.name)


def _replace(stack: ExitStack, repair: Repair) -> None:
    """Give an attribute another value, and have the stack undo that."""
    owner, name, value = repair
    if name in vars(owner):
        stack.callback(setattr, owner, name, vars(owner)[name])
    else:
        stack.callback(delattr, owner, name)
    setattr(owner, name, value)


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
