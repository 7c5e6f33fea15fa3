"""Exclude packages from AutoGraph: code that needs no translation is traced as it is written."""

import importlib
from typing import Any


def trace_as_written(*packages: str) -> None:
    """Exclude the functions of some packages from AutoGraph for the rest of this process.

    AutoGraph looks up the source of each function and compiles it anew, once per process, to translate ``if`` and loops
    over tensors. Code without these gains nothing: it took 1.2 of 14.6 s of processor time in a training of three short
    epochs.
    """
    config: Any = importlib.import_module("tensorflow.python.autograph.core.config")
    config.CONVERSION_RULES = (*map(config.DoNotConvert, packages), *config.CONVERSION_RULES)
