"""Files opened, and read as lines or as one text, each line with its number.

Knows nothing of annotation. What it mends on the way (a byte order mark, Windows line ends, see `decoding` too) it
counts in `Repairs`; what cannot be mended it refuses with file and line.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bert4ner.data.decoding import BOM, TWO_BYTE_MARKS, decode, likely_encoding
from bert4ner.data.repairs import Repairs
from bert4ner.data.streams import copy_stream, is_stream
from bert4ner.errors import DataError

BOM_REMOVED = "byte order marks removed"


def existing(path: str | Path) -> Path:
    """`path` as a Path; of standard input (``-``) and other pipes that of a copy.

    Raises:
        DataError: nothing is there, or a device.
    """
    path = Path(path)
    if is_stream(path):
        return copy_stream(path)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; relative paths count from {Path.cwd()}")
    if not path.is_file() and not path.is_dir():
        raise DataError(f"{path}: expected a file or folder, found a device; save what it gives to a file first")
    return path


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The file at `path` opened for reading bytes.

    Raises:
        DataError: it is a folder, or may not be read.
    """
    path = existing(path)
    try:
        handle = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); expected a readable file") from None
    with handle:
        yield handle


def read_lines(path: Path, repairs: Repairs) -> Iterator[tuple[int, str]]:
    """Lines with their number, counted from 1, without their end; in memory one at a time.

    Lines end at LF or CRLF alone: U+2028, U+0085 and the like are characters of the text.
    """
    with open_bytes(path) as handle:
        for number, data in enumerate(handle, start=1):
            yield number, line_of(data, number, path, repairs)


def line_of(data: bytes, number: int, path: Path, repairs: Repairs) -> str:
    """A line as text, without its end.

    Raises:
        DataError: it is no UTF-8.
    """
    if number == 1 and data[:2] in TWO_BYTE_MARKS:
        raise DataError(f"{path}:1: expected UTF-8, found UTF-16; {likely_encoding(data)}")
    data = data.removesuffix(b"\n")
    try:  # nearly always well: to put the place of a line into words takes longer than to decode it
        line = data.decode("utf-8")
    except UnicodeDecodeError:
        line = decode(data, where=f"{path}:{number}", repairs=repairs)
    if number == 1 and line.startswith(BOM):
        line = line[1:]
        repairs.note(BOM_REMOVED, f"{path}:1")
    if line.endswith("\r"):
        line = line[:-1]
        repairs.note("Windows line ends (CRLF) removed", f"{path}:{number}")
    return line


def read_text(path: Path, repairs: Repairs) -> str:
    """The whole file as one text, line ends untouched, the byte order mark removed."""
    with open_bytes(path) as handle:
        data = handle.read()
    try:
        text = decode(data, where=str(path), repairs=repairs)
    except DataError:
        for number, line in enumerate(data.split(b"\n"), start=1):
            decode(line, where=f"{path}:{number}", repairs=Repairs())  # the same error, but with its line
        raise
    if text.startswith(BOM):
        repairs.note(BOM_REMOVED, str(path))
        return text[1:]
    return text


def first_character(path: Path) -> str:
    """The first character that is no white space, "" in a blank file."""
    with open_bytes(path) as handle:
        for data in handle:
            text = data.decode("utf-8", "replace").removeprefix(BOM).strip()
            if text:
                return text[0]
    return ""
