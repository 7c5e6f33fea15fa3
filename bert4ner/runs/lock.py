"""Locks a folder for one process, with a lock of the file system: it is released even if the process is killed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bert4ner.data import locks
from bert4ner.data.durable import make_folder, recover
from bert4ner.errors import RunError


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Create the folder if needed and lock it for this process; however the process ends, the lock is released.

    A folder that was created, and has nothing in it at the end, is removed.

    Raises:
        RunError: another process trains into it or makes it, or it cannot be created.
    """
    with ExitStack() as stack:
        try:
            created = not folder.is_dir()
            make_folder(folder)
            free = stack.enter_context(locks.locked(folder))
            if created and free:
                stack.callback(_remove_if_empty, folder)  # while it is still locked
            other = recover(folder.resolve()) if free else locks.holder(folder)
        except OSError as error:
            raise RunError(f"{folder}: cannot create the folder ({error.strerror}); choose another --output") from None
        if not free or other is not None:
            does = "writes this folder" if free else "trains into this folder"
            raise RunError(f"{folder}: {locks.in_words(other)} {does}; wait for it or choose another --output")
        yield


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):  # it is not
        folder.rmdir()


def removed(folder: Path) -> RunError:
    """The error for a folder that is not where it was when its training began."""
    return RunError(
        f"{folder}: was removed or renamed during the training; move it back and repeat the command, or choose another "
        "--output"
    )
