"""Where commands write: one rule for all of them, that nothing is overwritten unless ``--overwrite`` says so."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from bert4ner.data.streams import is_stdout
from bert4ner.errors import DataError
from bert4ner.options import describe

Overwrite = Annotated[bool, describe("Replace what is there already.")]
OF_BRAT = (".txt", ".ann")


def check_output(target: Path, *sources: Path | None, overwrite: bool, brat: bool = False) -> None:
    """Refuse to write over what is read, over any other file unless that is wanted, and brat to stdout.

    Raises:
        DataError: as said.
    """
    if brat and is_stdout(target):
        raise DataError("a folder cannot be written to standard output; name one")
    for source in sources:
        if source is not None and source.exists() and target.exists() and source.samefile(target):
            raise DataError(f"{target}: is the input itself; name another file with the output")
    if not overwrite and not is_stdout(target) and target.is_file():
        raise DataError(f"{target}: is there already; name another file, or add --overwrite to replace it")


@contextmanager
def folder_replaced(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Where to write a folder of brat that takes the place of `target` when all is written.

    Raises:
        DataError: the old folder holds more than what brat has.
    """
    if not overwrite or not target.is_dir() or not any(target.iterdir()):
        yield target
        return
    strangers = sorted(each.name for each in target.iterdir() if each.suffix not in OF_BRAT or not each.is_file())
    if strangers:
        raise DataError(f"{target}: holds {strangers[0]}; --overwrite replaces folders of .txt and .ann files only")
    aside = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        yield aside
        shutil.rmtree(target)
        aside.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
