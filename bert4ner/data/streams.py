"""Standard input and output, and pipes, in place of files: a path ``-`` means one or the other.

Readers look at a file more than once, so a stream is copied to a temporary file first. The copy has the name of the
stream, which document ids and messages use.
"""

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bert4ner.data.failures import is_full, temporary_named
from bert4ner.errors import DataError

DASH = "-"
STDIN, STDOUT = (DASH, "/dev/stdin", "/dev/fd/0"), (DASH, "/dev/stdout", "/dev/fd/1")
_COPY = "bert4ner-stream-"  # how the folders of copies begin


def is_stdout(path: str | Path) -> bool:
    """Whether writing to this path writes to standard output.

    Example:
        >>> is_stdout("-"), is_stdout("found.jsonl")
        (True, False)
    """
    return str(path) in STDOUT


def is_stream(path: Path) -> bool:
    """Whether this is standard input, or another pipe to read from."""
    return str(path) in STDIN or path.is_fifo() or path.is_socket()


def copy_stream(path: Path) -> Path:
    """A file with the content of a stream; it is deleted when the process ends.

    Raises:
        DataError: standard input is closed, the pipe cannot be read, or the copy not be written.
    """
    with temporary_named():
        folder = Path(tempfile.mkdtemp(prefix=_COPY))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        copy = folder / ("stdin" if str(path) in STDIN else "pipe")
        try:
            with _opened(path) as source, copy.open("wb") as target:
                shutil.copyfileobj(source, target)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and is_full(error):
                raise
            raise DataError(f"{path}: cannot be read ({error}); expected a pipe with documents in it") from None
    return copy


def is_copy(path: Path) -> bool:
    """Whether this is the copy of a stream."""
    return path.parent.name.startswith(_COPY)


def without_copies(message: str) -> str:
    """A message with the name of a stream instead of its copy.

    Example:
        >>> without_copies(f"{tempfile.gettempdir()}/bert4ner-stream-x1_y/stdin:3: expected a tag")
        'stdin:3: expected a tag'
    """
    if tempfile.tempdir is None:  # no copy was made, and where nothing can be written, asking for the folder would fail
        return message
    before, found, after = message.partition(os.path.join(tempfile.tempdir, _COPY))
    if not found:
        return message
    return before + without_copies(after.partition(os.sep)[2])


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if str(path) not in STDIN:
        with path.open("rb") as handle:
            yield handle
    elif sys.stdin is None:
        raise ValueError("standard input is closed")
    else:
        yield sys.stdin.buffer


@contextmanager
def stdout_opened(*, binary: bool) -> Iterator[IO[Any]]:
    """Standard output, written directly and left open."""
    if sys.stdout is None:
        raise DataError("standard output is closed; name a file")
    yield sys.stdout.buffer if binary else sys.stdout
    sys.stdout.flush()
