"""Bytes to text and back: lines and JSON records with their place, and files that appear whole or not at all.

Knows nothing of annotation. What it mends on the way (a byte order mark, Windows line ends, emoji cut into two
surrogates) it counts in `Repairs`; what cannot be mended it refuses with file and line.
"""

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bert4ner.errors import DataError

BOM = "\ufeff"
BOM_REMOVED = "byte order marks removed"
SURROGATE = re.compile("[\ud800-\udfff]")
TWO_BYTE_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Repairs(Counter[str]):
    """How often each kind of repair was needed, and in `examples` where each kind was first met."""

    def __init__(self, counts: Mapping[str, int] | Iterable[str] = ()) -> None:
        super().__init__(counts)
        self.examples: dict[str, str] = {}

    def note(self, kind: str, where: str, *, count: int = 1) -> None:
        """Count `kind`, said as a plural phrase such as "Windows line ends", at `where`."""
        if count:
            self[kind] += count
            self.examples.setdefault(kind, where)

    def describe(self) -> list[str]:
        """One line for each kind, most frequent first."""
        return [self.describe_kind(kind) for kind in sorted(self, key=lambda kind: (-self[kind], kind))]

    def describe_kind(self, kind: str) -> str:
        """Count, kind and first place of one kind."""
        return f"{self[kind]} {kind}" + (f" (first: {self.examples[kind]})" if kind in self.examples else "")


def decode(data: bytes, *, where: str, repairs: Repairs) -> str:
    """UTF-8 bytes as text; surrogates that were encoded one by one (CESU-8) are joined again and counted.

    A surrogate without its other half stays in the result: only the caller knows whether the next line holds it.

    Raises:
        DataError: the bytes are no UTF-8, with the likely encoding.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = error
    try:
        text = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise DataError(
            f"{where}: expected UTF-8, found byte 0x{data[problem.start]:02x} at {problem.start}; {_guess(data)}"
        ) from None
    joined = join_surrogates(text)
    repairs.note("emoji encoded as two surrogates (CESU-8) read as one character", where, count=len(text) - len(joined))
    return joined


def join_surrogates(text: str) -> str:
    """Every high surrogate followed by a low one becomes the character that the pair stands for."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _guess(data: bytes) -> str:
    """The cure for bytes that are no UTF-8."""
    if data[:2] in TWO_BYTE_MARKS:
        return "the file is UTF-16: convert it with iconv -f UTF-16 -t UTF-8"
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "export the file again as UTF-8"
    return "it reads as GB18030 (GBK): convert it with iconv -f GB18030 -t UTF-8"


def existing(path: str | Path) -> Path:
    """`path` as a Path.

    Raises:
        DataError: nothing is there, or something that can be read only once.
    """
    path = Path(path)
    if not path.exists():
        raise DataError(f"{path}: no such file or folder; relative paths count from {Path.cwd()}")
    if not path.is_file() and not path.is_dir():
        raise DataError(f"{path}: expected a file or folder, found a pipe or device; save it to a file first")
    return path


@contextmanager
def open_bytes(path: Path) -> Iterator[IO[bytes]]:
    """The file at `path` opened for reading bytes.

    Raises:
        DataError: it is a folder, or may not be read.
    """
    existing(path)
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
            if number == 1 and data[:2] in TWO_BYTE_MARKS:
                raise DataError(f"{path}:1: expected UTF-8, found UTF-16; {_guess(data)}")
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
            yield number, line


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


def json_records(path: Path, repairs: Repairs) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a JSON-lines file (one line in memory at a time) or of one JSON list, each with its place.

    Raises:
        DataError: `path:line`, where the JSON is broken or where something else than an object stands.
    """
    if first_character(path) == "[":
        yield from _list_records(path, repairs)
        return
    for number, line in read_lines(path, repairs):
        if line.strip():
            where = f"{path}:{number}"
            yield where, _as_object(parse_json(line, path=path, first_line=number), where)


def _list_records(path: Path, repairs: Repairs) -> Iterator[tuple[str, dict[str, Any]]]:
    records: Any = parse_json(read_text(path, repairs), path=path)
    for number, record in enumerate(records, start=1):
        where = f"{path}: record {number}"
        yield where, _as_object(record, where)


def _as_object(record: object, where: str) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise DataError(f'{where}: expected a JSON object such as {{"text": ...}}, found {type(record).__name__}')
    return record


def parse_json(text: str, *, path: Path, first_line: int = 1) -> object:
    """`text` as JSON; the error names the line in the file that it came from."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        found = repr(text[error.pos : error.pos + 20]) if error.pos < len(text) else "the end"
        raise DataError(
            f"{path}:{line}: expected valid JSON, found {found} at column {error.colno} ({error.msg}); "
            "one whole record per line, or one list of records"
        ) from None
    except RecursionError:
        raise DataError(f"{path}:{first_line}: expected records, found JSON nested too deeply to read") from None


def first_character(path: Path) -> str:
    """The first character that is no white space, "" in a blank file."""
    with open_bytes(path) as handle:
        for data in handle:
            text = data.decode("utf-8", "replace").removeprefix(BOM).strip()
            if text:
                return text[0]
    return ""


@contextmanager
def atomic_write(path: str | Path, *, binary: bool = False) -> Iterator[IO[Any]]:
    """A file opened for writing that appears at `path` whole or, when the block fails, not at all.

    Text is UTF-8 with line ends as given; missing folders are made. A device such as /dev/stdout is written straight.

    Raises:
        DataError: `path` is a folder, or its folder may not be written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link to the new file
    options: dict[str, Any] = {"mode": "wb"} if binary else {"mode": "w", "encoding": "utf-8", "newline": ""}
    if path.exists() and not path.is_file() and not path.is_dir():
        with path.open(**options) as handle:
            yield handle
        return
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


def guard_bom(text: str) -> str:
    """`text` as the start of a file: a byte order mark that belongs to it survives, since readers remove only one."""
    return BOM + text if text.startswith(BOM) else text
