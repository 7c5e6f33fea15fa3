"""What can change a result and is no option: versions and machine, as environment.json keeps them."""

import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from bert4ner.runs.files import FORMAT, listed, number, read_json, required, text, write_text
from bert4ner.runs.layout import ENVIRONMENT
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
    """The installed version of a package, None without one; built wheels carry bert4keras without its metadata."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        carried = name == "bert4keras" and (VENDOR / name).is_dir()
        return f"{BERT4KERAS_VERSION}, carried by bert4ner" if carried else None


def write_environment(run: Path, **more: object) -> None:
    """Write environment.json of a run: this process', and what else belongs there."""
    values = {FORMAT: ENVIRONMENT_FORMAT, **environment(), **more}
    write_text(run / ENVIRONMENT, json.dumps(values, indent=2) + "\n")  # in ASCII: a command's words may be no UTF-8


def read_environment(run: Path) -> dict[str, Any]:
    """What environment.json of a run tells, without its format.

    Raises:
        RunError: it is missing, damaged or of a newer format.
    """
    path = run / ENVIRONMENT
    values = read_json(path, newest=ENVIRONMENT_FORMAT)
    return {name: _checked(value, name, path) for name, value in values.items() if name != FORMAT}


def _checked(value: object, name: str, path: Path) -> object:
    """Words of the command, versions by package, or a single value, which may be unknown."""
    if name == "command":
        return [text(word, "a word of the command", path) for word in listed(value, "command", path)]
    if name == "packages":
        packages = required(value, (), path)
        return {each: found if found is None else text(found, repr(each), path) for each, found in packages.items()}
    if value is None or isinstance(value, str):
        return value
    return number(value, repr(name), path)
