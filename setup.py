"""Copies bert4keras, and the sample and encoder of this repository, into the wheel; the rest is in pyproject.toml.

pip refuses bert4keras (keras<=2.3.1) beside today's TensorFlow (keras>=3), so a wheel that only required it could not
be installed. An editable install copies nothing: there bert4keras comes with --no-deps, as the Makefile does it, and
sample and encoder are used where they are, see `bert4ner.bundled`.
"""

import importlib.util
import shutil
from importlib import metadata
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

VENDORED, VERSION = "bert4keras", "0.11.5"
BUNDLED = ("pretrained/tcm-mini", "examples/data/leaflets.jsonl", "examples/data/leaflets-unlabelled.txt")


def vendored_source() -> Path:
    """Folder of the package to copy; found without importing it, as it would look for Keras."""
    spec = importlib.util.find_spec(VENDORED)
    if spec is None or not spec.submodule_search_locations:
        raise SetupError(
            f"{VENDORED}=={VERSION} is not in the build environment, and a wheel must carry it: build with isolation, "
            f"or first run: pip install --no-deps {VENDORED}=={VERSION}"
        )
    found = metadata.version(VENDORED)
    if found != VERSION:
        raise SetupError(f"the wheel must carry {VENDORED} {VERSION}, but the build environment has {found}")
    return Path(spec.submodule_search_locations[0])


class VendoringBuild(build_py):
    """The usual build of Python files, then `bert4ner/_vendor`; in editable mode only the usual one."""

    def run(self) -> None:
        """Build, having emptied the target of what an earlier build left there and the sources no longer have."""
        package = Path(self.build_lib, "bert4ner")
        if not self.editable_mode and package.resolve() != Path("bert4ner").resolve():
            shutil.rmtree(package, ignore_errors=True)
        super().run()
        if not self.editable_mode:
            self.vendor(package)
            self.bundle(package)

    def bundle(self, package: Path) -> None:
        """Put sample and encoder under the built package."""
        target = package / "_bundled"
        target.mkdir(parents=True)
        for source in map(Path, BUNDLED):
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, target / source.name)

    def vendor(self, package: Path) -> None:
        """Put bert4keras, its metadata and its licence under the built package."""
        target = package / "_vendor" / VENDORED
        ignored = shutil.ignore_patterns("__pycache__", "*.py[cod]")
        shutil.copytree(vendored_source(), target, ignore=ignored, dirs_exist_ok=True)
        shutil.copy("LICENSE", target / "LICENSE")  # its archive has none; its metadata names the same one, Apache-2.0
        description = metadata.distribution(VENDORED).read_text("METADATA") or ""
        (target / "METADATA").write_text(description, encoding="utf-8")


setup(cmdclass={"build_py": VendoringBuild})
