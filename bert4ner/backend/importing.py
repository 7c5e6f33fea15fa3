"""Helpers around the imports of TensorFlow and bert4keras: a quiet log, `distutils`, the name `keras`."""

import importlib
import os
import sys
import tempfile
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def native_log_held_back() -> Iterator[None]:
    """Keep TensorFlow's start-up banner off stderr, where it hides real messages; show it if the import fails.

    A value of TF_CPP_MIN_LOG_LEVEL set by the user is respected. Otherwise it is 3 from now on.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3") != "3" or "tensorflow" in sys.modules:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # anything important is also raised as an exception
    sys.stderr.flush()
    try:
        held = tempfile.TemporaryFile()  # noqa: SIM115  # closed below
    except OSError:  # no place for temporary files, which is no reason not to start
        yield
        return
    with held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        failed = False
        try:
            yield
        except Exception:  # not for an interrupt, which needs no log
            failed = True
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            if failed:
                held.seek(0)
                os.write(2, held.read())


def supply_distutils() -> None:
    """Provide ``distutils.util.strtobool`` for bert4keras; Python 3.12 removed the package."""
    try:
        importlib.import_module("distutils.util")
    except ModuleNotFoundError:
        package: Any = types.ModuleType("distutils")
        util: Any = types.ModuleType("distutils.util")
        util.strtobool = _strtobool
        package.util = util
        package.__path__ = []  # a package: `distutils.util` must be importable
        sys.modules.update({"distutils": package, "distutils.util": util})


def _strtobool(value: str) -> int:
    if value.lower() in ("y", "yes", "t", "true", "on", "1"):
        return 1
    if value.lower() in ("n", "no", "f", "false", "off", "0"):
        return 0
    raise ValueError(f"invalid truth value {value!r}")


@contextmanager
def keras_named(keras: Any) -> Iterator[None]:
    """While open, ``import keras`` imports tf-keras; afterwards the name means what it did before, if anything."""
    foreign = {name: module for name, module in sys.modules.items() if name == "keras" or name.startswith("keras.")}
    for name in foreign:
        del sys.modules[name]
    previous = os.environ.get("TF_KERAS")
    os.environ["TF_KERAS"] = "1"
    sys.modules["keras"] = keras
    try:
        yield
    finally:
        for name in [name for name in sys.modules if name == "keras" or name.startswith("keras.")]:
            del sys.modules[name]
        sys.modules.update(foreign)
        if previous is None:
            del os.environ["TF_KERAS"]
        else:
            os.environ["TF_KERAS"] = previous
