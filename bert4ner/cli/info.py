"""``bert4ner info``: versions, devices, the precision that `auto` chooses, and what is missing; or an encoder."""

import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

from bert4ner.cli.options import Json, check_run
from bert4ner.data.visible import visible
from bert4ner.errors import ConfigError, EnvironmentProblem, RunError
from bert4ner.options import describe
from bert4ner.runs.environment import environment, package_version
from bert4ner.version import BERT4KERAS_VERSION


def info(
    run: Annotated[
        Path | None, describe("A run, one of its folds, or a model folder, for --verify.", metavar="RUN")
    ] = None,
    *,
    verify: Annotated[
        bool, describe("Compare all files of RUN with its manifests: sizes and SHA-256; exit code 2 if any differs.")
    ] = False,
    pretrained: Annotated[
        str, describe("Say what is recognised in this pretrained folder (or name on the hub).", metavar="DIR")
    ] = "",
    json: Json = False,
) -> None:
    """What this installation and this machine have, and what is missing and how to install it.

    Or what an encoder is, or whether the files of a run are what was written.

    e.g.  bert4ner info --pretrained tcm-mini
    """
    from bert4ner.cli.printing import print_json

    if run is not None or verify:
        _verify(_run_to_verify(run, verify=verify), json=json)
        return
    if pretrained:
        from bert4ner.models.pretrained.recognised import recognise

        described = recognise(pretrained)
        if json:
            print_json(described)
        else:
            _print_encoder(described)
        return
    found = collect()
    if json:
        print_json(found)
    else:
        _print(found)


def _run_to_verify(run: Path | None, *, verify: bool) -> Path:
    if run is None:
        raise ConfigError("--verify compares the files of a run; name it: bert4ner info RUN --verify")
    if not verify:
        raise ConfigError(f"add --verify to compare all files of {run} with its manifests")
    check_run(run)
    return run


def _verify(run: Path, *, json: bool) -> None:
    """Print what was compared.

    Raises:
        RunError: a file differs.
    """
    from bert4ner.cli.printing import print_json
    from bert4ner.runs.manifest import verify

    found = verify(run)
    if json:
        differing = [{"file": str(each.path), "what": each.what} for each in found.differing]
        print_json({"files": found.files, "differing": differing, "without_manifest": [*map(str, found.without)]})
    else:
        for difference in found.differing:
            print(visible(str(difference)))
        for folder in found.without:
            print(visible(f"{folder}: has no manifest, as it is of an older version or not complete; not compared"))
    if found.differing:
        raise RunError(f"{run}: {len(found.differing)} of {found.files} files are not what was written")
    if not json:
        print(f"{run}: {found.files} files are what was written")


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


def _print_encoder(found: dict[str, Any]) -> None:
    from bert4ner.cli.printing import print_table

    weights, vocabulary = found["weights"], found["vocabulary"]
    print(f"{found['folder']}: {found['family']} ({found['title']})")
    rows = [
        ["layers, width, heads", f"{found['layers']}, {found['width']}, {found['heads']}"],
        ["width within blocks, of embeddings", f"{found['feed_forward_width']}, {found['embedding_width']}"],
        ["activation, epsilon", f"{found['activation']}, {_said(found['epsilon'])}"],
        ["positions", found["positions"] or "computed, of any number"],
        ["dropout of hidden states, of attention", ", ".join(_said(each) for each in found["dropout"].values())],
        ["weights", "none, they start at random" if weights["file"] is None else _stored(weights)],
        ["parameters, memory", f"{weights['parameters']:,}, {weights['mib']} MiB as float32"],
    ]
    if vocabulary is None:
        rows.append(["vocabulary", "of a decoder, which recognition cannot use"])
    else:
        rows.append(["vocabulary", f"{vocabulary['kind']}: {vocabulary['tokens']} tokens, {found['rows']} rows"])
        matter = ("first", "last", "padding", "unknown", "space")
        rows += [[f"{name} token", f"{vocabulary[name]['token']} ({vocabulary[name]['id']})"] for name in matter]
    print_table("Recognised", ["", ""], [rows])
    _print_left_out(found)


def _print_left_out(found: dict[str, Any]) -> None:
    from bert4ner.models.pretrained.stores import some

    for reason in dict.fromkeys(found["keys_without_effect"].values()):
        keys = [key for key, each in found["keys_without_effect"].items() if each == reason]
        print(f"without effect, {reason}: {some(keys, 12)}")
    if found["unknown_keys"]:
        print(f"not known and not heeded: {some(found['unknown_keys'], 12)}")
    if found["weights"]["left_out"]:
        print(f"variables left out, of no part of it: {some(found['weights']['left_out'], 12)}")


def _said(number: float | None) -> str:
    return "not said" if number is None else str(number)


def _stored(weights: dict[str, Any]) -> str:
    return f"{Path(weights['file']).name} ({weights['layout']})"
