"""The manifest of a model folder or a run: size and SHA-256 of each of its files, to find what changed since.

A run's manifest names the manifests of its models instead of their files. Folders of older versions have none.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bert4ner.data.durable import remove_file
from bert4ner.data.failures import reading
from bert4ner.errors import RunError
from bert4ner.runs.files import RUN_FILES, to_json, write_text
from bert4ner.runs.layout import COMBINATION, FOLDS, IN_RUN, MANIFEST, MODEL, MODEL_CONFIG, PARTS
from bert4ner.schema import FORMAT, Count, Formats, Misfit

_FORMAT = 1
_CHUNK = 1 << 20
_LONGEST = 255  # bytes of a file name on all usual file systems
_FILES, _BYTES, _SHA256 = "files", "bytes", "sha256"


@dataclass(frozen=True)
class Difference:
    """A file that is not what a manifest says."""

    path: Path
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


def write_manifest(folder: Path, files: Iterable[Path]) -> None:
    """Write the manifest of a folder: last, when all its files are written."""
    described = {
        path.relative_to(folder).as_posix(): {_BYTES: path.stat().st_size, _SHA256: _sha256(path)}
        for path in sorted(files)
    }
    write_text(folder / MANIFEST, to_json({FORMAT: _FORMAT, _FILES: described}))


def write_run_manifest(run: Path) -> None:
    """Write the manifest of a complete run."""
    write_manifest(run, _files_of_run(run))


def discard_manifest(folder: Path) -> None:
    """Remove the manifest, before anything else in the folder changes."""
    remove_file(folder / MANIFEST)


def differences(folder: Path) -> Iterator[Difference]:
    """The files of a folder that are not what its manifest says, sizes compared first; none without a manifest.

    Raises:
        RunError: the manifest is damaged.
    """
    manifest = folder / MANIFEST
    if manifest.exists():
        expected = _read(manifest)
        for name, (size, digest) in expected.items():
            what = _difference(folder / name, size, digest)
            if what:
                yield Difference(folder / name, what)


@dataclass(frozen=True)
class Verified:
    """What became of comparing all files of a run, or of any folder in it, with their manifests."""

    files: int
    """The number of files that were compared."""
    differing: list[Difference]
    without: list[Path]
    """Runs and models without a manifest: of an older version, or not complete."""


def verify(path: Path) -> Verified:
    """Compare all files of a run or a model with the manifests in it."""
    files = 0
    differing: list[Difference] = []
    for folder in sorted(each.parent for each in path.rglob(MANIFEST)):
        try:
            files += len(_read(folder / MANIFEST))
            differing += differences(folder)
        except RunError as error:
            differing.append(Difference(folder / MANIFEST, str(error).removeprefix(f"{folder / MANIFEST}: ")))
    models = [each.parent for each in path.rglob(MODEL_CONFIG)]
    runs = [each.parent for name in (FOLDS, COMBINATION) for each in path.rglob(name)]
    without = sorted(folder for folder in (*models, *runs) if not (folder / MANIFEST).is_file())
    return Verified(files, differing, without)


def _files_of_run(run: Path) -> Iterator[Path]:
    """The run's own files: not the report, which is made anew at any time, nor what users put beside them."""
    for path in run.iterdir():
        if path.is_dir() and (path.name == MODEL or path.name.startswith(PARTS)):
            yield from [path / MANIFEST] if (path / MANIFEST).is_file() else _files_of_run(path)
        elif path.is_file() and (path.name in IN_RUN or run.name == MODEL):
            yield path


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with reading(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _difference(path: Path, size: int, digest: str) -> str:
    if not path.is_file():
        return "missing"
    found = path.stat().st_size
    if found != size:
        return f"has {found:,} bytes, expected {size:,}"
    return "" if _sha256(path) == digest else f"has another SHA-256 than {MANIFEST} says"


@dataclass(frozen=True)
class _Entry:
    bytes: Count
    sha256: str


@dataclass(frozen=True)
class _ManifestFile:
    """The content of a manifest, apart from its format."""

    files: Mapping[str, _Entry]

    def __post_init__(self) -> None:
        for name in self.files:
            if not _is_inside(name):
                raise Misfit(f"{json.dumps(name)[:100]} is no name of a file in the folder")


def _read(manifest: Path) -> dict[str, tuple[int, str]]:
    read = RUN_FILES.read(manifest, _ManifestFile, formats=Formats(_FORMAT))
    return {name: (entry.bytes, entry.sha256) for name, entry in read.files.items()}


def _is_inside(name: str) -> bool:
    """Whether a name can be a file's and stays in the folder: what is read must be the folder's own."""
    parts = PurePosixPath(name).parts
    inside = bool(parts) and parts[0] != "/" and ".." not in parts and name.isprintable() and "\\" not in name
    return inside and len(name) <= _LONGEST and all(len(os.fsencode(part)) <= _LONGEST for part in parts)
