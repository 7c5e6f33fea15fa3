"""The two entry points for annotated text: `read_documents` and `write_documents`; formats do the rest.

Logs the decisions (INFO) and warns once for each kind of repair or loss, with its count. The formats are modules beside
this one, or in other packages; `registry.FORMATS` lists them.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bert4ner.data.detect import detect_format
from bert4ner.data.files import existing, unchanged
from bert4ner.data.format import Format, Read, Write
from bert4ner.data.left_out import DocumentsRead
from bert4ner.data.losses import holdable
from bert4ner.data.repairs import Repairs
from bert4ner.data.tally import Tally
from bert4ner.data.unique_ids import make_unique
from bert4ner.entities import Document
from bert4ner.errors import DataError, unquoted
from bert4ner.given import check_kind, check_many
from bert4ner.registry import FORMATS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReadResult:
    """Documents, the format that they were read as, and the count of each kind of repair."""

    documents: DocumentsRead
    format: str
    repairs: Repairs

    @property
    def shape(self) -> str:
        """The format's shape that the file has, in a few words ("one row an entity"); "" if the format has only one."""
        return self.repairs.shape

    @property
    def decided(self) -> str:
        """The format, with its shape if there are several."""
        return f"{self.format}, {self.shape}" if self.shape else self.format

    def describe(self) -> str:
        """The decisions and counts, in one line."""
        labels = Counter(entity.label for document in self.documents for entity in document.entities)
        return f"read as {self.decided}: {Tally(len(self.documents), labels)}"


def read_documents(
    path: str | Path, format: str = "auto", *, annotated: bool = True, **options: object
) -> list[Document]:
    r"""All documents of a file (or of a brat folder), checked; ids are unique.

    Args:
        path: the file or folder.
        format: a name from `registry.FORMATS`, or `auto`: detected by content.
        annotated: whether to warn if no document has an entity.
        options: options of the format's reader: `offsets="utf16"` if offsets count UTF-16 units, `align` ("all",
            "first", "order") for mentions without offsets.

    Returns:
        the documents; the list's `left_out` has the kinds of annotation that were left out, if any, and the runs made
        from it record them.

    Raises:
        DataError: the file is missing or empty, or its annotation disagrees with its text, with `path:line`; or the
            format does not have an option.

    Example:
        >>> import tempfile, bert4ner
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "train.txt")
        ...     _ = path.write_text("人 B-DRUG\n参 I-DRUG\n治 O\n", encoding="utf-8")
        ...     bert4ner.read_documents(path)[0].entities
        (Entity(start=0, end=2, label='DRUG', score=None),)
    """
    result = read_with_report(path, format, **options)
    if format == "auto":
        logger.info("%s: %s", path, result.describe())
    report_repairs(path, result.repairs)
    if annotated:
        warn_of_no_entities(path, result)
    return result.documents


def warn_of_no_entities(path: str | Path, result: ReadResult) -> None:
    """Warn if no document has an entity: this happens if the annotation was not understood."""
    if not any(document.entities for document in result.documents):
        logger.warning(
            "%s: no entity in any of %d documents, read as %s; if they are annotated, name the format they are in",
            path,
            len(result.documents),
            result.decided,
        )


def read_with_report(path: str | Path, format: str = "auto", **options: object) -> ReadResult:
    """As `read_documents`, but returns the repairs instead of logging them."""
    path = existing(path)
    format, read = _decide(path, format)
    repairs = Repairs()
    with unchanged(path):
        documents = DocumentsRead(make_unique(read(path, repairs, **_options(format, options)), repairs))
    if not documents:
        raise _empty(path, format)
    documents.left_out = repairs.annotation_left_out()
    return ReadResult(documents, format, repairs)


def iterate_documents(path: str | Path, format: str = "auto", **options: object) -> Iterator[Document]:
    r"""As `read_documents`, one document in memory at a time where the format has lines (or files, for brat).

    Repeated ids stay: finding them would require keeping all of them in memory.

    Args:
        path: the file or folder.
        format: a name from `registry.FORMATS`, or `auto`: detected by content.
        options: as for `read_documents`.

    Raises:
        DataError: as `read_documents`; a mistake further down is raised when the iteration reaches it.

    Example:
        >>> import tempfile, bert4ner
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "notes.txt")
        ...     _ = path.write_text("人参治头痛\n当归补血\n", encoding="utf-8")
        ...     [document.text for document in bert4ner.iterate_documents(path, "text")]
        ['人参治头痛', '当归补血']
    """
    path = existing(path)
    name, read = _decide(path, format)
    if format == "auto":
        logger.info("%s: read as %s, by its content", path, name)
    return _iterate(path, name, partial(read, **_options(name, options)))


def _iterate(path: Path, format: str, read: Read) -> Iterator[Document]:
    repairs = Repairs()
    document = None
    with unchanged(path):
        for document in read(path, repairs):
            yield document
    if document is None:
        raise _empty(path, format)
    report_repairs(path, repairs)


def _decide(path: Path, format: str) -> tuple[str, Read]:
    """The format's name, detected if it is "auto", and its reader."""
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


@dataclass(frozen=True)
class WriteResult:
    """What was written to a file, and counts of what the format could not hold."""

    written: Tally
    losses: Repairs


def write_documents(documents: Iterable[Document], path: str | Path, format: str, **options: object) -> Repairs:
    """Write `documents`, one at a time, so that the file (the folder, for brat) appears whole or not at all.

    Args:
        documents: may be a generator; they are not kept in memory.
        path: the file; for `brat` a folder that does not exist or is empty.
        format: a name from `registry.FORMATS`.
        options: options of the format's writer; `bio` has `scheme` ("bio", "bios" or "bioes"), `brat` has `overwrite`,
            which replaces a folder of .txt and .ann files.

    Returns:
        Counts of what the format could not hold; also logged as warnings (missing scores and ids at level INFO).

    Raises:
        DataError: an item is not a document (named with its place), the format is unknown or cannot be written, it
            cannot hold a label, or the place cannot be written.

    Example:
        >>> import tempfile, bert4ner
        >>> from pathlib import Path
        >>> document = bert4ner.Document("a", "人参", (bert4ner.Entity(0, 2, "DRUG"),))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lost = bert4ner.write_documents([document], Path(folder, "train.bio"), "bio", scheme="bio")
        ...     Path(folder, "train.bio").read_text(encoding="utf-8").split()
        ['人', 'B-DRUG', '参', 'I-DRUG']
    """
    return write_with_report(documents, path, format, **options).losses


def write_with_report(documents: Iterable[Document], path: str | Path, format: str, **options: object) -> WriteResult:
    """As `write_documents`, but also returns the counts of what was written."""
    check_many(documents, "documents to write")
    write, result, known = _writer(format), WriteResult(Tally(), Repairs()), _known(format)
    kept = holdable(_checked(documents, known), known.holds, result.losses)
    write(result.written.counting(kept), Path(path), result.losses, **options)
    for kind, count in result.losses.items():
        if kind in ("scores", "ids"):  # of predictions, or made up by a reader: hardly missed
            logger.info("%s: note: %s has no place for %s; %d left out", path, format, kind, count)
        else:
            logger.warning("%s: the format %s cannot hold %s", path, format, result.losses.describe_kind(kind))
    return result


def _checked(documents: Iterable[Document], format: Format) -> Iterator[Document]:
    for place, document in enumerate(documents):
        check_kind(document, Document, f"documents[{place}]")
        format.check_labels((each.label for each in document.entities), where=f"document {unquoted(document.id)}")
        yield document
