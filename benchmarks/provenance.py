"""Where a figure comes from: commit, date, machine, versions and command, kept with it in `measured/*.jsonl`.

    python benchmarks/provenance.py        # fill in what git proves of lines that came without

A line that is measured now records all of it. For a line without, git proves the commit that added it and that commit's
date, not the commit that was measured; such a line says `"recorded_with": "git history"`. What nothing proves is null.
"""

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import Any

from bert4ner.runs.environment import environment

ROOT = Path(__file__).resolve().parent.parent
MEASURED = Path(__file__).resolve().parent / "measured"
NOW, HISTORY = "measurement", "git history"
MACHINE = ("cores", "cpu", "memory_gib", "gpu", "bfloat16")
UNKNOWN: dict[str, Any] = {
    "commit": None,
    "dirty": None,
    "date": None,
    "machine": dict.fromkeys(MACHINE),
    "versions": None,
    "command": None,
    "recorded_with": None,
}
"""Of a line without provenance."""


def measured_now(figures: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Provenance of figures just measured by this process, or by one that says its cores and its GPU among them."""
    given = {name: figures[name] for name in ("cores", "gpu") if figures and name in figures}
    if "gpu" in given:
        given["gpu"] = given["gpu"] or "none"
    found = environment()
    versions = {"python": found["python"], "bert4ner": found["bert4ner"], **found["packages"]}
    return {
        **_tree(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "machine": {**_machine(), **given},
        "versions": versions,
        "command": command_line(sys.argv),
        "recorded_with": NOW,
    }


def command_line(arguments: list[str]) -> str:
    """A command as others can type it: paths within the repository, of others their names only."""
    shown = []
    for each in arguments:
        path = Path(each)
        inside = path.is_absolute() and path.is_relative_to(ROOT)
        shown.append(str(path.relative_to(ROOT)) if inside else path.name if path.is_absolute() else each)
    return shlex.join(["python", *shown])


@cache
def _tree() -> dict[str, Any]:
    """The commit that is checked out when this is first asked, and whether files differ from it."""
    try:
        changed = _git("status", "--porcelain", "--", ".", ":!benchmarks/measured", ":!docs")
        return {"commit": _git("rev-parse", "HEAD").strip(), "dirty": bool(changed)}
    except (OSError, subprocess.CalledProcessError):  # a copy without its history
        return {"commit": None, "dirty": None}


@cache
def _machine() -> dict[str, Any]:
    """This machine, without asking TensorFlow; null is what cannot be found out."""
    flags = _first("/proc/cpuinfo", "flags")
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": _first("/proc/cpuinfo", "model name") or platform.processor() or None,
        "memory_gib": _memory(),
        "gpu": _gpu(),
        "bfloat16": bool({"avx512_bf16", "amx_bf16"} & set(flags.split())) if flags else None,
    }


def _first(path: str, name: str) -> str | None:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)


def _memory() -> int | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    except (ValueError, OSError):
        return None


def _gpu() -> str:
    command = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        return "none"
    return found[0].strip() if found else "none"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def identity(line: Mapping[str, Any]) -> str:
    """What makes two lines the same measurement: all that is measured has fractions; other words for it may be new."""
    job = {name: value for name, value in line["job"].items() if not name.startswith("config")}
    measured = {name: value for name, value in line["figures"].items() if isinstance(value, float)}
    return json.dumps([job, measured or line["figures"]], sort_keys=True)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a file, each with provenance."""
    if not path.is_file():
        return []
    return [{"provenance": UNKNOWN, **json.loads(line)} for line in path.read_text(encoding="utf-8").splitlines()]


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """A line each, keys in order."""
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(line, sort_keys=True) + "\n" for line in lines), encoding="utf-8")


def history_of(path: Path) -> dict[str, dict[str, Any]]:
    """For each line that was ever committed to a file, the commit that added it."""
    found: dict[str, dict[str, Any]] = {}
    name = path.relative_to(ROOT).as_posix()
    for entry in _git("log", "--reverse", "--format=%H %cI", "--diff-filter=AM", "--", name).splitlines():
        commit, date = entry.split()
        for line in _git("show", f"{commit}:{name}").splitlines():
            found.setdefault(identity(json.loads(line)), {"commit": commit, "date": date})
    return found


def fill(line: Mapping[str, Any], history: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The line with what git and its own figures prove, if it came without provenance."""
    added = history.get(identity(line))
    if line["provenance"]["recorded_with"] is not None or added is None:
        return dict(line)
    figures = line["figures"]
    machine = {**UNKNOWN["machine"], "cores": figures.get("cores")}
    if "gpu" in figures:
        machine["gpu"] = figures["gpu"] or "none"
    return {**line, "provenance": {**UNKNOWN, **added, "machine": machine, "recorded_with": HISTORY}}


def main() -> None:
    """Fill in all files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    for path in sorted(MEASURED.glob("*.jsonl")):
        lines = read_lines(path)
        if any(line["provenance"]["recorded_with"] is None for line in lines):
            history = history_of(path)
            write_lines(path, [fill(line, history) for line in lines])


if __name__ == "__main__":
    main()
