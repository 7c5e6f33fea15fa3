"""A package from outside (tests/plugin) adds one of everything; each is used in a fresh process that finds it itself.

It is not installed: its folder is on the path, and beside it the metadata that an installation would write.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bert4ner.data.documents import read_documents, write_documents
from tests.conftest import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PLUGIN = ROOT / "tests" / "plugin"
LEAFLETS = ROOT / "examples/data/leaflets.jsonl"
TABBED = "人参治头痛\t0:2:DRUG\t3:5:SYMPTOM\n当归\t0:2:DRUG\n"
TRAINING = ["--epochs", "1", "--max-length", "64", "--overlap", "16", "--precision", "float32"]


def announce(folder: Path, name: str, entry_points: dict[str, dict[str, str]]) -> Path:
    """Write the metadata of an installed package: {group: {name: place}}."""
    metadata = folder / f"{name.replace('-', '_')}-0.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n", encoding="utf-8")
    groups = [
        "\n".join([f"[{group}]", *(f"{name} = {place}" for name, place in places.items())])
        for group, places in entry_points.items()
    ]
    (metadata / "entry_points.txt").write_text("\n\n".join(groups) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> list[Path]:
    """What is on the path of a process that has the plugin."""
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [PLUGIN, announce(tmp_path_factory.mktemp("site"), project["name"], project["entry-points"])]


def python(path: list[Path], *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run Python with these folders on its path, in the repository."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*path, ROOT]))}
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def bert4ner(installed):
    """Runs ``bert4ner ARGUMENTS`` with the plugin, and gives what it printed."""

    def run(*arguments: object) -> str:
        done = python(installed, "-m", "bert4ner", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_its_command_is_listed_after_ours_and_runs(bert4ner):
    lines = bert4ner("--help").splitlines()
    places = [next(n for n, line in enumerate(lines) if line.startswith(f"  {name} ")) for name in ("info", "labels")]
    assert places[0] + 1 == places[1]
    assert lines[places[1]].endswith("  the labels of annotated data, and how often each occurs")
    assert bert4ner("labels", LEAFLETS).splitlines()[0].startswith("DISEASE\t")
    assert bert4ner("labels", "--help").splitlines()[-1] == "e.g.  bert4ner labels examples/data/leaflets.jsonl"


def test_its_command_imports_nothing_before_it_is_run(installed):
    script = (
        "import sys; from bert4ner.cli.main import main; main(['--help']);"
        "print(sorted(name for name in sys.modules if name.startswith('bert4ner_plugin.')))"
    )
    assert python(installed, "-c", script).stdout.splitlines()[-1] == "['bert4ner_plugin.commands']"


def test_its_format_is_detected_read_and_written(bert4ner, installed, tmp_path):
    source, back = tmp_path / "set.txt", tmp_path / "back.txt"
    source.write_text(TABBED, encoding="utf-8")
    assert bert4ner("labels", source) == "DRUG\t2\nSYMPTOM\t1\n"
    message = bert4ner("convert", source, tmp_path / "set.jsonl", "--format", "jsonl")
    counts = "2 documents, 3 entities, 2 labels"
    assert message.splitlines() == [
        f"{source}: read as tabbed: {counts}",
        f"{tmp_path / 'set.jsonl'}: written as jsonl: {counts}",
    ]
    bert4ner("convert", tmp_path / "set.jsonl", back, "--format", "tabbed")
    assert back.read_text(encoding="utf-8") == TABBED
    script = f"import bert4ner; print(bert4ner.read_documents({str(source)!r}, 'tabbed')[1].text)"
    assert python(installed, "-c", script).stdout == "当归\n"


def test_what_its_format_cannot_hold_is_counted(installed, tmp_path):
    script = (
        "import bert4ner\n"
        "documents = [bert4ner.Document('a', '人\\t参\\n', (bert4ner.Entity(0, 1, 'A', 0.5),), weight=2.0)]\n"
        f"print(dict(bert4ner.write_documents(documents, {str(tmp_path / 'out')!r}, 'tabbed')))"
    )
    lost = {"ids": 1, "scores": 1, "weights": 1, "line breaks (written as spaces)": 1, "tabs (written as spaces)": 1}
    assert python(installed, "-c", script).stdout == f"{lost}\n"


def test_a_broken_line_of_its_format_is_reported_with_its_place(installed, tmp_path):
    (tmp_path / "set.txt").write_text("人参\tDRUG\n", encoding="utf-8")
    done = python(installed, "-m", "bert4ner", "labels", tmp_path / "set.txt", "--format", "tabbed")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "set.txt:1: expected START:END:LABEL after a tab, found 'DRUG'" in done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """A few of the sample's documents, enough for an epoch that only has to run."""
    path = tmp_path_factory.mktemp("data") / "few.jsonl"
    write_documents(read_documents(LEAFLETS)[:8], path, "jsonl")
    return path


