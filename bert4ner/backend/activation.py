"""Import TensorFlow with tf-keras, and on top of them bert4keras 0.11.5, written for Keras 2 and TensorFlow 1.

A ``keras`` that was imported before (Keras 3) stays as it was. `networks` repairs what is broken in bert4keras.
`legacy` has what scripts of TensorFlow 1 need in addition to graphs.
"""

import importlib
import os
import sys
import warnings
from typing import Any

from bert4ner.backend.autograph import trace_as_written
from bert4ner.backend.forks import watch_forks
from bert4ner.backend.importing import keras_named, native_log_held_back, supply_distutils
from bert4ner.backend.onednn import use_onednn
from bert4ner.errors import EnvironmentProblem
from bert4ner.version import BERT4KERAS_VERSION, VENDOR

_BERT4KERAS_MODULES = "backend layers snippets models tokenizers".split()

_TOO_LATE = (
    "TensorFlow was imported before bert4ner.compat.activate(), so its tf.keras is Keras 3, which bert4keras "
    "cannot use; call bert4ner.compat.activate() before the first import of tensorflow or keras, or start "
    "Python with TF_USE_LEGACY_KERAS=1"
)

_TOO_LATE_FOR_LEGACY = (
    "TensorFlow was imported before bert4ner.compat.activate(legacy=True), so its TensorFlow 2 names are in use; call "
    "bert4ner.compat.activate(legacy=True) before the first import of tensorflow or keras, or run the script with "
    "bert4ner legacy"
)
_ONE_WAY = (
    "this process {is_one}, and one process cannot do both; run bert4ner's own models and scripts of TensorFlow 1 in "
    "separate processes"
)

_active: bool | None = None  # whether for legacy scripts; None before activation


def activate(legacy: bool = False) -> None:
    """Import all three for eager execution or, with `legacy`, for graphs; see `bert4ner.compat.activate`."""
    global _active
    if _active is not None and _active != legacy:
        raise EnvironmentProblem(_ONE_WAY.format(is_one="runs legacy scripts" if _active else "uses eager execution"))
    if _active is None:
        _refuse_if_too_late(legacy)
        _activate(legacy)
        _active = legacy
        watch_forks()


def _activate(legacy: bool) -> None:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    supply_distutils()
    use_onednn()
    if VENDOR.is_dir() and str(VENDOR) not in sys.path:
        sys.path.append(str(VENDOR))  # last, so that an installed bert4keras wins
    with native_log_held_back():
        tf = _import("tensorflow", "pip install tensorflow")
        tf.config.list_physical_devices()  # here, because the search for a GPU also logs
    if legacy:
        with importlib.import_module("tensorflow.python.util.deprecation").silence():
            tf.compat.v1.disable_v2_behavior()  # before tf-keras, which chooses its layers and initializers by it
    keras = _import("tf_keras", f"pip install tf-keras=={tf.__version__.rpartition('.')[0]}.*")
    if getattr(tf.keras, "__version__", "2").startswith("3"):  # tf.keras was used before the switch was set
        raise EnvironmentProblem(_TOO_LATE)
    if legacy:
        return
    with keras_named(tf.keras), warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # invalid escapes in its strings, reported since Python 3.12
        for module in _BERT4KERAS_MODULES:
            _import(f"bert4keras.{module}", f"pip install --no-deps bert4keras=={BERT4KERAS_VERSION}")
    keras.backend.experimental.enable_tf_random_generator()  # dropout that a resumed training can repeat
    trace_as_written("bert4keras", "bert4ner")


def _refuse_if_too_late(legacy: bool) -> None:
    tf = sys.modules.get("tensorflow")
    if tf is None or not hasattr(tf, "__version__"):
        return
    if legacy:
        raise EnvironmentProblem(_TOO_LATE_FOR_LEGACY)
    if os.environ.get("TF_USE_LEGACY_KERAS") not in ("1", "true", "True"):
        raise EnvironmentProblem(_TOO_LATE)


def _import(name: str, cure: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if error.name is not None and error.name.partition(".")[0] != package:
            raise
        raise EnvironmentProblem(f"the package {package} is not installed; run: {cure}") from None
