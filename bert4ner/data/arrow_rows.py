"""Rows of Parquet and Arrow files, and of folders saved by Hugging Face's `datasets`, as JSON objects.

Needs pyarrow (the extra `datasets`). The schema or `dataset_info.json` gives the features, including the names of
numbered tags.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bert4ner.data.files import open_bytes, read_text
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError

PARQUET, ARROW = b"PAR1", b"ARROW1"
STATE, INFO, SPLITS = "state.json", "dataset_info.json", "dataset_dict.json"
ENDINGS = (".parquet", ".arrow")


def holds_rows(path: Path) -> bool:
    """Whether a path is a Parquet or Arrow file or a folder of them."""
    if path.is_dir():
        return any((path / name).exists() for name in (STATE, SPLITS)) or bool(_files_in(path))
    with open_bytes(path) as handle:
        start = handle.read(len(ARROW))
    return start.startswith((PARQUET, ARROW)) or path.suffix == ".arrow"


def rows_of(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a file or folder, each with its place.

    Raises:
        DataError: pyarrow is missing, a file is broken, or a folder has several splits.
    """
    number = 0
    for file in _files_of(path):
        try:
            for batch in _batches(file):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: record {number}", row
        except _arrow_errors() as problem:
            raise DataError(f"{file}: cannot be read as {file.suffix[1:] or 'Parquet'} ({_line(problem)})") from None


def features_of(path: Path) -> dict[str, Any]:
    """The features of the columns: from the schema of a file, or from `dataset_info.json` beside it."""
    if holds_rows(path):
        features = _features_in(_files_of(path)[0])
        if isinstance(features, dict):
            return features
    beside = (path if path.is_dir() else path.parent) / INFO
    if not beside.is_file():
        return {}
    try:
        info = json.loads(read_text(beside, Repairs()))
    except (ValueError, RecursionError):
        raise DataError(f"{beside}: expected JSON, which cannot be read; correct it or remove it") from None
    features = info.get("features") if isinstance(info, dict) else None
    return features if isinstance(features, dict) else {}


def _features_in(file: Path) -> object:
    broken: tuple[type[Exception], ...] = (*_arrow_errors(), ValueError)  # reported when the rows are read
    try:
        stored = (next(_batches(file)).schema.metadata or {}).get(b"huggingface", b"{}")
        info = json.loads(stored)
    except broken:
        return None
    inside = info.get("info") if isinstance(info, dict) else None
    return inside.get("features") if isinstance(inside, dict) else None


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    if (path / SPLITS).exists():
        splits = ", ".join(sorted(each.name for each in path.iterdir() if each.is_dir())) or "none"
        raise DataError(
            f"{path}: expected one split of a saved data set, found a folder with several; name one: {splits}"
        )
    files = _files_in(path)
    splits_found = sorted({file.name.partition("-")[0] for file in files})
    if len(splits_found) > 1 or not files:
        raise DataError(
            f"{path}: expected the files of one split, found {', '.join(splits_found) or 'none'}; name one file"
        )
    return files


def _files_in(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if each.suffix in ENDINGS and not each.name.startswith("."))


def _batches(file: Path) -> Iterator[Any]:
    with open_bytes(file) as handle:
        start = handle.read(len(ARROW))
    if start.startswith(PARQUET):
        yield from _module("pyarrow.parquet").ParquetFile(file).iter_batches(1024)
        return
    ipc, arrow = _module("pyarrow.ipc"), _module("pyarrow")
    with arrow.memory_map(str(file)) as source:
        if start == ARROW:
            reader = ipc.open_file(source)
            yield from (reader.get_batch(number) for number in range(reader.num_record_batches))
        else:
            yield from ipc.open_stream(source)


def _module(name: str) -> Any:  # noqa: ANN401
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError:
        raise DataError(
            "Parquet and Arrow files need pyarrow, which is not installed: pip install 'bert4ner[datasets]', "
            "or save the data as JSON lines"
        ) from None


def _arrow_errors() -> tuple[type[Exception], ...]:
    broken: type[Exception] = _module("pyarrow").ArrowException
    return (broken, OSError, StopIteration)


def _line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:200]