@pytest.mark.slow
@pytest.mark.tensorflow
def test_its_head_trains_and_the_model_predicts(bert4ner, data, one_layer, tmp_path):
    run, found = tmp_path / "run", tmp_path / "found.jsonl"
    bert4ner("train", data, "--pretrained", one_layer, "--output", run, "--head", "brier", *TRAINING)
    saved = json.loads((run / "fold-0/model/config.json").read_text(encoding="utf-8"))
    assert saved["config"]["model"]["head"] == "brier"
    bert4ner("predict", run, data, "--output", found, "--nbest", 2)
    assert [each.id for each in read_documents(found)] == [each.id for each in read_documents(data)]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_its_modifier_and_its_executor_train(installed, data, one_layer, tmp_path):
    script = (
        "import sys, bert4ner\n"
        "config = bert4ner.Config().replace(\n"
        "    pretrained=sys.argv[2], head='softmax', epochs=1, max_length=64, overlap=16, precision='float32')\n"
        "documents = bert4ner.read_documents(sys.argv[1])\n"
        "for name, modifiers, executor in [\n"
        "    ('plain', '', 'in_process'), ('same', 'centralized:share=0', 'backwards'),\n"
        "    ('other', 'centralized', 'backwards')]:\n"
        "    bert4ner.cross_validate(documents, config.replace(modifiers=modifiers), folds=2, executor=executor,\n"
        "        output=f'{sys.argv[3]}/{name}')\n"
    )
    done = python(installed, "-c", script, data, one_layer, tmp_path)
    assert done.returncode == 0, done.stderr
    weights = {
        name: [(tmp_path / name / f"fold-{fold}/model/weights.safetensors").read_bytes() for fold in (0, 1)]
        for name in ("plain", "same", "other")
    }
    assert weights["plain"] == weights["same"]
    assert all(one != other for one, other in zip(weights["plain"], weights["other"], strict=True))
    ended = [(tmp_path / "same" / f"fold-{fold}/predictions.jsonl").stat().st_mtime_ns for fold in (0, 1)]
    assert ended[1] < ended[0]


@pytest.mark.slow
@pytest.mark.tensorflow
def test_its_family_loads_a_folder(installed, tiny_checkpoint, tmp_path):
    folder = tmp_path / "leaflets"
    shutil.copytree(tiny_checkpoint, folder)
    described = json.loads((folder / "bert_config.json").read_text(encoding="utf-8"))
    (folder / "bert_config.json").write_text(json.dumps({**described, "model_type": "leaflet_bert"}), encoding="utf-8")
    script = (
        "import sys, numpy as np\n"
        "from bert4ner.models.pretrained import load_transformer\n"
        "from bert4ner.models.pretrained.folder import open_pretrained\n"
        "networks = [load_transformer(folder) for folder in sys.argv[1:]]\n"
        "ids = np.array([[3, 7, 8, 4]])\n"
        "one, other = (network([ids, 0 * ids]).numpy() for network in networks)\n"
        "print(open_pretrained(sys.argv[1]).config.family, np.array_equal(one, other))\n"
    )
    assert python(installed, "-c", script, folder, tiny_checkpoint).stdout == "leaflet_bert True\n"
    assert "found model_type 'leaflet_bert'" in python([], "-c", script, folder, tiny_checkpoint).stderr


BROKEN = {
    "bert4ner.commands": {"bang": "bert4ner_broken:BANG", "train": "bert4ner_broken:TRAIN"},
    "bert4ner.formats": {"bang": "no_such_module:FORMAT", "jsonl": "no_such_module:FORMAT"},
}


@pytest.fixture
def broken(tmp_path) -> list[Path]:
    """What is on the path of a process with a package that raises when imported and takes names that are taken."""
    folder = announce(tmp_path / "site", "bert4ner-broken", BROKEN)
    (folder / "bert4ner_broken.py").write_text("raise RuntimeError('out of order')\n", encoding="utf-8")
    return [folder]


def test_help_works_beside_a_broken_package(broken):
    done = python(broken, "-m", "bert4ner", "--help")
    assert done.returncode == 0
    assert "\n  info " in done.stdout and "bang" not in done.stdout
    assert done.stderr.splitlines() == [
        "bert4ner-broken: the command 'train' is there already; it is left out",
        "bert4ner-broken: its command 'bang' cannot be loaded from bert4ner_broken:BANG (RuntimeError: out of order); "
        "repair or uninstall that package",
    ]


def test_a_broken_command_is_reported_in_one_line(broken):
    done = python(broken, "-m", "bert4ner", "bang")
    assert (done.returncode, done.stdout) == (2, "")
    message = "bert4ner: error: bert4ner-broken: its command 'bang' cannot be loaded from bert4ner_broken:BANG"
    assert done.stderr.splitlines()[-1].startswith(message)


def test_files_are_read_beside_a_broken_format(broken):
    done = python(broken, "-m", "bert4ner", "evaluate", LEAFLETS, LEAFLETS)
    assert done.returncode == 0
    assert "read as jsonl: " in done.stderr
    assert "bert4ner-broken: its format 'bang' cannot be loaded from no_such_module:FORMAT" in done.stderr
    assert "Traceback" not in done.stderr
