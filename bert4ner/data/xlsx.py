"""The `xlsx` format: the first sheet of an Excel workbook that has rows, read as `csv`; needs the extra `xlsx`.

Formulas count by their last value. Written with one row per entity, as in `csv`.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from bert4ner.data.alignment import Align
from bert4ner.data.failures import named, temporary_named
from bert4ner.data.files import existing, open_bytes
from bert4ner.data.format import Format, Holds
from bert4ner.data.headers import shown_cells
from bert4ner.data.peek import Peek
from bert4ner.data.repairs import Repairs
from bert4ner.data.table_parts import Row, Table
from bert4ner.data.table_rows import entity_rows
from bert4ner.data.tables import read_table
from bert4ner.data.workbooks import COLUMNS, ROWS, UNPACKED, cells_of, is_too_large, openpyxl_for, text_of_cell
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError


def read(path: Path, repairs: Repairs, *, align: Align = "all") -> Iterator[Document]:
    """Documents in the order in which they first occur.

    Raises:
        DataError: it is not a workbook, is too large, or, with `path:row N`, a row is not annotation.
        EnvironmentProblem: openpyxl is not installed.
    """
    if existing(path).is_file() and not path.stat().st_size:
        return
    with open_bytes(path) as handle, closing(_open(path, handle)) as workbook:
        filled = [sheet for sheet in workbook.worksheets if next(_rows(sheet), None)]
        repairs.note("further sheets left out", str(path), count=len(filled) - 1)
        first, others = (shown_cells([sheet.title for sheet in some]) for some in (filled[:1], filled[1:]))
        for sheet in filled[:1]:
            beside = f"only the first sheet ({first}) is read; the workbook also has: {others}" if others else ""
            rows = _rows(sheet)
            number, header = next(rows)
            yield from read_table(Table(path, header, rows, "row ", number, align, beside), repairs)


def _open(path: Path, handle: IO[bytes]) -> Any:  # noqa: ANN401  (openpyxl has no types)
    """The workbook; not opened by its path, because openpyxl requires certain suffixes."""
    _check_size(path, handle)
    openpyxl = openpyxl_for(path)
    try:
        return openpyxl.load_workbook(handle, read_only=True, data_only=True)
    except Exception as error:  # whatever a broken archive makes it raise
        raise DataError(
            f"{path}: expected an Excel workbook (.xlsx), found one that cannot be opened ({type(error).__name__}); "
            "save it again, or as CSV (UTF-8)"
        ) from error


def _check_size(path: Path, handle: IO[bytes]) -> None:
    try:
        size = is_too_large(handle, path.stat().st_size)
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):  # the last: an unknown version of zip
        raise DataError(
            f"{path}: expected an Excel workbook (.xlsx), found another file; save it as CSV (UTF-8)"
        ) from None
    if size:
        raise DataError(f"{path}: expected a workbook of at most {UNPACKED >> 20} MiB, found {size}; save it as CSV")


def _rows(sheet: Any) -> Iterator[Row]:  # noqa: ANN401  (openpyxl has no types)
    """The rows that are not empty."""
    for number, cells in enumerate(sheet.iter_rows(max_row=ROWS, max_col=COLUMNS, values_only=True), start=1):
        texts = [text_of_cell(cell) for cell in cells]
        if any(texts):
            yield number, texts


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One sheet with a row an entity, as `csv` has them.

    Raises:
        DataError: an id is empty or occurs twice, a text does not fit a cell, or there are more rows than a sheet has.
        EnvironmentProblem: openpyxl is not installed.
    """
    openpyxl = openpyxl_for(path)
    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("documents")
    with atomic_write(path, binary=True) as handle, temporary_named(), tempfile.TemporaryFile() as packed:
        with closing(sheet):
            for number, row in enumerate(entity_rows(documents, path), start=1):
                if number > ROWS:
                    raise DataError(
                        f"{path}: expected at most {ROWS:,} rows in a sheet of Excel, found more; write csv"
                    )
                sheet.append(cells_of(sheet, row, f"document {row[0]}"))
        _pack(openpyxl.writer.excel.ExcelWriter, workbook, packed)
        size = is_too_large(packed, packed.tell())
        if size:
            raise DataError(f"{path}: expected a workbook that can be read again, found one of {size} MiB; write csv")
        packed.seek(0)
        with named(path):
            shutil.copyfileobj(packed, handle)


class _Archive(zipfile.ZipFile):
    """Without the time of day: an archive holds none before 1980, which is what a clock without a battery says."""

    def writestr(self, name: Any, data: Any, *_: Any) -> None:  # noqa: ANN401
        """Adds a file of 1980."""
        entry = zipfile.ZipInfo(name)
        entry.compress_type = self.compression
        super().writestr(entry, data)


def _pack(writer: Any, workbook: Any, packed: IO[bytes]) -> None:  # noqa: ANN401  (openpyxl has no types)
    """What `workbook.save` does, but after a failure the archive is left as it is: it would try to write its end."""
    archive = _Archive(packed, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False)
    try:
        writer(workbook, archive).save()
    except OSError:
        archive.fp = None
        raise


def sniff(seen: Peek) -> float:
    """An archive with the suffix of a workbook."""
    return 0.95 * (seen.start[:4] == b"PK\x03\x04" and seen.path.suffix.lower() in (".xlsx", ".xlsm"))


FORMAT = Format("xlsx", read, write, sniff, Holds(scores=True), ("align",))
