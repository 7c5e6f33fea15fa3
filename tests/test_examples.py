"""The example scripts, one for each head and a loop of one's own, run as they stand, on a path with a space."""

import functools
import json
import re
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import bert4ner
from bert4ner import registry
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.runs.pseudo_labels import read_pseudo_labels
from tests.conftest import ROOT

HEADS = registry.HEADS.names()


class Stopped(Exception):
    """Where a script would begin to train."""


@pytest.fixture
def configured(monkeypatch):
    """What a script would train: its documents, configuration and number of folds."""

    def configured(head, *arguments):
        given = {}

        def caught(documents, config, **options):
            given.update(documents=documents, config=config, **options)
            raise Stopped

        script = ROOT / "examples" / f"{head}_baseline.py"
        monkeypatch.setattr(bert4ner, "cross_validate", caught)
        monkeypatch.setattr(sys, "argv", [str(script), *map(str, arguments)])
        monkeypatch.syspath_prepend(str(script.parent))
        with pytest.raises(Stopped):
            runpy.run_path(str(script), run_name="__main__")
        return given

    return configured


def test_every_head_has_a_script_and_no_script_lacks_a_head():
    scripts = {path.name for path in (ROOT / "examples").glob("*_baseline.py")}
    assert scripts == {f"{head}_baseline.py" for head in HEADS}


@pytest.mark.parametrize("head", HEADS)
def test_a_script_says_what_it_measured_and_trains_that_head(configured, head):
    described = (ROOT / "examples" / f"{head}_baseline.py").read_text(encoding="utf-8").split('"""')[1]
    assert re.search(r"^Task: .*^Data: .*^Score: ", described, re.MULTILINE | re.DOTALL)
    expected = r"Score: out-of-fold micro F1 \d\d\.\d\d \((\d) folds, (\d+) epochs, seed 42, tcm-mini\)\."
    measured = re.search(expected, described)
    given = configured(head)
    config = given["config"]
    assert config.model.head == head
    message = (str(given["folds"]), str(config.optimization.epochs))
    assert measured and measured.groups() == message
    assert Path(config.model.pretrained).samefile(ROOT / "pretrained/tcm-mini")
    assert len(given["documents"]) == 129 and config.spans.nesting == "auto"
    assert bool(config.spans.label_descriptions) == (head == "mrc")


def test_options_of_the_command_line_win(configured, tmp_path):
    write_documents([Document("d", "心房肥大", (Entity(0, 4, "SYM"),))], tmp_path / "own.jsonl", "jsonl")
    given = configured("biaffine", tmp_path / "own.jsonl", "--epochs", 7, "--folds", 2)
    assert given["config"].optimization.epochs == 7 and given["folds"] == 2
    assert [document.text for document in given["documents"]] == ["心房肥大"]


@pytest.fixture
def run_here(monkeypatch, tmp_path, capsys):
    """Runs a script in this process, its folds too, in an empty folder; gives what it prints.

    That a script's folds train in processes of their own is shown by the CRF baseline: each costs some seconds.
    """

    def run(name, *arguments):
        script = ROOT / "examples" / name
        monkeypatch.setattr(sys, "argv", [str(script), *map(str, arguments)])
        monkeypatch.syspath_prepend(str(script.parent))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(
            bert4ner, "cross_validate", functools.partial(bert4ner.cross_validate, executor="in_process")
        )
        runpy.run_path(str(script), run_name="__main__")
        return capsys.readouterr().out

    return run


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_crf_baseline_trains_scores_and_recognizes(shallow_encoder, tmp_path):
    folder = tmp_path / "a user's folder"
    folder.mkdir()
    write_documents(read_documents(ROOT / "examples/data/leaflets.jsonl")[:48], folder / "some.jsonl", "jsonl")
    script = ROOT / "examples/crf_baseline.py"
    command = [sys.executable, script, "some.jsonl", "--pretrained", shallow_encoder, "--folds", "2", "--epochs", "1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out of fold: precision 0.")
    assert (folder / "runs/crf-baseline/scores.json").is_file()


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_global_pointer_baseline_finds_entities_inside_others(run_here, shallow_encoder, tmp_path):
    text = "心房内折返性心动过速，伴头痛。"
    entities = (Entity(0, 10, "SYM"), Entity(0, 2, "BOD"), Entity(12, 14, "SYM"), Entity(12, 13, "BOD"))
    documents = [Document(f"d{number}", f"{text}{number}", entities) for number in range(12)]
    write_documents(documents, tmp_path / "nested.jsonl", "jsonl")
    options = ("--pretrained", shallow_encoder, "--folds", 2, "--epochs", 8)
    printed = run_here("global_pointer_baseline.py", "nested.jsonl", *options)
    assert printed.startswith("out of fold: precision ")
    assert "of 48 entities that share characters with another: recall " in printed
    assert (tmp_path / "runs/global_pointer-baseline/scores.json").is_file()


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_loop_of_ones_own_trains_keeps_the_best_and_recognizes(run_here, shallow_encoder, tmp_path):
    printed = run_here("keras_loop.py", "--pretrained", shallow_encoder, "--epochs", 2, "--output", "mine")
    lines = [json.loads(line) for line in (tmp_path / "mine/history.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2] and lines[1]["f1"] > 0.3
    assert (tmp_path / "mine/model/weights.safetensors").is_file()
    assert re.fullmatch(r".+\t[A-Z_]+\t0\.\d{3}", printed.splitlines()[-1])  # an entity that the model found


@pytest.mark.tensorflow
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")
def test_the_competition_goes_from_annotation_to_submission_files(run_here, eagerly, shallow_encoder, tmp_path):
    documents = read_documents(ROOT / "examples/data/leaflets.jsonl")[:16]
    write_documents(documents, tmp_path / "some.jsonl", "jsonl")
    write_documents([Document(str(n), each.text) for n, each in enumerate(documents[:3])], tmp_path / "new.txt", "text")
    options = ("--pretrained", shallow_encoder, "--folds", 2, "--epochs", 1, "--heads", "softmax", "--pretrain", 1)
    printed = run_here("competition.py", "some.jsonl", "new.txt", *options)
    output = tmp_path / "runs/competition"
    for message in (
        "perplexity of held-out texts: ",
        "first, softmax: out-of-fold F1 0.",
        "taught, softmax: out-of-fold F1 0.",
        "all models agree against it: ",
        "averaged, fitted to the other folds: out-of-fold F1 0.",
        "rescored, fitted to the other folds: out-of-fold F1 0.",
        "best: runs/competition/",
    ):
        assert message in printed
    assert "runs/competition/encoder" in (output / "first/softmax/config.toml").read_text(encoding="utf-8")
    taught = read_pseudo_labels(output / "pseudo-softmax.jsonl")
    assert [each.teachers.folds for each in taught] == [(0,)] * 3 + [(1,)] * 3
    known = {each.text for each in documents}
    assert {each.text for each in read_documents(output / "review.jsonl")} <= known
    assert [each.id for each in read_documents(output / "agreed.jsonl")] == [each.id for each in documents]
    assert [each.text for each in read_documents(output / "submission", "brat")] == [d.text for d in documents[:3]]
    with zipfile.ZipFile(output / "submission.zip") as archive:
        assert sum(name.endswith(".ann") for name in archive.namelist()) == 3
