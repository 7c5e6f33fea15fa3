"""``bert4ner info``: versions, devices, the precision that `auto` chooses, and what is missing."""

import re
import sys
from importlib import metadata
from typing import Any

from bert4ner.cli.options import Json
from bert4ner.errors import EnvironmentProblem
from bert4ner.runs.environment import environment, package_version
from bert4ner.version import BERT4KERAS_VERSION


def info(*, json: Json = False) -> None:
    """What this installation and this machine have, and what is missing and how to install it.

    e.g.  bert4ner info --json
    """
    from bert4ner.cli.printing import print_json

    found = collect()
    if json:
        print_json(found)
    else:
        _print(found)


def collect() -> dict[str, Any]:
    """Everything that is printed; TensorFlow may be missing."""
    found: dict[str, Any] = {**environment(), "executable": sys.executable, "devices": [], "precision": None}
    del found["command"]
    found["packages"] = {name: package_version(name) for name in {**found["packages"], **_requirements()}}
    found["missing"] = _missing(found["packages"])
    try:
        devices, unused = _devices()
        found.update(devices)
        found["missing"] += unused
    except EnvironmentProblem as error:
        found["missing"] = found["missing"] or [str(error)]
    return found


def _devices() -> tuple[dict[str, Any], list[str]]:
    """What TensorFlow computes on, and a sentence about a GPU that it does not use.

    Raises:
        EnvironmentProblem: TensorFlow, tf-keras or bert4keras is missing.
    """
    from bert4ner.backend.devices import unused_gpu
    from bert4ner.backend.frameworks import tf
    from bert4ner.models.precision import resolve_precision

    devices = [
        {"name": device.name, "type": device.device_type, **tf.config.experimental.get_device_details(device)}
        for device in tf.config.list_physical_devices()
    ]
    unused = unused_gpu()
    return {"devices": devices, "precision": resolve_precision("auto")}, [unused] if unused else []


def _requirements() -> dict[str, str]:
    """Each package that must be there, with its bounds: `tensorflow` -> `tensorflow<2.22,>=2.18`."""
    try:
        lines = metadata.requires("bert4ner") or []
    except metadata.PackageNotFoundError:  # run from its source, without being installed
        return {}
    plain = [line for line in lines if ";" not in line]
    return {re.split(r"[^\w.-]", line, maxsplit=1)[0]: line for line in plain}


def _missing(packages: dict[str, str | None]) -> list[str]:
    """A sentence with its cure for each package that is not there."""
    wanted = {**_requirements(), "bert4keras": f"--no-deps bert4keras=={BERT4KERAS_VERSION}"}
    tensorflow = packages.get("tensorflow")
    if tensorflow:  # each tf-keras goes with the TensorFlow of its own minor version
        wanted["tf-keras"] = f"tf-keras=={tensorflow.rpartition('.')[0]}.*"
    return [
        f"the package {name} is not installed; pip install {_quoted(wanted.get(name, name))}"
        for name, version in packages.items()
        if version is None
    ]


def _quoted(requirement: str) -> str:
    return f"'{requirement}'" if re.search(r"[<>*]", requirement) else requirement


def _print(found: dict[str, Any]) -> None:
    from bert4ner.cli.printing import print_table

    print(f"bert4ner {found['bert4ner']}, Python {found['python']} ({found['executable']})")
    print(f"{found['platform']}, {found['processor']}, {found['cores']} cores")
    print_table("Packages", ["", "version"], [[[name, each or "missing"] for name, each in found["packages"].items()]])
    for device in found["devices"]:
        details = ", ".join(f"{name} {value}" for name, value in device.items() if name not in ("name", "type"))
        print(f"device: {device['name']}" + (f" ({details})" if details else ""))
    if found["precision"]:
        print(f"precision: auto chooses {found['precision']} here")
    for sentence in found["missing"]:
        print(f"missing: {sentence}")
    if not found["missing"]:
        print("nothing is missing")
