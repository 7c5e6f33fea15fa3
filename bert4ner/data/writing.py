"""Writes files and folders that appear whole or not at all, and outlast a power cut from then on.

What is written aside is locked meanwhile, so that a second process that wants to write the same is refused at once.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from bert4ner.data import durable, locks
from bert4ner.data.failures import named
from bert4ner.data.streams import is_stdout, stdout_opened
from bert4ner.errors import DataError


@contextmanager
def atomic_write(path: str | Path, *, binary: bool = False, marked: bool = False) -> Iterator[IO[Any]]:
    """A file opened for writing that appears at `path` whole or, if the block fails, not at all.

    Text is UTF-8 with line ends as given; missing folders are created. Standard output (``-``), pipes and devices are
    written directly.

    Args:
        path: the place of the file.
        binary: for bytes instead of text.
        marked: a file begins with a byte order mark, without which Excel takes UTF-8 for another encoding; standard
            output, pipes and devices do not, because the next program would take the mark for text.

    Raises:
        DataError: `path` is a folder, its folder may not be written, the disk is full or gone, or another process or
            thread is writing it.
    """
    if is_stdout(path):
        with stdout_opened(binary=binary) as handle:
            yield handle
        return
    options: dict[str, Any] = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        with named(Path(path)), open(path, **options) as handle:
            yield handle
        return
    path = Path(os.path.realpath(path))  # a link then points to the new file
    if path.is_dir():
        raise DataError(f"{path}: expected a file to write, found a folder; name a file in it")
    with _whole(path, options | ({"encoding": "utf-8-sig"} if marked else {})) as handle:
        yield handle


@contextmanager
def _whole(path: Path, options: dict[str, Any]) -> Iterator[IO[Any]]:
    """A file opened aside, which is synced and renamed to `path` if the block succeeds."""
    aside = durable.aside(path)
    with named(path, aside):
        durable.make_folder(path.parent)
        _tidy(path)
        with locks.locked(aside, create=True) as free:
            if not free:  # a thread of this process has the same place aside
                raise _written_now(path, os.getpid())
            try:
                with aside.open(**options) as handle:
                    yield handle
                    handle.flush()
                    os.fsync(handle.fileno())
                durable.replace(aside, path)
            except BaseException:  # once it is renamed, another thread may have the place aside
                with suppress(OSError):  # what cannot be removed is a left-over, which hides no other error
                    aside.unlink(missing_ok=True)
                raise


def _tidy(path: Path) -> None:
    """Remove what killed processes left of it, unless another process is writing it now."""
    writer = durable.recover(path)
    if writer is not None:
        raise _written_now(path, writer)


def _written_now(path: Path, process: int | None) -> DataError:
    """The error for what is being written by a process, perhaps of unknown number."""
    return DataError(f"{path}: {locks.in_words(process)} is writing it; wait for it, or choose another place")


@contextmanager
def atomic_folder(path: str | Path, *, replaces: tuple[str, ...] = ()) -> Iterator[Path]:
    """An empty folder to fill, which becomes `path` if the block succeeds and vanishes otherwise.

    Args:
        path: the place of the folder.
        replaces: suffixes; a folder that has only files with these is replaced by the new one, no other folder is.

    Raises:
        DataError: `path` is a file or a folder with something in it, cannot be written, or another process or thread
            is writing it.
    """
    if is_stdout(path):
        raise DataError("a folder cannot be written to standard output; name one")
    path = Path(os.path.realpath(path))
    if os.path.exists(path) and not path.is_dir():
        raise DataError(f"{path}: expected a folder to write, found a file; choose another name")
    aside, old = durable.aside(path), durable.aside(path, "old")
    with named(path, aside):
        durable.make_folder(path.parent)
        _tidy(path)
        _check_free(path, replaces)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        with locks.locked(aside):
            try:
                yield aside
                _check_free(path, replaces)  # again: another process may have put something there meanwhile
                durable.sync_tree(aside)
                if path.is_dir():
                    path.rename(old)
                durable.replace(aside, path)
            except BaseException:  # once it is renamed, another thread may have the place aside
                if old.is_dir() and not path.exists():
                    old.rename(path)
                shutil.rmtree(aside, ignore_errors=True)
                raise
            finally:
                shutil.rmtree(old, ignore_errors=True)


def _check_free(path: Path, replaces: tuple[str, ...]) -> None:
    if path.is_dir() and locks.is_locked(path):  # a training that begins there
        raise _written_now(path, locks.holder(path))
    if not path.is_dir() or not any(path.iterdir()):
        return
    if not replaces:
        raise DataError(f"{path}: the folder is not empty; remove it or write to another, nothing is overwritten")
    strangers = sorted(each.name for each in path.iterdir() if each.suffix not in replaces or not each.is_file())
    if strangers:
        raise DataError(
            f"{path}: holds {strangers[0]}; --overwrite replaces folders of {' and '.join(replaces)} files only"
        )
