"""The checks before a release, step by step; `make release-check` runs it in .venv. Tags, uploads and changes nothing.

Leaves the source distribution and the wheel in dist/. The last steps need a package index.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "bert4ner/"
CARRIED = {
    "bert4ner/_vendor/bert4keras/": ("LICENSE", "METADATA"),
    "bert4ner/_bundled/tcm-mini/": ("README.md",),
    "bert4ner/_bundled/leaflets.jsonl": (),
    "bert4ner/_bundled/leaflets-unlabelled.txt": (),
}
"""Files in the wheel beside the library's own code, with the files that hold their licences."""
OWN = re.compile(
    r"bert4ner/(?!_vendor/|_bundled/)[\w/]+(\.py|\.css|\.js|\.json|\.html\.jinja|/py\.typed)|bert4ner/py\.typed"
)


class Failed(Exception):
    """A step's one-line error: what was found, and what to do."""


def check_version(version: str, changelog: str, citation: str) -> str:
    """The version and its date must agree in the changelog and the citation."""
    heading = re.search(rf"^## \[{re.escape(version)}\] - (\d{{4}}-\d\d-\d\d)$", changelog, flags=re.MULTILINE)
    if heading is None:
        raise Failed(f"CHANGELOG.md: expected a heading '## [{version}] - YYYY-MM-DD', found none; write it")
    for line in (f"version: {version}", f"date-released: {heading[1]}"):
        if line not in citation.splitlines():
            raise Failed(f"CITATION.cff: expected the line {line!r}, found none; correct it")
    return f"{version} of {heading[1]}"


def check_notices(names: Iterable[str], notice: str) -> str:
    """Everything in a wheel is ours or listed in `CARRIED`, with its licence and a place in NOTICE."""
    names = set(names)
    metadata = re.compile(r"bert4ner-[^/]+\.dist-info/.+")
    for name in sorted(names):
        known = OWN.fullmatch(name) or metadata.fullmatch(name) or name.startswith(tuple(CARRIED))
        if not known:
            raise Failed(
                f"{name}: in the wheel, but neither ours nor listed; add it to CARRIED and NOTICE, or leave it out"
            )
    for place, licences in CARRIED.items():
        if place.rstrip("/") not in notice:
            raise Failed(f"NOTICE: expected {place.rstrip('/')}, found no line about it; write one")
        missing = [f"{place}{licence}" for licence in licences if f"{place}{licence}" not in names]
        if missing or not any(name.startswith(place) for name in names):
            raise Failed(f"{(missing or [place])[0]}: not in the wheel; see setup.py")
    for licence in ("LICENSE", "NOTICE"):
        if not any(metadata.fullmatch(name) and name.endswith(f"/{licence}") for name in names):
            raise Failed(f"{licence}: not in the wheel's metadata; see license-files in pyproject.toml")
    return ", ".join(place.rstrip("/") for place in CARRIED)


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Output of a command outside this environment's variables.

    Raises:
        Failed: the command failed; has the last line of both streams.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        last = [line for text in (done.stdout, done.stderr) for line in text.strip().splitlines()[-1:]]
        raise Failed(f"{' '.join(map(str, command))}: exit code {done.returncode}: {'; '.join(last)[:300]}")
    return done.stdout


def tree() -> str:
    """The checkout has no uncommitted changes."""
    changed = run("git", "status", "--porcelain").splitlines()
    if changed:
        raise Failed(f"{len(changed)} files changed or not committed, such as {changed[0][3:]}; commit or remove them")
    return run("git", "rev-parse", "--short", "HEAD").strip()


def version() -> str:
    """See `check_version`."""
    found = re.search(r'^VERSION = "(.+)"$', (ROOT / "bert4ner/version.py").read_text(encoding="utf-8"), re.MULTILINE)
    texts = ((ROOT / name).read_text(encoding="utf-8") for name in ("CHANGELOG.md", "CITATION.cff"))
    return check_version(found[1] if found else "", *texts)


def build() -> str:
    """Source distribution, and the wheel from it."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    run(sys.executable, "-m", "build", "--outdir", ROOT / "dist", ROOT)
    return ", ".join(
        f"{path.name} ({path.stat().st_size / 2**20:.1f} MiB)" for path in sorted((ROOT / "dist").iterdir())
    )


def wheel() -> Path:
    """The file that `build` made."""
    (found,) = (ROOT / "dist").glob("*.whl")
    return found


def notices() -> str:
    """See `check_notices`."""
    with zipfile.ZipFile(wheel()) as archive:
        return check_notices(archive.namelist(), (ROOT / "NOTICE").read_text(encoding="utf-8"))


def install(alone: Path) -> str:
    """Install the wheel and its requirements into a fresh environment."""
    run(sys.executable, "-m", "venv", alone / "environment")
    run(alone / "environment/bin/python", "-m", "pip", "install", "--quiet", wheel())
    return run(alone / "environment/bin/bert4ner", "info", cwd=alone).splitlines()[0]


def demo(alone: Path) -> str:
    """Run the demo from the wheel, with nothing else around."""
    empty = alone / "empty"
    empty.mkdir()
    return run(alone / "environment/bin/bert4ner", "demo", cwd=empty).splitlines()[-1]


def main() -> int:
    """Run all steps; 0 if all passed, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tests", choices=["test", "check"], default="test", help="which make target the tests are")
    tests = parser.parse_args().tests
    with tempfile.TemporaryDirectory(prefix="bert4ner-release-") as folder:
        alone = Path(folder)
        steps: dict[str, Callable[[], str]] = {
            "tree": tree,
            "version": version,
            "tests": lambda: (run("make", tests).strip().splitlines() or [""])[-1],
            "build": build,
            "notices": notices,
            "install": lambda: install(alone),
            "demo": lambda: demo(alone),
        }
        for name, step in steps.items():
            began = time.monotonic()
            try:
                result = step()
            except Failed as error:
                print(f"{name}: FAILED: {error}", file=sys.stderr)
                return 1
            print(f"{name}: {result} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
