"""The two doors for annotated text: `read_documents` and `write_documents`, with whatever the format needs behind them.

Says what it decided (INFO) and warns once for each kind of repair or loss, with its count. The formats themselves are
one file each beside this one.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bert4ner.data import bio, brat, cluener, cmeee, deepner, doccano, jsonl, labelstudio, plain
from bert4ner.data.detect import detect_format
from bert4ner.data.files import Repairs, existing
from bert4ner.data.records import make_unique
from bert4ner.entities import Document
from bert4ner.errors import DataError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Format:
    """The reader and the writer of one format."""

    read: Callable[[Path, Repairs], Iterator[Document]]
    write: Callable[..., None]


FORMATS: dict[str, Format] = {
    "jsonl": Format(jsonl.read, jsonl.write),
    "bio": Format(bio.read, bio.write),
    "brat": Format(brat.read, brat.write),
    "deepner": Format(deepner.read, deepner.write),
    "cluener": Format(cluener.read, cluener.write),
    "cmeee": Format(cmeee.read, cmeee.write),
    "doccano": Format(doccano.read, doccano.write),
    "labelstudio": Format(labelstudio.read, labelstudio.write),
    "text": Format(plain.read, plain.write),
}
FORMAT_NAMES = tuple(FORMATS)
HOLD_FRAGMENTS = ("jsonl", "brat")  # formats in which an entity may be in several pieces


@dataclass(frozen=True)
class ReadResult:
    """Documents, the format they were read as, and how often each kind of repair was needed."""

    documents: list[Document]
    format: str
    repairs: Repairs


def read_documents(path: str | Path, format: str = "auto") -> list[Document]:
    """All documents of a file (or of a brat folder), checked; ids are unique.

    Raises:
        DataError: nothing there, nothing in it, or annotation that disagrees with its text, with `path:line`.
    """
    result = read_with_report(path, format)
    report_repairs(path, result.repairs)
    return result.documents


def read_with_report(path: str | Path, format: str = "auto") -> ReadResult:
    """As `read_documents`, but the repairs come back instead of being logged."""
    path = existing(path)
    format = _decide(path, format)
    repairs = Repairs()
    documents = make_unique(FORMATS[format].read(path, repairs), repairs)
    if not documents:
        raise _empty(path, format)
    return ReadResult(documents, format, repairs)


def iterate_documents(path: str | Path, format: str = "auto") -> Iterator[Document]:
    """As `read_documents`, one document in memory at a time where the format has lines (or files, for brat).

    Repeated ids stay as they are: to find them, all would have to be remembered.

    Raises:
        DataError: as `read_documents`; what is wrong further down shows when the iteration gets there.
    """
    path = existing(path)
    format = _decide(path, format)
    return _iterate(path, format)


def _iterate(path: Path, format: str) -> Iterator[Document]:
    repairs = Repairs()
    document = None
    for document in FORMATS[format].read(path, repairs):
        yield document
    if document is None:
        raise _empty(path, format)
    report_repairs(path, repairs)


def _decide(path: Path, format: str) -> str:
    if format == "auto":
        format = detect_format(path)
        logger.info("%s: read as %s, by its content", path, format)
    return _known(format)


def _known(format: str) -> str:
    if format not in FORMATS:
        raise DataError(f"expected one of the formats {', '.join(FORMAT_NAMES)}, found {format!r}")
    return format


def _empty(path: Path, format: str) -> DataError:
    return DataError(f"{path}: empty data set; expected at least one document in the format {format}, found none")


def report_repairs(path: str | Path, repairs: Repairs) -> None:
    """Warn once for each kind of repair."""
    for line in repairs.describe():
        logger.warning("%s: %s", path, line)


def _in_one_piece(documents: Iterable[Document], losses: Repairs) -> Iterator[Document]:
    """The documents without entities in several pieces, which are counted: their hull would be another entity."""
    for document in documents:
        whole = tuple(entity for entity in document.entities if not entity.fragments)
        lost = len(document.entities) - len(whole)
        losses.note("entities in several pieces", f"document {document.id}", count=lost)
        yield replace(document, entities=whole) if lost else document


def _weights_counted(documents: Iterable[Document], losses: Repairs) -> Iterator[Document]:
    """The documents as they are; the weights that their file will not tell of are counted."""
    for document in documents:
        losses.note("weights", f"document {document.id}", count=int(document.weight != 1))
        yield document


def write_documents(documents: Iterable[Document], path: str | Path, format: str, **options: Any) -> Repairs:
    """Write `documents`, one at a time, so that the file (the folder, for brat) appears whole or not at all.

    Args:
        documents: may be a generator; nothing is kept.
        path: the file; for `brat` a folder that does not exist or is empty.
        format: a name from `FORMAT_NAMES`; `bio` takes the option `scheme` ("bio", "bios" or "bioes").

    Returns:
        What the format could not hold, counted; warned of as well (missing scores and ids only at level INFO).

    Raises:
        DataError: an unknown format, a label the format cannot hold, or a place that cannot be written.
    """
    losses = Repairs()
    if _known(format) not in HOLD_FRAGMENTS:
        documents = _in_one_piece(documents, losses)
    if format != "jsonl":
        documents = _weights_counted(documents, losses)
    FORMATS[format].write(documents, Path(path), losses, **options)
    for kind in losses:
        level = logging.INFO if kind in ("scores", "ids") else logging.WARNING
        logger.log(level, "%s: the format %s cannot hold %s", path, format, losses.describe_kind(kind))
    return losses
