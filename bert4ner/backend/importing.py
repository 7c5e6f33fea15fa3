"""What imports of TensorFlow and bert4keras need around them: a quiet log, `distutils`, the name `keras`."""

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
    """Keep TensorFlow's start-up banner off stderr, where it buries real messages; show it if the import fails.

    Whoever sets TF_CPP_MIN_LOG_LEVEL gets what that asks for; else it is 3 from now on.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3") != "3" or "tensorflow" in sys.modules:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # what matters comes as an exception as well
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            if failed:
                held.seek(0)
                os.write(2, held.read())


def supply_distutils() -> None:
    """bert4keras reads two switches with ``distutils.util.strtobool``; Python 3.12 dropped the package."""
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
    """While open, ``import keras`` means tf-keras; afterwards whatever ``keras`` was before, Keras 3 or nothing."""
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
