"""The text files of a run: the reader for all of them, and how they are written."""

import json
from collections.abc import Mapping
from pathlib import Path

from bert4ner.data.writing import atomic_write
from bert4ner.errors import RunError
from bert4ner.schema import Reader

RUN_FILES = Reader(
    RunError,
    "{folder}: the run is incomplete, {name} is missing; run the command that made it again",
    cure="expected what the command that made the run wrote",
    largest=1 << 29,  # some millions of documents
    most_parts=20_000_000,
)
"""Reads the files of runs."""


def write_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    with atomic_write(path) as aside:
        aside.write(text)


def to_json(values: Mapping[str, object], *, indent: int = 2) -> str:
    """The text of a JSON file, indented for readers."""
    return json.dumps(values, ensure_ascii=False, indent=indent) + "\n"
