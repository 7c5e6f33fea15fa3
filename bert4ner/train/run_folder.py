"""The run folder: what makes a training repeatable and resumable, and how a run is recognised. No training here."""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from bert4ner.config import Config
from bert4ner.data.files import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.version import VERSION

_PACKAGES = ("tensorflow", "tf-keras", "bert4keras", "numpy", "scikit-learn", "tokenizers", "safetensors")
CONFIG, LABELS, ENVIRONMENT, FOLDS = "config.toml", "labels.txt", "environment.json", "folds.json"
SCORES, OUT_OF_FOLD = "scores.json", "out_of_fold.jsonl"


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
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(f"{self.path}: no run, {FOLDS} is missing") from None
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise RunError(f"{path}: damaged ({error})") from None

    def read_labels(self) -> list[str]:
        """The labels of the run, sorted.

        Raises:
            RunError: labels.txt is missing.
        """
        path = self.path / LABELS
        if not path.is_file():
            raise RunError(f"{self.path}: {LABELS} is missing; the run is incomplete")
        return path.read_text(encoding="utf-8").split("\n")[:-1]

    def open(self, config: Config, labels: Sequence[str], folds: dict[str, Any]) -> None:
        """Start the run, or find that it is the same one, to be taken up where it stopped.

        Raises:
            RunError: the folder holds something else, or a run of other data, options or folds; nothing is changed.
        """
        if self.path.exists() and (not self.path.is_dir() or any(self.path.iterdir())):
            self._check_same(config, folds)
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self.write(ENVIRONMENT, json.dumps(environment(), indent=2) + "\n")
        self.write(LABELS, "".join(f"{label}\n" for label in labels))
        self.write(CONFIG, config.to_toml())
        self.write(FOLDS, json.dumps(folds, ensure_ascii=False, indent=1) + "\n")      # last: now it is a run

    def write(self, name: str, text: str) -> None:
        """Write one of the run's text files, whole or not at all."""
        with atomic_write(self.path / name) as aside:
            aside.write(text)

    def _check_same(self, config: Config, folds: dict[str, Any]) -> None:
        if not (self.path / FOLDS).is_file():
            raise RunError(f"{self.path}: the folder is not empty and holds no run; choose another --output")
        found = self.read_folds()
        before = Config.load(self.path / CONFIG).options()
        changed = [
            f"{name} was {before[name]!r}, now {value!r}"
            for name, value in config.options().items()
            if value != before[name]
        ]
        if found["fingerprint"] != folds["fingerprint"]:
            changed.append("the documents differ")
        if found["documents"] != folds["documents"] and not changed:
            changed.append(f"there were {found['folds']} folds, now {folds['folds']}")
        if changed:
            raise RunError(
                f"{self.path}: holds another run ({'; '.join(changed)}); choose another --output or delete the folder"
            )


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
    """The installed version of a package, None without one."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
