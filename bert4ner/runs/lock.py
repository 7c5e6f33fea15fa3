"""Locks a folder for one process, with a lock of the file system: it is released even if the process is killed."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bert4ner.data.durable import make_folder
from bert4ner.errors import RunError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Create the folder if needed and lock it for this process; however the process ends, the lock is released.

    Raises:
        RunError: another process trains into it, or it cannot be created.
    """
    try:
        make_folder(folder)
        descriptor = None if fcntl is None else os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise RunError(f"{folder}: cannot create the folder ({error.strerror}); choose another --output") from None
    try:
        if descriptor is not None:
            _lock(descriptor, folder)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def removed(folder: Path) -> RunError:
    """The error for a folder that is not where it was when its training began."""
    return RunError(
        f"{folder}: was removed or renamed during the training; move it back and repeat the command, or choose another "
        "--output"
    )


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(
            f"{folder}: another process trains into this folder; wait for it or choose another --output"
        ) from None
    except OSError:
        logger.debug("%s: its file system has no locks", folder)
