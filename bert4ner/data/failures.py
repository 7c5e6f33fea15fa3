"""Names the file of a read or a write that failed, and says what to do.

The system says which file could not be opened or renamed, but not which one could not be read, written or synced:
because the disk is full, a quota or a limit is reached, it is read-only, or it or the share on the network is gone.
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bert4ner.errors import Bert4NERError, DataError


def _numbers(names: str) -> set[int]:
    """Those of these errors that this system has."""
    return {getattr(errno, name) for name in names.split() if hasattr(errno, name)}


_FULL = _numbers("ENOSPC EDQUOT EFBIG")
_READ_ONLY = _numbers("EROFS")
_LOST = _numbers("EIO ESTALE ENXIO ENODEV EREMOTEIO ENOLINK ENOTCONN ETIMEDOUT EHOSTDOWN EHOSTUNREACH")
"""Of a disk or a share on the network, not of a file."""
_CURES = {
    **dict.fromkeys(_FULL, "free some space or choose another place"),
    **dict.fromkeys(_LOST, "check the disk or the share on the network, then repeat the command"),
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "its folder is missing, create it or choose another place",
}
_OTHERWISE = "choose another place"


def is_full(error: OSError) -> bool:
    """Whether this is the failure of a write that the error does not name: there is no room, or it is read-only."""
    return error.filename is None and error.errno in _FULL | _READ_ONLY


def is_unnamed(error: OSError) -> bool:
    """Whether this is the failure of a read or a write that the error does not name."""
    return is_full(error) or (error.filename is None and error.errno in _LOST)


def cure_of(error: OSError) -> str:
    """What to do about a failed write."""
    return _CURES.get(error.errno or 0, _OTHERWISE)


def unwritten(path: object, error: OSError) -> DataError:
    """The error for a file or a folder that cannot be written."""
    return DataError(f"{path}: cannot be written ({_reason(error)}); {cure_of(error)}")


def unread(path: object, error: OSError, expected: str = "expected a readable file") -> DataError:
    """The error for a file that cannot be read."""
    cure = _CURES[error.errno] if error.errno in _LOST else expected
    return DataError(f"{path}: cannot be read ({_reason(error)}); {cure}")


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def in_words(error: Exception) -> str:
    """What an error says; one of the system with its file and what to do.

    Example:
        >>> in_words(PermissionError(13, "Permission denied", "/data/run"))
        '/data/run: Permission denied; choose another place or change its permissions'
    """
    if isinstance(error, OSError) and _has_no_temporary(error):
        return str(_no_temporary(error))
    if not isinstance(error, OSError) or not error.filename or not error.strerror:
        return str(error)
    cure = cure_of(error)
    if isinstance(error, PermissionError):
        cure += " or change its permissions"
    elif isinstance(error, FileNotFoundError):
        cure = "was it removed or renamed meanwhile? repeat the command"
    return f"{os.fsdecode(error.filename)}: {error.strerror}; {cure}"


@contextmanager
def named(path: Path, aside: Path | None = None) -> Iterator[None]:
    """While open, the failure of a write is one of writing `path`. What is read meanwhile must be `reading`.

    Args:
        path: what is written.
        aside: where it is written first; failures that name one of the two, something in it or a folder above it are
            those of `path`, too, and what other errors say of it is said of `path`.

    Raises:
        DataError: with path, cause and cure.
    """
    try:
        yield
    except Bert4NERError as error:
        if aside is None or str(aside) not in str(error):
            raise
        raise type(error)(str(error).replace(str(aside), str(path))) from None
    except OSError as error:
        if not is_unnamed(error) and not (aside is not None and _is_of(error, (path, aside))):
            raise
        raise unwritten(path, error) from None


def _is_of(error: OSError, places: Iterable[Path]) -> bool:
    """Whether an error names one of these places, something in it or a folder above it."""
    names = [Path(name) for name in (error.filename, error.filename2) if isinstance(name, str)]  # a copy names both
    return any(name.is_relative_to(place) or place.is_relative_to(name) for name in names for place in places)


@contextmanager
def reading(path: object) -> Iterator[None]:
    """While open, a failure of the disk that names no file is one of reading `path`.

    Raises:
        DataError: with path, cause and cure.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None or error.errno not in _LOST:
            raise
        raise unread(path, error) from None


@contextmanager
def temporary_named() -> Iterator[None]:
    """While open, a failure of writing temporary files says so, and where they would be.

    Raises:
        DataError: the folder for temporary files is full, or there is none.
    """
    try:
        yield
    except OSError as error:
        if not (is_full(error) or _has_no_temporary(error)):
            raise
        raise _no_temporary(error) from None


def _has_no_temporary(error: OSError) -> bool:
    """Whether `tempfile` found no folder to write in; TensorFlow needs one to be imported."""
    return isinstance(error, FileNotFoundError) and error.filename is None and bool(error.strerror)


def _no_temporary(error: OSError) -> DataError:
    return DataError(
        f"{tempfile.tempdir or 'temporary files'}: cannot be written ({error.strerror}); free some space for temporary "
        "files, or set TMPDIR to another folder"
    )
