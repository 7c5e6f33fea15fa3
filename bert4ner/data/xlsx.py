"""The `xlsx` format: the first sheet of an Excel workbook with rows in it, read as `csv` is; needs the extra `xlsx`.

Formulas count by their last value. Cannot be written: write csv, which Excel opens.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert4ner.data.files import existing
from bert4ner.data.format import Format
from bert4ner.data.peek import Peek
from bert4ner.data.repairs import Repairs
from bert4ner.data.tables import Row, Table, read_table
from bert4ner.entities import Document
from bert4ner.errors import DataError, EnvironmentProblem

COLUMNS = 64
ROWS = 1_048_576  # that Excel can hold
UNPACKED = 1 << 30  # bytes in all: what says that it holds more is refused before it is unpacked
TIMES = 200  # that the unpacked file may be larger than the packed one


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in the order in which they first occur.

    Raises:
        DataError: no workbook, one too large, or with `path:row N` what is no annotation.
        EnvironmentProblem: openpyxl is not installed.
    """
    if existing(path).is_file() and not path.stat().st_size:
        return
    workbook = _open(path)
    try:
        filled = [sheet for sheet in workbook.worksheets if next(_rows(sheet), None)]
        repairs.note("further sheets left out", str(path), count=len(filled) - 1)
        for sheet in filled[:1]:
            rows = _rows(sheet)
            number, header = next(rows)
            yield from read_table(Table(path, header, rows, "row ", number), repairs)
    finally:
        workbook.close()


def _open(path: Path) -> Any:  # noqa: ANN401  (openpyxl has no types)
    _check_size(path)
    try:
        import openpyxl
    except ImportError:
        raise EnvironmentProblem(
            f"{path}: an Excel workbook needs openpyxl, which is not installed: pip install 'bert4ner[xlsx]'; "
            "or save the sheet as CSV (UTF-8)"
        ) from None
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:  # whatever a broken archive makes it raise
        raise DataError(
            f"{path}: expected an Excel workbook (.xlsx), found one that cannot be opened ({type(error).__name__}); "
            "save it again, or as CSV (UTF-8)"
        ) from error


def _check_size(path: Path) -> None:
    existing(path)
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):  # the last: a version of zip that is unknown
        raise DataError(
            f"{path}: expected an Excel workbook (.xlsx), found another file; save it as CSV (UTF-8)"
        ) from None
    if size > max(1 << 24, min(UNPACKED, TIMES * path.stat().st_size)):
        raise DataError(
            f"{path}: expected a workbook of at most {UNPACKED >> 20} MiB, found {size >> 20}; save it as CSV"
        )


def _rows(sheet: Any) -> Iterator[Row]:  # noqa: ANN401  (openpyxl has no types)
    """The rows that are not empty."""
    for number, cells in enumerate(sheet.iter_rows(max_row=ROWS, max_col=COLUMNS, values_only=True), start=1):
        texts = [_text(cell) for cell in cells]
        if any(texts):
            yield number, texts


def _text(value: object) -> str:
    """A cell as text: whole numbers without a point, empty ones as ""."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def sniff(seen: Peek) -> float:
    """An archive under the name of a workbook."""
    return 0.95 * (seen.start[:4] == b"PK\x03\x04" and seen.path.suffix.lower() in (".xlsx", ".xlsm"))


FORMAT = Format("xlsx", read, sniff=sniff)
