"""The run folder: what makes a training repeatable and resumable, and how a run is recognised. No training here."""

import hashlib
import json
import logging
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bert4ner.backend.activation import BERT4KERAS_VERSION, VENDOR
from bert4ner.config import Config
from bert4ner.data.files import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.version import VERSION

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

logger = logging.getLogger(__name__)

_PACKAGES = ("tensorflow", "tf-keras", "bert4keras", "numpy", "scikit-learn", "tokenizers", "safetensors")
CONFIG, LABELS, ENVIRONMENT, FOLDS = "config.toml", "labels.txt", "environment.json", "folds.json"
SCORES, OUT_OF_FOLD = "scores.json", "out_of_fold.jsonl"
CURVES = "curves.json"  # precision and recall by threshold, of combined runs
COMBINATION = "combination.json"  # in runs that were made of others, see `combine`
_HALF_WRITTEN = re.compile(r"\.(.+)\.\d+\.part")  # see `atomic_write`


@dataclass(frozen=True)
class RunFolder:
    """A run's place on disk and the names of its parts (see the class's methods); nothing is cached."""

    path: Path

    def fold(self, number: int) -> Path:
        """The folder of one fold."""
        return self.path / f"fold-{number}"

    @property
    def num_folds(self) -> int:
        """How many folds the run has, complete or not."""
        return int(self.read_folds()["folds"])

    def is_complete(self, number: int) -> bool:
        """Whether a fold has its model and its predictions."""
        return (self.fold(number) / "predictions.jsonl").is_file()

    def read_folds(self) -> dict[str, Any]:
        """folds.json: number of folds, fingerprint of the data, fold of every document.

        Raises:
            RunError: there is none, or it is damaged.
        """
        path = self.path / FOLDS
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(f"{self.path}: no run, {FOLDS} is missing") from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise RunError(f"{path}: damaged ({error})") from None
        if not isinstance(found, dict) or not {"folds", "fingerprint", "documents"} <= found.keys():
            raise RunError(f"{path}: damaged; expected the keys folds, fingerprint and documents")
        return found

    def read_labels(self) -> list[str]:
        """The labels of the run, sorted.

        Raises:
            RunError: labels.txt is missing.
        """
        path = self.path / LABELS
        if not path.is_file():
            raise RunError(f"{self.path}: {LABELS} is missing; the run is incomplete")
        return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")

    @contextmanager
    def held(self) -> Iterator[None]:
        """The folder, made if need be, for this process alone; however the process ends, it is free again.

        Raises:
            RunError: another process trains into it, or it cannot be made.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            descriptor = None if fcntl is None else os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise RunError(f"{self.path}: no folder to write to ({error.strerror}); choose another --output") from None
        try:
            if descriptor is not None:
                self._lock(descriptor)
            yield
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"{self.path}: another process trains into this folder; wait for it or choose another --output"
            ) from None
        except OSError:
            logger.debug("%s: its file system knows no locks", self.path)

    def open(self, config: Config, labels: Sequence[str], folds: dict[str, Any], *, precision: str) -> None:
        """Start the run, or find that it is the same one, to be taken up where it stopped.

        Args:
            folds: what folds.json shall hold.
            precision: the arithmetic that `config` comes to on this machine.

        Raises:
            RunError: the folder holds something else, or a run of other data, options or folds; nothing is changed.
            ConfigError: its configuration is not one of this version.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        found = {path.name for path in self.path.iterdir() if not _HALF_WRITTEN.fullmatch(path.name)}
        just_begun = ENVIRONMENT in found and found <= {ENVIRONMENT, LABELS, CONFIG}  # and killed then
        if found and not just_begun:
            self._check_same(config, folds)
            self._warn_of_precision(precision)
            return
        self.write(ENVIRONMENT, json.dumps({**environment(), "precision": precision}, indent=2) + "\n")
        self.write(LABELS, "".join(f"{label}\n" for label in labels))
        self.write(CONFIG, config.to_toml())
        self.write(FOLDS, json.dumps(folds, ensure_ascii=False, indent=1) + "\n")  # last: now it is a run

    def write(self, name: str, text: str) -> None:
        """Write one of the run's text files, whole or not at all."""
        with atomic_write(self.path / name) as aside:
            aside.write(text)

    def _check_same(self, config: Config, folds: dict[str, Any]) -> None:
        if not (self.path / FOLDS).is_file():
            raise RunError(f"{self.path}: the folder is not empty and holds no run; choose another --output")
        found = self.read_folds()
        before = Config.load_saved(self.path / CONFIG).options()
        changed = [
            f"{name} was {before[name]!r}, now {value!r}"
            for name, value in config.options().items()
            if value != before[name]
        ]
        if found["fingerprint"] != folds["fingerprint"]:
            changed.append("the documents differ")
        if found["folds"] != folds["folds"]:
            changed.append(f"folds was {found['folds']}, now {folds['folds']}")
        if found["documents"] != folds["documents"] and not changed:
            changed.append("other documents are held out")
        if changed:
            raise RunError(
                f"{self.path}: holds another run ({'; '.join(changed)}); choose another --output or delete the folder"
            )

    def _warn_of_precision(self, precision: str) -> None:
        try:
            before = json.loads((self.path / ENVIRONMENT).read_text(encoding="utf-8"))["precision"]
        except (OSError, ValueError, KeyError, TypeError):  # nothing that a training depends on
            return
        if before != precision and not all(self.is_complete(fold) for fold in range(self.num_folds)):
            logger.warning(
                "%s: begun in %s, goes on in %s, which is precision=auto on this machine: the folds are not alike",
                self.path,
                before,
                precision,
            )

    def discard_untrained(self) -> None:
        """Remove everything of a run of which no epoch is complete: what failed at its start leaves nothing behind.

        Only while `held`.
        """
        folds = list(self.path.glob("fold-*"))
        if any((fold / "history.jsonl").is_file() for fold in folds):
            return
        for fold in folds:
            shutil.rmtree(fold, ignore_errors=True)
        for name in (FOLDS, CONFIG, LABELS, ENVIRONMENT):
            (self.path / name).unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()

    def tidy(self) -> None:
        """Remove the state of complete folds, and files that a killed process left half written.

        Only while `held`: a file that somebody is writing looks the same.
        """
        for number in range(self.num_folds):
            if self.is_complete(number):
                shutil.rmtree(self.fold(number) / "state", ignore_errors=True)
                for path in self.fold(number).rglob(".*.part"):
                    path.unlink(missing_ok=True)
        own = {CONFIG, LABELS, ENVIRONMENT, FOLDS, SCORES, OUT_OF_FOLD}
        for path in list(self.path.iterdir()):
            name = _HALF_WRITTEN.fullmatch(path.name)
            if name and name[1] in own:
                path.unlink(missing_ok=True)


def best_line(history: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The line of the best epoch in a fold's history: the highest F1, the earlier of two equal ones."""
    return max(history, key=lambda line: (line["f1"], -line["epoch"]))


def fingerprint(documents: Sequence[Document]) -> str:
    """A hash that changes when any id, text or entity of the documents does."""
    digest = hashlib.sha256()
    for document in documents:
        spans = [(entity.start, entity.end, entity.label) for entity in document.entities]
        digest.update(json.dumps([document.id, document.text, spans]).encode("utf-8"))
    return digest.hexdigest()


def environment() -> dict[str, Any]:
    """Versions and machine, as far as they can change a result."""
    return {
        "bert4ner": VERSION,
        "python": platform.python_version(),
        "packages": {name: package_version(name) for name in _PACKAGES},
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "command": sys.argv,
    }


def package_version(name: str) -> str | None:
    """The installed version of a package, None without one; built wheels carry bert4keras without its metadata."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        carried = name == "bert4keras" and (VENDOR / name).is_dir()
        return f"{BERT4KERAS_VERSION}, carried by bert4ner" if carried else None
