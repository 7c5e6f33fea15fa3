"""The files of pretrained folders that are read whole."""

from dataclasses import replace
from pathlib import Path

from bert4ner.errors import CheckpointError
from bert4ner.schema import LARGEST, Reader

PRETRAINED = Reader(CheckpointError, "{path}: cannot be read (No such file or directory)")


def read_bounded(path: Path, largest: int = LARGEST) -> bytes:
    """The content of a file.

    Raises:
        CheckpointError: there is none, it cannot be read, is a pointer of Git or larger than `largest`.
    """
    return replace(PRETRAINED, largest=largest).content(path)
