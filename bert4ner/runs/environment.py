"""What can change a result and is not an option: versions and machine, stored in environment.json."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from bert4ner.runs.files import RUN_FILES, write_text
from bert4ner.runs.layout import ENVIRONMENT
from bert4ner.schema import FORMAT, Formats, RawText, more_keys
from bert4ner.version import BERT4KERAS_VERSION, VENDOR, VERSION

ENVIRONMENT_FORMAT = 1
_PACKAGES = ("tensorflow", "tf-keras", "bert4keras", "numpy", "scikit-learn", "tokenizers", "safetensors")


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
    """The installed version of a package, None without one; built wheels contain bert4keras without its metadata."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        carried = name == "bert4keras" and (VENDOR / name).is_dir()
        return f"{BERT4KERAS_VERSION}, carried by bert4ner" if carried else None


def write_environment(run: Path, **more: object) -> None:
    """Write environment.json of a run: this process' environment, and further values."""
    values = {FORMAT: ENVIRONMENT_FORMAT, **environment(), **more}
    write_text(run / ENVIRONMENT, json.dumps(values, indent=2) + "\n")  # in ASCII: a command may not be UTF-8


@dataclass(frozen=True)
class _Environment:
    """The content of environment.json, apart from its format; versions and names that other versions noted, too."""

    command: tuple[RawText, ...] = ()
    """Words as the system gave them, which may not be UTF-8."""
    packages: Mapping[str, str | None] = field(default_factory=dict)
    more: Mapping[str, RawText | float | None] = more_keys()


def read_environment(run: Path) -> dict[str, Any]:
    """The content of a run's environment.json, without its format.

    Raises:
        RunError: it is missing, damaged or of a newer format.
    """
    read = RUN_FILES.read(run / ENVIRONMENT, _Environment, formats=Formats(ENVIRONMENT_FORMAT))
    return {**read.more, "command": list(read.command), "packages": read.packages}
