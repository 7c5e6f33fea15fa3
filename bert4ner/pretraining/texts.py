"""Reads unlabelled texts from any number of files and folders, one in memory at a time, compressed or not.

The format of each file is detected; of annotated documents only the texts are used. Files that are compressed or not in
UTF-8 are read through a temporary file, one at a time.
"""

import codecs
import gzip
import logging
import lzma
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bert4ner.data.decoding import TWO_BYTE_MARKS
from bert4ner.data.detect import detect_format
from bert4ner.data.documents import iterate_documents
from bert4ner.data.failures import is_full, temporary_named
from bert4ner.data.files import existing, open_bytes
from bert4ner.data.peek import peek
from bert4ner.errors import DataError

logger = logging.getLogger(__name__)

_BLOCK = 1 << 20
_OPENERS: dict[str, Any] = {".gz": gzip.open, ".xz": lzma.open}
_DAMAGED = (OSError, EOFError, lzma.LZMAError)  # gzip's own error is an OSError


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """All files under the given paths, searched recursively; hidden files and brat's annotation are left out.

    Raises:
        DataError: a path does not exist, or a folder has no file.
    """
    found: list[Path] = []
    for path in map(existing, paths):
        inside = sorted(path.rglob("*")) if path.is_dir() else [path]
        files = [each for each in inside if each.is_file() and not _hidden(each.relative_to(path))]
        files = [each for each in files if each.suffix != ".ann" or not each.with_suffix(".txt").is_file()]
        if not files:
            raise DataError(f"{path}: expected texts, found no file in the folder")
        found += files
    return list(dict.fromkeys(found))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def iterate_texts(files: Iterable[Path]) -> Iterator[str]:
    """The texts of files; an empty file has none.

    Raises:
        DataError: a file is damaged or its encoding is unknown.
    """
    for path in files:
        with _readable(path) as source:
            if source.stat().st_size:
                yield from (document.text for document in iterate_documents(source, _format(source)))
            else:
                logger.info("%s: empty", path)


def _format(path: Path) -> str:
    """The format by content; lines of annotation in no known format are read as texts, so that none is lost."""
    try:
        return detect_format(path)
    except DataError:
        return "text" if peek(path).kind == "lines" else "auto"


@contextmanager
def _readable(path: Path) -> Iterator[Path]:
    """A UTF-8 copy of a file, or the file itself if it is in UTF-8."""
    packed = _OPENERS.get(path.suffix.lower())
    encoding = _encoding(path, packed)
    if packed is None and encoding == "utf-8":
        yield path
        return
    with temporary_named():
        folder = tempfile.TemporaryDirectory(prefix="bert4ner-")
    with folder:
        copy = Path(folder.name) / (path.stem if packed else path.name)
        with temporary_named(), _opened(path, packed) as source, copy.open("wb") as target:
            _copy(path, source, target, encoding)
        yield copy


@contextmanager
def _opened(path: Path, packed: Any) -> Iterator[IO[bytes]]:
    with open_bytes(path) as raw:
        if packed is None:
            yield raw
            return
        with packed(raw) as unpacked:
            yield unpacked


def _encoding(path: Path, packed: Any) -> str:
    """The encoding of a file: UTF-16 by its byte order mark, UTF-8 if its beginning is valid, otherwise GB18030."""
    try:
        with _opened(path, packed) as source:
            start = source.read(_BLOCK)
    except _DAMAGED as error:
        raise _damaged(path, error) from None
    if start[:2] in TWO_BYTE_MARKS:
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(encoding)().decode(start)  # a character may be cut at the end of the sample
        except UnicodeDecodeError:
            continue
        return encoding
    return "utf-8"  # the reader reports the fault and its place


def _copy(path: Path, source: IO[bytes], target: IO[bytes], encoding: str) -> None:
    try:
        if encoding == "utf-8":
            shutil.copyfileobj(source, target, _BLOCK)
            return
        logger.info("%s: read as %s", path, encoding)
        decoder = codecs.getincrementaldecoder(encoding)()
        while block := source.read(_BLOCK):
            target.write(decoder.decode(block).encode("utf-8"))
        target.write(decoder.decode(b"", final=True).encode("utf-8"))
    except UnicodeError as error:
        raise DataError(f"{path}: begins as {encoding}, but continues otherwise ({error}); save it as UTF-8") from None
    except _DAMAGED as error:
        if isinstance(error, OSError) and is_full(error):
            raise
        raise _damaged(path, error) from None


def _damaged(path: Path, error: BaseException) -> DataError:
    return DataError(f"{path}: cannot be unpacked ({error}); expected a whole compressed file, copy it again")
