"""The header of a safetensors file: which arrays it holds and where, with all of it checked before an array is read.

The format: eight bytes with the length of the header, the header (JSON), the arrays one behind the other.
"""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from bert4ner.schema.content import Unreadable, parse_json
from bert4ner.schema.ranges import Range
from bert4ner.schema.reader import Reader
from bert4ner.schema.values import Count, Misfit, build

_LONGEST_HEADER = 10_000_000  # bytes; the format permits ten times as much
_MOST_ARRAYS = 20_000  # a network of 48 layers has a thousand, its training three
_METADATA = "__metadata__"
BYTES = {
    "F64": 8,
    "F32": 4,
    "F16": 2,
    "BF16": 2,
    "I64": 8,
    "I32": 4,
    "I16": 2,
    "I8": 1,
    "U64": 8,
    "U32": 4,
    "U16": 2,
    "U8": 1,
    "BOOL": 1,
}
"""Types of numbers and the bytes of each; arrays of other types that a file may have are not read."""


@dataclass(frozen=True)
class Entry:
    """An array in the file, as the header has it."""

    dtype: str
    shape: tuple[Annotated[int, Range(low=0, high=2**40)], ...]
    data_offsets: tuple[Count, Count]
    """First byte and end, behind the header."""

    def __post_init__(self) -> None:
        begin, end = self.data_offsets
        width = BYTES.get(self.dtype)
        fits = end >= begin if width is None else end - begin == math.prod(self.shape) * width
        if len(self.shape) > 32 or not fits:
            raise Misfit(f"{end - begin} bytes for the shape {self.shape[:8]} of {self.dtype}")


@dataclass(frozen=True)
class Header:
    """What a file holds.

    Attributes:
        start: of the arrays, in bytes.
        entries: by name, in the order of the header.
        metadata: texts by name.
    """

    start: int
    entries: dict[str, Entry]
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array."""
        return {name: entry.shape for name, entry in self.entries.items()}


def read_header(path: Path, reader: Reader) -> Header:
    """The header of a file, once it fits the file: no array is out of it, over another, or of another size than said.

    Args:
        path: the file.
        reader: of the files of its owner; refuses it.
    """
    reader.check_present(path)
    try:
        with path.open("rb") as file:
            size, held = int.from_bytes(file.read(8), "little"), path.stat().st_size - 8
            if not 2 <= size <= min(_LONGEST_HEADER, held):
                raise reader.refusal(path, f"truncated or no safetensors file (a header of {size} in {held + 8} bytes)")
            content = file.read(size)
    except OSError as error:
        raise reader.refusal(path, f"cannot be read ({error.strerror})") from None
    try:
        parsed = parse_json(content)
        if isinstance(parsed, dict) and len(parsed) > _MOST_ARRAYS:
            raise Misfit(f"{len(parsed):,} arrays, more than the {_MOST_ARRAYS:,} that any network has")
        described = build(dict[str, Mapping[str, object]], parsed)
        metadata = build(dict[str, str], described.pop(_METADATA, {}), _METADATA)
        entries = {name: build(Entry, entry, name) for name, entry in described.items()}
    except (Unreadable, Misfit) as error:
        raise reader.refusal(path, f"its header: {error}") from None
    places = sorted(entry.data_offsets for entry in entries.values())
    expected = max((end for _, end in places), default=0)
    if held - size < expected:
        cure = "" if reader.cure else "; copy it again"
        raise reader.refusal(path, f"truncated: {held - size} bytes of weights, expected {expected}{cure}")
    if any(begin < end for (_, end), (begin, _) in itertools.pairwise(places)):
        raise reader.refusal(path, "arrays overlap")
    return Header(8 + size, entries, metadata)
