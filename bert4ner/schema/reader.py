"""Readers of whole files for one owner: bytes, text, JSON, JSON lines, and objects of a schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bert4ner.errors import Bert4NERError, shown
from bert4ner.schema.content import LARGEST, MOST_PARTS, Unreadable, parse_json, read_bytes
from bert4ner.schema.toml import parse_toml
from bert4ner.schema.values import Misfit, build

Some = TypeVar("Some")
FORMAT = "format"
"""The key of the format's number in a file; older files without it have format 1."""


@dataclass(frozen=True)
class Formats:
    """The formats of a file that can be read, numbered from 1."""

    newest: int = 1
    oldest: int = 1
    cure: str = ""
    """What to do about an older one."""


@dataclass(frozen=True)
class Reader:
    """Reads the files of one owner.

    Attributes:
        error: what refuses a file.
        missing: what is said where there is none, with {path}, {folder} and {name}.
        cure: what to do about a damaged one; the end of the message.
        largest: bytes of one file.
        most_parts: lists and objects in one file.
    """

    error: type[Bert4NERError]
    missing: str
    cure: str = ""
    largest: int = LARGEST
    most_parts: int = MOST_PARTS

    def refusal(self, path: Path, what: object) -> Bert4NERError:
        """The error for a file that is not what it should be."""
        return self.error(f"{path}: damaged, {what}{self._cure}")

    def content(self, path: Path) -> bytes:
        """The content of a file.

        Raises:
            Bert4NERError: `error`, naming the file: it is missing, no file, unreadable or too large.
        """
        return self._read(path, self.largest)

    def check_present(self, path: Path) -> None:
        """Refuse what `content` would refuse, whatever its size; nothing is read but its beginning."""
        self._read(path, None)

    def _read(self, path: Path, largest: int | None) -> bytes:
        try:
            return read_bytes(path, largest=largest)
        except FileNotFoundError:
            raise self.error(self.missing.format(path=path, folder=path.parent, name=path.name)) from None
        except Unreadable as error:
            raise self.error(f"{path}: {error}{self._cure}") from None

    @property
    def _cure(self) -> str:
        return f"; {self.cure}" if self.cure else ""

    def text(self, path: Path) -> str:
        """The content of a file as text, lines ending in LF; raises as `content`, naming a line that is not UTF-8."""
        content = self.content(path)
        try:
            return content.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise self.refusal(path, f"line {line} is not UTF-8") from None

    def json(self, path: Path) -> Any:  # noqa: ANN401  # what JSON holds
        """What a JSON file says; raises as `content`."""
        return self.parse(self.content(path), path)

    def toml(self, path: Path) -> dict[str, object]:
        """The table of a TOML file; raises as `content`."""
        try:
            return parse_toml(self.text(path))
        except Unreadable as error:
            raise self.error(f"{path}: not valid TOML: {error}{self._cure}") from None

    def parse(self, content: bytes | str, path: Path, where: str = "") -> Any:  # noqa: ANN401
        """What JSON says that stands somewhere in a file; raises as `content`."""
        try:
            return parse_json(content, most_parts=self.most_parts)
        except Unreadable as error:
            raise self.refusal(path, f"{where}{error}") from None

    def build(self, kind: type[Some], value: object, path: Path, where: str = "") -> Some:
        """The object of a schema for a part of a file, which `where` names; raises as `content`."""
        try:
            found: Some = build(kind, value, "")
        except Misfit as error:
            raise self.refusal(path, f"{where}{error}") from None
        return found

    def read(self, path: Path, kind: type[Some], *, formats: Formats | None = None) -> Some:
        """The object of a schema for a JSON file.

        Args:
            path: the file.
            kind: a dataclass, or another type that `build` knows.
            formats: where the file has the number of its format, which is then no field of the schema.

        Raises:
            Bert4NERError: as `content`; a value is not as the schema says, or the format is another; naming the key.
        """
        value = self.json(path)
        if formats is not None and isinstance(value, dict):
            self._check_format(value.pop(FORMAT, 1), formats, path)
        return self.build(kind, value, path)

    def read_lines(self, path: Path, kind: type[Some]) -> Iterator[Some]:
        """The object of a schema for each line of a file of JSON lines; raises as `read`, naming the line."""
        lines = self.text(path).split("\n")
        for number, line in enumerate(lines, start=1):
            if line or number < len(lines):
                where = f"line {number}: "
                yield self.build(kind, self.parse(line, path, where), path, where)

    def _check_format(self, found: object, formats: Formats, path: Path) -> None:
        if type(found) is not int or found < 1:
            raise self.refusal(path, f"its format is {shown(found)}, which is not a number from 1 on")
        if found > formats.newest:
            raise self.error(
                f"{path}: has format {shown(found)}, this version of bert4ner reads formats up to {formats.newest}; "
                "install a newer one"
            )
        if found < formats.oldest:
            raise self.error(
                f"{path}: expected format {formats.newest}, found {found}; another version of bert4ner wrote it, "
                f"{formats.cure}"
            )
