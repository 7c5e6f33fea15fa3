"""Files and folders that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bert4ner.data.streams import is_stdout, stdout_opened
from bert4ner.errors import DataError


@contextmanager
def atomic_write(path: str | Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """A file opened for writing that appears at `path` whole or, when the block fails, not at all.

    Text is UTF-8 with line ends as given; missing folders are made. Standard output (``-``), pipes
    and devices are written straight.

    Raises:
        DataError: `path` is a folder, or its folder may not be written.
    """
    if is_stdout(path):
        with stdout_opened(binary=binary) as handle:
            yield handle
        return
    options: dict[str, Any] = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        with open(path, **options) as handle:
            yield handle
        return
    path = Path(os.path.realpath(path))  # a link stays a link to the new file
    if path.is_dir():
        raise DataError(f"{path}: expected a file to write, found a folder; name a file in it")
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = aside.open(**options)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); choose another place") from None
    try:
        with handle:
            yield handle
            handle.flush()
            os.fsync(handle.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """An empty folder to fill, which becomes `path` when the block ends well and vanishes otherwise.

    Raises:
        DataError: `path` is a file or a folder with something in it.
    """
    if is_stdout(path):
        raise DataError("a folder cannot be written to standard output; name one")
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_dir():
        raise DataError(f"{path}: expected a folder to write, found a file; choose another name")
    if path.is_dir() and any(path.iterdir()):
        raise DataError(f"{path}: the folder is not empty; remove it or write to another, nothing is overwritten")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        yield aside
        if path.is_dir():
            path.rmdir()
        aside.rename(path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
