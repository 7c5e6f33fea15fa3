"""Locks of the file system on files and folders: however a process ends, its locks are released.

Where the system or the file system has none, everything counts as free.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    HAS_LOCKS = False
else:
    HAS_LOCKS = True

logger = logging.getLogger(__name__)

_TRIES, _PAUSE = 20, 0.005
"""`is_locked` has a lock itself for a moment, which is not to be taken for another process' one."""
_LOCKS = Path("/proc/locks")


@contextmanager
def locked(path: Path, *, create: bool = False) -> Iterator[bool]:
    """Lock a file or folder while open; yields False if it is locked already, also by a thread of this process.

    Args:
        path: what to lock.
        create: it is a file, which is created if needed.

    Raises:
        OSError: it cannot be opened.
    """
    if not HAS_LOCKS:
        yield True
        return
    descriptor = _opened(path, create)
    try:
        free = _take(descriptor, path)
        while free and not _is_there(path, descriptor):  # whoever had it removed or renamed it meanwhile
            os.close(descriptor)
            descriptor = _opened(path, create)
            free = _take(descriptor, path)
        yield free
    finally:
        os.close(descriptor)


def _opened(path: Path, create: bool) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT if create else os.O_RDONLY, 0o666)


def _take(descriptor: int, path: Path) -> bool:
    for tried in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_PAUSE if tried < _TRIES - 1 else 0)
        except OSError:
            logger.debug("%s: its file system has no locks", path)
            return True
    return False


def _is_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def is_locked(path: Path) -> bool:
    """Whether a file or folder is locked; what cannot be opened is not."""
    if not HAS_LOCKS:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no locks
        return False
    finally:
        os.close(descriptor)
    return False


def holder(path: Path) -> int | None:
    """The number of the process that has locked a file or folder; None where the system does not say."""
    try:
        status = path.stat()
        place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        found = [line.split() for line in _LOCKS.read_text(encoding="ascii").splitlines()]
    except (OSError, ValueError):
        return None
    numbers = [fields[4] for fields in found if len(fields) > 5 and fields[1] == "FLOCK" and fields[5] == place]
    return int(numbers[0]) if numbers and numbers[0].isdecimal() and int(numbers[0]) else None


def in_words(process: int | None) -> str:
    """Who has locked something.

    Example:
        >>> in_words(71), in_words(None)
        ('process 71', 'another process')
    """
    if process == os.getpid():
        return "this process"
    return "another process" if process is None else f"process {process}"
