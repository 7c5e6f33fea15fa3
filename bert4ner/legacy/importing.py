"""Repairs bert4keras while it is imported, and lets what TensorFlow 1 had and no package has be imported.

A script sets RECOMPUTE and the like before it imports bert4keras, so that it cannot be imported in advance.
"""

import importlib
import importlib.abc
import importlib.machinery
import os
import types
import warnings
from collections.abc import Sequence
from typing import Any

from bert4ner.legacy.unsupported import GoneModule

# Module of bert4keras -> the one here whose `mend` repairs it as soon as it has run.
_MENDED = {
    "bert4keras.backend": "bert4ner.legacy.recompute",
    "bert4keras.layers": "bert4ner.legacy.layers",
    "bert4keras.optimizers": "bert4ner.legacy.optimizers",
}


class LegacyFinder(importlib.abc.MetaPathFinder):
    """Finds the modules of bert4keras, to be mended, and those of `tensorflow.contrib`, which are empty."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: Any = None) -> Any:
        """The spec of a module of bert4keras or `tensorflow.contrib`, None for all others."""
        if name == "tensorflow.contrib" or name.rpartition(".")[0] == "tensorflow.contrib":
            return importlib.machinery.ModuleSpec(name, _GoneLoader(), is_package=True)
        if name.partition(".")[0] != "bert4keras":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _MendingLoader(spec.loader)
        return spec


class _GoneLoader(importlib.abc.Loader):
    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return GoneModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


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
        os.environ["TF_KERAS"] = "1"  # scripts may have said otherwise
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of escapes in its strings, since Python 3.12
            self.loader.exec_module(module)
        if module.__name__ in _MENDED:
            importlib.import_module(_MENDED[module.__name__]).mend(module)
