"""Checks of output paths, and the format that a path's ending stands for.

No command overwrites anything unless ``--overwrite`` allows it.
"""

import shlex
from pathlib import Path
from typing import Annotated, NamedTuple

from bert4ner.data.streams import is_stdout
from bert4ner.errors import ConfigError, DataError
from bert4ner.options import describe

BY_ENDING = {".jsonl": "jsonl", ".csv": "csv", ".tsv": "tsv", ".xlsx": "xlsx", ".bio": "bio", ".conll": "bio"}
"""The endings that stand for one format; of .jsonl several formats are written, jsonl if none is given."""
OTHER_WORKBOOKS = (".xls", ".xlsm", ".xlsb", ".et")
"""Endings of workbooks that no format writes."""
Overwrite = Annotated[bool, describe("Replace existing files.")]


class Written(NamedTuple):
    """The format to write."""

    format: str
    remark: str
    """For the line that says what was written: ", by its name", a contradiction to the name; else empty."""


def written_format(target: Path, given: str | None, *, otherwise: str | None = None) -> Written:
    """The format that was given, or that the ending of `target` stands for, or `otherwise`.

    Raises:
        ConfigError: it is none of these, or the ending is that of a workbook that is not written.

    Example:
        >>> written_format(Path("found.csv"), None), written_format(Path("found.csv"), "bio").remark
        (Written(format='csv', remark=', by its name'), ', although its name ends in .csv')
    """
    ending = target.suffix.lower()
    meant = BY_ENDING.get(ending)
    if given is not None:
        contradicts = meant not in (None, "jsonl", given)
        return Written(given, f", although its name ends in {ending}" if contradicts else "")
    if meant is not None:
        return Written(meant, "" if meant == otherwise else ", by its name")
    if ending in OTHER_WORKBOOKS:
        raise ConfigError(
            f"{target}: {ending} is not written; name the file .xlsx or .csv, or its format with --format"
        )
    if otherwise is None:
        raise ConfigError(f"{target}: its name does not say which format to write; name one with --format")
    return Written(otherwise, "")


def check_output(target: Path, *sources: Path | None, overwrite: bool, brat: bool = False) -> None:
    """Refuse to overwrite the input, or any other file unless that is allowed; refuse brat to stdout.

    Raises:
        DataError: `target` cannot be written.
    """
    if brat and is_stdout(target):
        raise DataError("a folder cannot be written to standard output; name one")
    for source in sources:
        if source is not None and source.exists() and target.exists() and source.samefile(target):
            raise DataError(f"{target}: is the input itself; name another file with the output")
    if not overwrite and not is_stdout(target) and target.is_file():
        raise DataError(f"{target}: is there already; name another file, or add --overwrite to replace it")


def check_new_folder(target: Path) -> None:
    """Refuse a folder with something in it, which no command replaces, before anything is read.

    Raises:
        DataError: `target` has something in it; the message has the command that removes it.
    """
    if target.is_dir() and any(target.iterdir()):
        raise DataError(
            f"{target}: the folder is not empty, and nothing is overwritten; name another --output, or remove it: "
            f"rm -r {shlex.quote(str(target))}"
        )


def replacing(format: str, *, overwrite: bool) -> dict[str, bool]:
    """The value of ``--overwrite`` for the writer of a folder; writers of files need only `check_output`."""
    return {"overwrite": overwrite} if format == "brat" else {}
