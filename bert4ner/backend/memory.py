"""Memory that a process has done with, given back to the system."""

import ctypes
import gc
import os
import sys


def release_memory() -> None:
    """Drop what nothing refers to any more, networks above all, which are circles of objects, and return its memory.

    The C library keeps freed memory for later, with many arrays of a few MiB a third of what they took.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)


def without_pool() -> None:
    """Let TensorFlow give all freed memory back in this process, if it is not imported yet; multiplying is then slower.

    Where the processor has instructions for oneDNN, TensorFlow keeps freed arrays for later ones, which fit in where
    nothing small has been put meanwhile: converting what is mostly embedding then takes over twice the file.
    """
    if "tensorflow" not in sys.modules:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
