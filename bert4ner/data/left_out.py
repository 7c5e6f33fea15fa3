"""Annotation that was left out while reading, and a list of documents that remembers it. Reads nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.entities import Document
from bert4ner.schema import Positive


@dataclass(frozen=True)
class LeftOut:
    """Annotation of one kind that was left out while reading: it is neither learned nor scored."""

    kind: str
    """A plural phrase such as "spans left out because they end before they start"."""
    count: Positive
    places: tuple[str, ...]
    """The first places, one at least."""


class DocumentsRead(list[Document]):
    """The documents of a file or folder: a list that also knows what annotation was left out of it."""

    left_out: tuple[LeftOut, ...] = ()


def left_out_of(documents: Sequence[Document]) -> tuple[LeftOut, ...]:
    """The annotation that was left out when these documents were read; unknown, and so none, of any other sequence."""
    return documents.left_out if isinstance(documents, DocumentsRead) else ()
