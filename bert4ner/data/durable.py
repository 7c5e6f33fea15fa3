"""Makes files and folders outlast a power cut: their content and their names are synced to the disk.

The content of a file lasts once the file is synced, its name once its folder is, a new folder once its parent is.
"""

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Collection
from pathlib import Path

from bert4ner.data.locks import is_locked

_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EACCES, errno.EPERM, errno.EISDIR}
"""Errors of systems that do not sync folders, or what was opened for reading; and of folders that may not be read."""
_LONGEST_NAME = 120
"""Bytes; file systems allow 255, or 143 where they encrypt names, and aside it is longer."""
_LEFT_OVER = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)\.(part|old)|\.tmp[A-Za-z0-9]{6}")


def aside(path: Path, end: str = "part") -> Path:
    """The place beside `path` where this process writes what is to become it, or keeps what was there."""
    return path.with_name(f".{_kept(path.name)}.{os.getpid()}.{end}")


def _kept(name: str) -> str:
    """The name in that of a left-over: a long one is replaced by its hash, or the whole would be too long."""
    if len(os.fsencode(name)) <= _LONGEST_NAME:
        return name
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:32]


def is_left_over(name: str) -> bool:
    """Whether a file or folder is what a killed process leaves: of `aside`, or of safetensors in older versions.

    Example:
        >>> is_left_over(".scores.json.71.part"), is_left_over(".tmpa1B2c3"), is_left_over("scores.json")
        (True, True, False)
    """
    return _LEFT_OVER.fullmatch(name) is not None


def sync(path: Path) -> None:
    """Sync the content of a file or the names in a folder, if its system can; errors name it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        if error.errno in _NO_SYNC:
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        os.close(descriptor)


def sync_tree(path: Path) -> None:
    """Sync all files and folders in a folder, and itself; not its own name."""
    for folder, _, names in os.walk(path):
        for name in names:
            sync(Path(folder, name))
        sync(Path(folder))


def make_folder(path: Path) -> None:
    """Create a folder and its missing parents, unless it exists."""
    missing = []
    while not path.is_dir():
        missing.append(path)
        path = path.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def replace(source: Path, target: Path) -> None:
    """Rename a synced file or folder to a name in the same folder, which then lasts."""
    source.replace(target)
    sync(target.parent)


def remove_file(path: Path) -> None:
    """Remove a file, if it exists, so that it does not come back."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync(path.parent)


def remove_folder(path: Path) -> None:
    """Remove a folder with everything in it, at once: killed within, it leaves a left-over but no half of the folder.

    Nothing happens where there is none.
    """
    doomed = aside(path, "old")
    shutil.rmtree(doomed, ignore_errors=True)
    try:
        replace(path, doomed)
    except FileNotFoundError:
        return
    shutil.rmtree(doomed, ignore_errors=True)


def recover(path: Path) -> int | None:
    """Remove what processes that are gone left beside a file or a folder; a folder that they moved away is back.

    Returns:
        the number of a process that is writing it now, None if there is none. Only what is locked is being written: a
        process of that number may be another one by now, or run on another machine.
    """
    ours = f".{_kept(path.name)}."
    try:
        beside = [Path(entry) for entry in os.scandir(path.parent) if entry.name.startswith(ours)]
    except PermissionError:  # a folder that others may write into, but not look into
        return None
    for each in beside:
        found = _LEFT_OVER.fullmatch(each.name)
        if found is None or found["name"] != _kept(path.name):
            continue
        if is_locked(each):
            return int(found["process"])
        if not _is_gone(int(found["process"])):
            continue
        if each.suffix == ".old" and not path.exists():
            replace(each, path)
        else:
            _remove(each)
    return None


def _is_gone(process: int) -> bool:
    if os.name != "posix":  # elsewhere signal 0 is none that only asks
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:  # somebody else's
        return False
    return False


def remove_left_overs(folder: Path, names: Collection[str] | None = None) -> None:
    """Remove what killed processes left in a folder. No other process may be writing there: its files look the same.

    Args:
        folder: the folder; nothing happens where there is none.
        names: of what was to be written in the folder itself; by default anything, in the folders in it, too.
    """
    if not folder.is_dir():
        return
    for path in list(folder.iterdir() if names is not None else folder.rglob(".*")):
        found = _LEFT_OVER.fullmatch(path.name)
        if found and (names is None or found["name"] in names):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
