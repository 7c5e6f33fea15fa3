"""oneDNN, which multiplies for TensorFlow on a CPU: used where it is faster, left out where its memory would count."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH = "TF_ENABLE_ONEDNN_OPTS"  # read once, when TensorFlow is imported


@contextmanager
def use_onednn() -> Iterator[None]:
    """While TensorFlow is imported, let it choose oneDNN on every x86-64 processor, unless the user chose.

    TensorFlow itself does so only where the processor has instructions for neural networks (AVX-512 VNNI and later).
    With AVX2 alone an epoch takes almost twice as long without oneDNN, much of it because arrays that are freed go back
    to the system in every step. The switch is gone afterwards: processes started later choose for themselves.
    """
    given = SWITCH in os.environ or platform.machine() not in ("x86_64", "AMD64")
    if not given:
        os.environ[SWITCH] = "1"
    try:
        yield
    finally:
        if not given:
            del os.environ[SWITCH]


def without_onednn() -> None:
    """Let TensorFlow give all freed memory back in this process, if it is not imported yet; multiplying is then slower.

    oneDNN keeps freed arrays for later ones, which fit in where nothing small has been put meanwhile: converting what
    is mostly embedding then takes over twice the file.
    """
    if "tensorflow" not in sys.modules:
        os.environ.setdefault(SWITCH, "0")
