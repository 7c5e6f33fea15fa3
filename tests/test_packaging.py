"""The wheel is enough: built from the sdist, it carries bert4keras and its licence and builds a model where only it is.

The slow tests here need a package index; without a network they are skipped.
"""

import email
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VENDORED = "bert4ner/_vendor/bert4keras"
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", "build", "dist", "*.egg-info")
NO_NETWORK = ("NewConnectionError", "NameResolutionError", "ProxyError", "ConnectTimeoutError")

BUILD_MODEL = """
import json, sys
import bert4ner
import numpy as np
assert not {"tensorflow", "keras", "tf_keras", "bert4keras"} & set(sys.modules)
model = bert4ner.build_model(bert4ner.Config().replace(pretrained=sys.argv[1]), ["A", "B"])
ids = np.ones((2, 10), dtype="int32")       # (batch, length)
segments = np.zeros((2, 10), dtype="int32")
emissions = model.predict_on_batch([ids, segments])
print(json.dumps({
    "shape": emissions.shape, "bert4ner": bert4ner.__file__, "bert4keras": sys.modules["bert4keras"].__file__,
}))
"""


def left_out(folder: str, names: list[str]) -> set[str]:
    """What is no source, the runs of the demo among it, but not the package `bert4ner.runs`."""
    return _LEFT_OUT(folder, names) | ({"runs"} if Path(folder) == ROOT else set())


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command outside this environment; skips the test where it found no network."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)
    if done.returncode and any(sign in done.stdout + done.stderr for sign in NO_NETWORK):
        pytest.skip(f"{words[0]} {words[1]} ... found no network")
    assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def workshop() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bert4ner ") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def built(workshop: Path) -> Path:
    """Folder with the sdist and the wheel that was built from it, with a leftover of every sort beside the sources."""
    source = workshop / "source"
    shutil.copytree(ROOT, source, ignore=left_out)
    for leftover in ("bert4ner/__pycache__/errors.cpython-311.pyc", "bert4ner/stray.pyc", f"{VENDORED}/old.py"):
        (source / leftover).parent.mkdir(parents=True, exist_ok=True)
        (source / leftover).write_bytes(b"")
    run(sys.executable, "-m", "build", "--outdir", workshop / "dist", source, cwd=workshop)
    return workshop / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(archive.read(name))


def test_one_version_of_bert4keras_is_named_everywhere():
    for name in ("pyproject.toml", "setup.py", "Makefile", "NOTICE", "bert4ner/version.py"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "0.11.5" in text, name
        assert set(re.findall(r"bert4keras *== *([\w.]+)", text)) <= {"0.11.5"}, name


@pytest.mark.slow
def test_wheel_runs_on_any_python_3_and_system(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")


@pytest.mark.slow
def test_wheel_carries_bert4keras_with_its_licence(wheel):
    with zipfile.ZipFile(wheel) as archive:
        vendored = {name.removeprefix(f"{VENDORED}/") for name in archive.namelist() if name.startswith(VENDORED)}
        modules = {f"{name}.py" for name in "__init__ backend layers models optimizers snippets tokenizers".split()}
        assert vendored == modules | {"LICENSE", "METADATA"}
        assert "Apache License" in archive.read(f"{VENDORED}/LICENSE").decode("utf-8")
        assert "Version: 0.11.5\n" in archive.read(f"{VENDORED}/METADATA").decode("utf-8")


@pytest.mark.slow
def test_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"bert4ner"}
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".pyo"))] == []
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "bert4ner").rglob("*.py")}
    assert {name for name in names if name.endswith(".py") and "_vendor" not in name} == {
        name for name in sources if "_vendor" not in name
    }
    assert "bert4ner/py.typed" in names


@pytest.mark.slow
def test_wheel_requires_nothing_that_contradicts_tensorflow(metadata):
    required = [line.partition(";")[0] for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert any(line.startswith("tensorflow<2.22,>=2.18") for line in required)
    assert not any(line.startswith("bert4keras") for line in required)
    assert metadata["License-Expression"] == "Apache-2.0"


@pytest.mark.slow
def test_sdist_carries_what_the_wheel_is_built_from(built):
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    expected = "setup.py pyproject.toml LICENSE NOTICE README.md bert4ner/__init__.py tests/test_packaging.py".split()
    assert names.issuperset(expected)
    assert not any("_vendor" in name or name.endswith(".pyc") for name in names)


@pytest.fixture(scope="module")
def environment(workshop: Path) -> Path:
    """A new environment with links to all packages of this one but bert4keras and bert4ner: a copy takes 2 GiB."""
    folder = workshop / "environment"
    venv.create(folder, with_pip=False)
    (target,) = folder.glob("lib/python*/site-packages")
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "bert4keras" not in entry.name and "bert4ner" not in entry.name:
            (target / entry.name).symlink_to(entry)
    return folder


@pytest.mark.slow
def test_wheel_alone_builds_a_model_where_bert4keras_is_not(wheel, environment, workshop):
    python = environment / "bin/python"
    pip = [sys.executable, "-m", "pip", "--python", python]
    run(*pip, "install", "--quiet", "--no-compile", "--no-deps", "--no-index", wheel, cwd=workshop)
    assert "No broken requirements found" in run(*pip, "check", cwd=workshop)

    pretrained = tiny_bert(workshop / "pretrained")
    text_shown = json.loads(run(python, "-I", "-c", BUILD_MODEL, pretrained, cwd=workshop).splitlines()[-1])
    assert text_shown["shape"] == [2, 10, 1 + 2 * len("BIS")]
    installed = Path(text_shown["bert4ner"]).parent
    assert environment in installed.parents
    assert Path(text_shown["bert4keras"]).parent == installed / "_vendor" / "bert4keras"


@pytest.mark.slow
def test_wheel_alone_demonstrates_itself_in_an_empty_folder(wheel, environment, workshop):
    """With a fifth of its sample, and one layer of its encoder: what it finds is not looked at."""
    pip = [sys.executable, "-m", "pip", "--python", environment / "bin/python"]
    run(*pip, "install", "--quiet", "--no-compile", "--no-deps", "--no-index", "--force-reinstall", wheel, cwd=workshop)
    (bundled,) = environment.glob("lib/python*/site-packages/bert4ner/_bundled")
    sample, described = bundled / "leaflets.jsonl", bundled / "tcm-mini/bert_config.json"
    sample.write_text("".join(sample.read_text("utf-8").splitlines(keepends=True)[:24]), "utf-8")
    described.write_text(re.sub('("num_hidden_layers": )4', r"\g<1>1", described.read_text("utf-8")), "utf-8")
    empty = workshop / "empty"
    empty.mkdir()
    out = run(environment / "bin/bert4ner", "demo", "--epochs", "1", "--folds", "2", cwd=empty)
    assert "Some of what was found" in out and out.endswith("report: runs/demo/report.html\n")


def tiny_bert(folder: Path) -> Path:
    """A checkpoint folder without weights, which then start at random: two layers of width 8, twenty tokens."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"本品用于气血两亏引起的月经量"]
    config = {
        "vocab_size": len(vocabulary),
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
        "random_weights": True,
    }
    folder.mkdir()
    (folder / "bert_config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    return folder
