"""Cells of Excel workbooks as text and back, and the limits of a workbook; no annotation."""

import re
import zipfile
from collections.abc import Iterable
from typing import IO, Any

from bert4ner.errors import DataError, EnvironmentProblem

COLUMNS = 64
ROWS = 1_048_576  # Excel's limit
LONGEST_CELL = 32_767  # Excel's limit in UTF-16 units
UNPACKED = 1 << 30  # bytes in all; an archive that claims more is refused before it is unpacked
TIMES = 200  # largest ratio of unpacked to packed size
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
"""Characters that XML cannot hold, a carriage return, and text that looks like the escape of such a character."""


def openpyxl_for(path: object) -> Any:  # noqa: ANN401  (openpyxl has no types)
    """The package.

    Raises:
        EnvironmentProblem: it is not installed.
    """
    try:
        import openpyxl
    except ImportError:
        raise EnvironmentProblem(
            f"{path}: an Excel workbook needs openpyxl, which is not installed: pip install 'bert4ner[xlsx]'; "
            "or save the sheet as CSV (UTF-8)"
        ) from None
    return openpyxl


def is_too_large(packed: IO[bytes], size: int) -> int:
    """How many MiB a workbook of some bytes unpacks to, if that is too many; else 0.

    Raises:
        zipfile.BadZipFile: it is no archive.
    """
    with zipfile.ZipFile(packed) as archive:
        unpacked = sum(part.file_size for part in archive.infolist())
    return unpacked >> 20 if unpacked > max(1 << 24, min(UNPACKED, TIMES * size)) else 0


def is_workbook(packed: IO[bytes]) -> bool:
    """Whether a file is an archive with a workbook in it, whatever its name."""
    try:
        with zipfile.ZipFile(packed) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):  # the last: an unknown version of zip
        return False


def text_of_cell(value: object) -> str:
    r"""A cell as text: whole numbers without a point, empty ones as "", signs such as `_x000D_` as what they stand for.

    Example:
        >>> text_of_cell(3.0), text_of_cell("气_x000D_\n血")
        ('3', '气\r\n血')
    """
    if value is None:
        return ""
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return ESCAPED.sub(lambda sign: chr(int(sign[1], 16)), text) if "_x" in text else text


def cells_of(sheet: Any, row: Iterable[str | int | float], where: str) -> list[Any]:  # noqa: ANN401  (as above)
    """Cells to append to a sheet that is being written: text stays text, whatever Excel would make of it.

    Raises:
        DataError: a text is longer than a cell can hold.
    """
    from openpyxl.cell import WriteOnlyCell

    cells = []
    for value in row:
        cell = WriteOnlyCell(sheet)
        if isinstance(value, str) and value:
            value = UNSAFE.sub(lambda found: f"_x{ord(found.group()):04X}_", value)
            if len(value.encode("utf-16-le")) // 2 > LONGEST_CELL:
                raise DataError(
                    f"{where}: expected at most {LONGEST_CELL:,} characters in a cell of Excel, found more; write csv"
                )
        cell.value = value if value != "" else None
        if isinstance(value, str) and value:
            cell.data_type = "s"  # else =1+1 were a formula, and #N/A an error
        if isinstance(value, float):
            cell.value, cell.data_type = repr(value), "n"  # openpyxl writes 16 digits, a number has up to 17
        cells.append(cell)
    return cells
