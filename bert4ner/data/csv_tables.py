"""The `csv` and `tsv` formats: tables with a header, read by Python's csv module; the header defines the rows.

Written with one row per entity, with its mention, for filtering in spreadsheets; a document without entities has a row.
"""

import csv
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from bert4ner.data.alignment import Align
from bert4ner.data.files import read_text
from bert4ner.data.format import Format, Holds
from bert4ner.data.peek import Peek
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_parts import Row, Table
from bert4ner.data.table_rows import entity_rows
from bert4ner.data.tables import find_shape, is_table, read_table
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError

SEPARATORS = {"csv": ",;", "tsv": "\t"}
SAMPLE = 100  # rows that decide about quotes
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def read(path: Path, repairs: Repairs, *, format: str, align: Align = "all") -> Iterator[Document]:
    """Documents in the order in which they first occur; the whole table in memory.

    Raises:
        DataError: with `path:line`: broken quotes, a cell that is not what its column says, no known header.
    """
    data = read_text(path, repairs, marked=True).encode("utf-8", "surrogatepass")  # as text, one emoji quadruples it
    separator = _separator(data[: data.find(b"\n") + 1 or None].decode("utf-8", "surrogatepass"), format)
    plain = _quotes_are_text(path, data, separator)
    rows = _rows(path, data, separator, plain=plain)
    for number, header in islice(rows, 1):
        yield from read_table(Table(path, header, rows, begins=number, align=align), repairs)


def _separator(first: str, format: str) -> str:
    """The separator that divides the header into most columns."""
    return max(SEPARATORS[format], key=first.count)


def _quotes_are_text(path: Path, data: bytes, separator: str) -> bool:
    """With tabs between columns, a quote alone in a cell is usually text and not a quote."""
    if separator != "\t" or b'"' not in data:
        return False
    rows = _rows(path, data, separator, plain=True)
    _, header = next(rows, (1, []))
    shape = find_shape(header, list(islice(rows, SAMPLE)))
    return shape is not None and "token" in shape.columns


def _rows(path: Path, data: bytes, separator: str, *, plain: bool = False) -> Iterator[Row]:
    """Each row with the line on which it begins; rows without cells are empty lines."""
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default of 131,072 is less than a long document
    divided = (match[0].decode("utf-8", "surrogatepass") for match in LINE.finditer(data))
    lines = csv.reader(
        divided, delimiter=separator, quoting=csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL, strict=True
    )
    begins = 1
    try:
        for cells in lines:
            yield begins, cells
            begins = lines.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}:{begins}: expected cells divided by {separator!r}, found a row that cannot be read ({error}); "
            'a quote within a cell is written twice (""), and a cell that holds one stands between quotes'
        ) from None


def write(documents: Iterable[Document], path: Path, losses: Repairs, *, format: str) -> None:
    """One row per entity: id, text, start, end, label, mention, score; a file has a byte order mark, for Excel.

    Raises:
        DataError: an id is empty or occurs twice: rows with the same id belong to one document.
    """
    with atomic_write(path, marked=True) as handle:
        table = csv.writer(handle, delimiter=SEPARATORS[format][0], lineterminator="\r\n")
        table.writerows(entity_rows(documents, path))


def sniff(seen: Peek, *, format: str) -> float:
    """A header that names the columns, above rows that fit; a single column is a table by the file's suffix alone."""
    divided = seen.kind == "lines" and any(separator in seen.lines[0] for separator in SEPARATORS[format])
    if seen.kind != "lines" or not (divided or seen.path.suffix.lower() == f".{format}"):
        return 0.0
    separator = _separator(seen.lines[0], format)
    header = next(csv.reader([seen.lines[0]], delimiter=separator))
    return 0.95 * is_table(header, _sample(seen.lines[1:], separator))


def _sample(lines: Sequence[str], separator: str) -> list[Row]:
    """Rows of the first lines, up to one that is broken (perhaps because the sample ends there)."""
    rows: list[Row] = []
    with suppress(csv.Error):
        rows.extend((0, row) for row in csv.reader(lines, delimiter=separator))
    return rows


def _format(name: str) -> Format:
    return Format(
        name,
        partial(read, format=name),
        partial(write, format=name),
        partial(sniff, format=name),
        Holds(scores=True),
        ("align",),
    )


CSV = _format("csv")
TSV = _format("tsv")
