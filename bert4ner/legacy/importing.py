"""What scripts import: Keras as it was, bert4keras, repaired as soon as it runs, and what no package has any more.

A script sets RECOMPUTE and the like before it imports bert4keras, so that it cannot be imported in advance. Which Keras
it speaks shows by what it imports, too.
"""

import importlib
import importlib.abc
import importlib.machinery
import os
import sys
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from bert4ner.backend.first_dialect import dialect
from bert4ner.legacy.guarded import import_is_guarded
from bert4ner.legacy.unsupported import GoneModule, explain

# Module of bert4keras -> those here whose `mend` repairs it as soon as it has run.
_MENDED = {
    "bert4keras.backend": ("recompute", "bert4keras_before"),
    "bert4keras.layers": ("layers",),
    "bert4keras.models": ("bert4keras_before",),
    "bert4keras.optimizers": ("optimizers",),
    "bert4keras.snippets": ("bert4keras_before",),
    "bert4keras.tokenizers": ("bert4keras_before",),
}
# Modules that were called otherwise before bert4keras 0.6.
_RENAMED = {
    "bert4keras.bert": "bert4keras.models",
    "bert4keras.tokenizer": "bert4keras.tokenizers",
    "bert4keras.utils": "bert4keras.tokenizers",
}


class LegacyFinder(importlib.abc.MetaPathFinder):
    """Finds Keras, the modules of bert4keras, to be mended, and those of `tensorflow.contrib`, which are empty."""

    def __init__(self, modules: Mapping[str, Any] | None = None):
        self.modules = modules or {}

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        """The spec of a module that is meant here, None for all others."""
        if name in self.modules:
            return _spec(name, _HeldLoader(self.modules[name]))
        if name == "tensorflow.contrib" or name.rpartition(".")[0] == "tensorflow.contrib":
            if import_is_guarded():
                raise ModuleNotFoundError(explain(name), name=name)
            return _spec(name, _HeldLoader(GoneModule(name)))
        if name in _RENAMED:
            return _spec(name, _HeldLoader(importlib.import_module(_RENAMED[name])))
        if name.partition(".")[0] != "bert4keras":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _MendingLoader(spec.loader)
        return spec


def _spec(name: str, loader: Any) -> importlib.machinery.ModuleSpec:
    return importlib.machinery.ModuleSpec(name, loader, is_package=True)


class _HeldLoader(importlib.abc.Loader):
    """Gives a module that is there, under whatever name, and notes that the script speaks Keras."""

    def __init__(self, module: Any):
        self.module, self.spec = module, getattr(module, "__spec__", None)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        if spec.name.partition(".")[0] == "keras":
            dialect.keras = True
        created: types.ModuleType = self.module
        return created

    def exec_module(self, module: types.ModuleType) -> None:
        module.__spec__ = self.spec


class _MendingLoader(importlib.abc.Loader):
    """Loads a module as its own loader does, with tf-keras chosen, and mends it."""

    def __init__(self, loader: Any):
        self.loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self.loader, name)  # its source, for tracebacks

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType | None:
        created: types.ModuleType | None = self.loader.create_module(spec)
        return created

    def exec_module(self, module: types.ModuleType) -> None:
        with _tf_keras_chosen(), warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of escapes in its strings, since Python 3.12
            self.loader.exec_module(module)
        for mending in _MENDED.get(module.__name__, ()):
            importlib.import_module(f"bert4ner.legacy.{mending}").mend(module)


@contextmanager
def _tf_keras_chosen() -> Iterator[None]:
    """While open, bert4keras takes tf.keras; the script speaks what it chose all the same, TF_KERAS=1 or Keras."""
    chosen, keras = os.environ.get("TF_KERAS"), sys.modules.get("keras")
    spoken = dialect.keras or chosen not in ("1", "true", "True")
    os.environ["TF_KERAS"] = "1"
    try:
        yield
    finally:
        dialect.keras = spoken
        if chosen is None:
            del os.environ["TF_KERAS"]
        else:
            os.environ["TF_KERAS"] = chosen
        if keras is not None or spoken:  # it put tf.keras in its place
            sys.modules.pop("keras", None)
        if keras is not None:
            sys.modules["keras"] = keras
