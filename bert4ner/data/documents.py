"""The two doors for annotated text: `read_documents` and `write_documents`, with whatever the format needs behind them.

Says what it decided (INFO) and warns once for each kind of repair or loss, with its count. The formats themselves are
one file each beside this one, or in other packages; `registry.FORMATS` lists them.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bert4ner.data.detect import detect_format
from bert4ner.data.files import existing
from bert4ner.data.format import Format, Read, Write
from bert4ner.data.losses import holdable
from bert4ner.data.repairs import Repairs
from bert4ner.data.unique_ids import make_unique
from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.registry import FORMATS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadResult:
    """Documents, the format they were read as, and how often each kind of repair was needed."""

    documents: list[Document]
    format: str
    repairs: Repairs

    @property
    def shape(self) -> str:
        """Which of the format's shapes it was, in a few words ("one row an entity"); "" where it has one only."""
        return self.repairs.shape

    @property
    def decided(self) -> str:
        """The format, and its shape if there is something to tell of it."""
        return f"{self.format}, {self.shape}" if self.shape else self.format

    def describe(self) -> str:
        """What was decided and what was found, in one line."""
        return f"read as {self.decided}: {describe_documents(self.documents)}"


def describe_documents(documents: Sequence[Document]) -> str:
    """How many there are, with how many entities of how many labels.

    Example:
        >>> describe_documents([Document("1", "气血")])
        '1 document, 0 entities, 0 labels'
    """
    labels = Counter(entity.label for document in documents for entity in document.entities)
    counts = ((len(documents), "document", "documents"), (labels.total(), "entity", "entities"))
    return ", ".join(
        f"{count:,} {one if count == 1 else many}" for count, one, many in (*counts, (len(labels), "label", "labels"))
    )


def read_documents(
    path: str | Path, format: str = "auto", *, annotated: bool = True, **options: object
) -> list[Document]:
    """All documents of a file (or of a brat folder), checked; ids are unique.

    Args:
        path: the file or folder.
        format: a name from `registry.FORMATS`, or `auto`: found out by content.
        annotated: warn if none of the documents has an entity.
        options: what the format's reader takes: `offsets="utf16"` if offsets count UTF-16 units, `align` ("all",
            "first", "order") for mentions without offsets.

    Raises:
        DataError: nothing there, nothing in it, or annotation that disagrees with its text, with `path:line`; or an
            option that the format does not have.
    """
    result = read_with_report(path, format, **options)
    if format == "auto":
        logger.info("%s: %s", path, result.describe())
    report_repairs(path, result.repairs)
    if annotated:
        warn_of_no_entities(path, result)
    return result.documents


def warn_of_no_entities(path: str | Path, result: ReadResult) -> None:
    """Say so loudly if no document has an entity: annotation that was not understood looks like this."""
    if not any(document.entities for document in result.documents):
        logger.warning(
            "%s: no entity in any of %d documents, read as %s; if they are annotated, name the format they are in",
            path,
            len(result.documents),
            result.decided,
        )


def read_with_report(path: str | Path, format: str = "auto", **options: object) -> ReadResult:
    """As `read_documents`, but the repairs come back instead of being logged."""
    path = existing(path)
    format, read = _decide(path, format)
    repairs = Repairs()
    documents = make_unique(read(path, repairs, **_options(format, options)), repairs)
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
    name, read = _decide(path, format)
    if format == "auto":
        logger.info("%s: read as %s, by its content", path, name)
    return _iterate(path, name, read)


def _iterate(path: Path, format: str, read: Read) -> Iterator[Document]:
    repairs = Repairs()
    document = None
    for document in read(path, repairs):
        yield document
    if document is None:
        raise _empty(path, format)
    report_repairs(path, repairs)


def _decide(path: Path, format: str) -> tuple[str, Read]:
    """The format's name, found out if it is "auto", and its reader."""
    if format == "auto":
        format = detect_format(path)
    read = _known(format).read
    if read is None:
        able = ", ".join(name for name, each in FORMATS.items() if each.read is not None)
        raise DataError(f"the format {format} cannot be read, only written; formats that can: {able}")
    return format, read


def _options(format: str, options: dict[str, object]) -> dict[str, object]:
    """The options of a reader.

    Raises:
        DataError: the format does not have one of them.
    """
    unknown = next((name for name in options if name not in _known(format).options), None)
    if unknown is not None:
        able = ", ".join(name for name, each in FORMATS.items() if unknown in each.options) or "none"
        raise DataError(f"the format {format} cannot be read with {unknown!r}; formats that can: {able}")
    return options


def _writer(format: str) -> Write:
    write = _known(format).write
    if write is None:
        able = ", ".join(name for name, each in FORMATS.items() if each.write is not None)
        raise DataError(f"the format {format} cannot be written, only read; formats that can: {able}")
    return write


def _known(format: str) -> Format:
    if format not in FORMATS:
        raise DataError(f"expected one of the formats {', '.join(FORMATS)}, found {format!r}")
    found: Format = FORMATS.get(format)
    return found


def _empty(path: Path, format: str) -> DataError:
    return DataError(f"{path}: empty data set; expected at least one document in the format {format}, found none")


def report_repairs(path: str | Path, repairs: Repairs) -> None:
    """Warn once for each kind of repair."""
    for line in repairs.describe():
        logger.warning("%s: %s", path, line)


def write_documents(documents: Iterable[Document], path: str | Path, format: str, **options: object) -> Repairs:
    """Write `documents`, one at a time, so that the file (the folder, for brat) appears whole or not at all.

    Args:
        documents: may be a generator; nothing is kept.
        path: the file; for `brat` a folder that does not exist or is empty.
        format: a name from `registry.FORMATS`.
        options: what the format's writer takes; `bio` has `scheme` ("bio", "bios" or "bioes").

    Returns:
        What the format could not hold, counted; warned of as well (missing scores and ids only at level INFO).

    Raises:
        DataError: a format that is unknown or cannot be written, a label it cannot hold, or a place that cannot be
            written.
    """
    write, losses = _writer(format), Repairs()
    write(holdable(documents, _known(format).holds, losses), Path(path), losses, **options)
    for kind in losses:
        level = logging.INFO if kind in ("scores", "ids") else logging.WARNING
        logger.log(level, "%s: the format %s cannot hold %s", path, format, losses.describe_kind(kind))
    return losses


def what_is_written(documents: Iterable[Document], format: str) -> str:
    """What of `documents` is in the file after `write_documents`: counts as `describe_documents` says them."""
    return describe_documents(list(holdable(documents, _known(format).holds, Repairs())))
