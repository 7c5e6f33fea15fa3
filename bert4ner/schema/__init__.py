"""Files with a schema: read with bounds, checked value by value, refused in one line that names file and key.

The schema of a file is a frozen dataclass whose fields have types (see `values.build`). A `Reader` stands for the files
of one owner (a run, a model folder, a pretrained folder): it knows which error refuses them and what its user is to do.
This package does not know any particular file.

Example:
    >>> import tempfile
    >>> from dataclasses import dataclass
    >>> from pathlib import Path
    >>> from bert4ner.errors import RunError
    >>> from bert4ner.schema import Count, Reader, Share
    >>> @dataclass(frozen=True)
    ... class Row:
    ...     epoch: Count
    ...     f1: Share
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "row.json")
    ...     _ = path.write_text('{"epoch": 3, "f1": 0.5}')
    ...     Reader(RunError, "{path}: missing", cure="train again").read(path, Row)
    Row(epoch=3, f1=0.5)
"""

from bert4ner.schema.content import LARGEST, RepeatedKey, Unreadable, object_of, parse_json, read_bytes
from bert4ner.schema.ranges import Range
from bert4ner.schema.reader import FORMAT, Formats, Reader
from bert4ner.schema.values import (
    Count,
    Finite,
    Misfit,
    Name,
    Positive,
    RawText,
    Share,
    build,
    more_keys,
)

__all__ = [
    "FORMAT",
    "LARGEST",
    "Count",
    "Finite",
    "Formats",
    "Misfit",
    "Name",
    "Positive",
    "Range",
    "RawText",
    "Reader",
    "RepeatedKey",
    "Share",
    "Unreadable",
    "build",
    "more_keys",
    "object_of",
    "parse_json",
    "read_bytes",
]
