"""Memory that a process has done with, given back to the system."""

import ctypes
import gc


def release_memory() -> None:
    """Drop what nothing refers to any more, networks above all, which are circles of objects, and return its memory.

    The C library keeps freed memory for later, with many arrays of a few MiB a third of what they took.
    """
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's
    if trim is not None:
        trim(0)
