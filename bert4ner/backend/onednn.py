"""oneDNN, which multiplies for TensorFlow on a CPU: used where it is faster, left out where its memory would count."""

import os
import platform
import sys

SWITCH = "TF_ENABLE_ONEDNN_OPTS"  # read once, when TensorFlow is imported
OWN = "true"  # as bert4ner sets it, which processes started later inherit; a user writes 1, with the same effect


def use_onednn() -> None:
    """Let TensorFlow multiply with oneDNN on every x86-64 processor, unless the user chose or TensorFlow is imported.

    TensorFlow itself does so only where the processor has instructions for neural networks (AVX-512 VNNI and later).
    With AVX2 alone an epoch takes almost twice as long without oneDNN, much of it because arrays that are freed go back
    to the system in every step. Once TensorFlow is imported, the switch would only reach the processes started later,
    whose sums would then differ from those of this one.
    """
    if platform.machine() in ("x86_64", "AMD64") and "tensorflow" not in sys.modules:
        os.environ.setdefault(SWITCH, OWN)


def without_onednn() -> None:
    """Let TensorFlow give all freed memory back in this process, if it is not imported yet; multiplying is then slower.

    oneDNN keeps freed arrays for later ones, which fit in where nothing small has been put meanwhile: converting what
    is mostly embedding then takes over twice the file.
    """
    if "tensorflow" not in sys.modules and os.environ.get(SWITCH, OWN) == OWN:
        os.environ[SWITCH] = "0"
