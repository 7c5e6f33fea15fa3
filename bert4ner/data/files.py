"""Opens files, and reads them as numbered lines or as one text.

Knows nothing of annotation. Counts repairs (a byte order mark, Windows line ends, see also `decoding`) in `Repairs`;
refuses what cannot be repaired, with file and line.
"""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bert4ner.data.decoding import BOM, TWO_BYTE_MARKS, decode, likely_encoding
from bert4ner.data.failures import reading, unread
from bert4ner.data.repairs import Repairs
from bert4ner.data.streams import copy_stream, is_stream
from bert4ner.errors import DataError

logger = logging.getLogger(__name__)

BOM_REMOVED = "byte order mark removed"


def existing(path: str | Path) -> Path:
    """`path` as a Path; for standard input (``-``) and other pipes the path of a copy.

    Raises:
        DataError: nothing is there, or it is a device.
    """
    path = Path(path)
    if is_stream(path):
        return copy_stream(path)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; relative paths count from {Path.cwd()}")
    if not path.is_file() and not path.is_dir():
        raise DataError(f"{path}: expected a file or folder, found a device; save its output to a file first")
    return path


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The file at `path`, opened for reading bytes.

    Raises:
        DataError: it is a folder, may not be read, or its disk is gone.
    """
    path = existing(path)
    try:
        handle = path.open("rb")
    except OSError as error:
        raise unread(path, error) from None
    with reading(path), handle:
        yield handle


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Warn at the end if a file became another while it was read, in part before and in part after the change."""
    before = _identity(path)
    yield
    if _identity(path) != before:
        logger.warning(
            "%s: was changed or removed while it was read, so part of its content may be missing; repeat the command "
            "with a file that stays as it is",
            path,
        )


def _identity(path: Path) -> tuple[int, int, int] | None:
    """What changes with the content of a file; None where none is."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return (state.st_ino, state.st_size, state.st_mtime_ns) if stat.S_ISREG(state.st_mode) else None


def read_lines(path: Path, repairs: Repairs) -> Iterator[tuple[int, str]]:
    """Lines with their number from 1, without their end; one in memory at a time.

    Only LF and CRLF end a line: U+2028, U+0085 and the like are characters of the text.
    """
    with open_bytes(path) as handle:
        for number, data in enumerate(handle, start=1):
            yield number, line_of(data, number, path, repairs)


def line_of(data: bytes, number: int, path: Path, repairs: Repairs) -> str:
    """A line as text, without its end.

    Raises:
        DataError: the line is not UTF-8.
    """
    if number == 1 and data[:2] in TWO_BYTE_MARKS:
        raise DataError(f"{path}:1: expected UTF-8, found UTF-16; {likely_encoding(data, path)}")
    data = data.removesuffix(b"\n")
    try:  # the usual case; naming the place of a line takes longer than decoding it
        line = data.decode("utf-8")
    except UnicodeDecodeError:
        line = decode(data, path, number, repairs)
    if number == 1 and line.startswith(BOM):
        line = line[1:]
        repairs.note_file(BOM_REMOVED, f"{path}:1")
    if line.endswith("\r"):
        line = line[:-1]
        repairs.note("Windows line ends (CRLF) removed", f"{path}:{number}")
    return line


def read_text(path: Path, repairs: Repairs, *, marked: bool = False) -> str:
    """The whole file as one text, line ends untouched, the byte order mark removed.

    Args:
        path: the file.
        repairs: counts them.
        marked: files of this format usually have the mark, so that removing it is no repair.
    """
    with open_bytes(path) as handle:
        data = handle.read()
    try:
        text = decode(data, path, None, repairs)
    except DataError:
        for number, line in enumerate(data.split(b"\n"), start=1):
            decode(line, path, number, Repairs())  # the same error, but with its line
        raise
    if text.startswith(BOM):
        if not marked:
            repairs.note_file(BOM_REMOVED, str(path))
        return text[1:]
    return text


def first_character(path: Path) -> str:
    """The first character that is not white space, "" in a blank file."""
    with open_bytes(path) as handle:
        for data in handle:
            text = data.decode("utf-8", "replace").removeprefix(BOM).strip()
            if text:
                return text[0]
    return ""
