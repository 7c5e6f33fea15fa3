"""A clock that jumps by hours to and fro while commands run, and files from the future: nothing depends on it.

`test_clock.py` reads that no module asks for the time of day; here it jumps for the libraries below as well.
"""

import os
import re
import time
from pathlib import Path

import pytest

from bert4ner.data.documents import read_documents
from bert4ner.runs.manifest import verify
from bert4ner.runs.record import open_trained

pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]
JUMPS = """
import itertools, time
if __name__ == "sitecustomize":
    open(__file__ + ".seen", "a").write("a process ")
true = time.time
jumps = itertools.cycle([0, 5 * 3600, -7 * 3600, 30 * 86400, -true(), 3600.5])
time.time = lambda: max(0.0, true() + next(jumps))
time.time_ns = lambda: int(time.time() * 1e9)
"""
SMALL = ("--max-length", 16, "--overlap", 4, "--precision", "float32")


@pytest.fixture
def jumping(tmp_path, monkeypatch) -> Path:
    """Makes the clock jump at each look, in this process and in those that it starts."""
    file = tmp_path / "site" / "sitecustomize.py"
    file.parent.mkdir()
    file.write_text(JUMPS, encoding="utf-8")
    monkeypatch.syspath_prepend(file.parent)  # the worker that trains has the same path
    for name in ("time", "time_ns"):
        monkeypatch.setattr(time, name, getattr(time, name))  # the true ones come back
    exec(JUMPS, {})
    assert abs(time.time() - time.time()) > 3000
    return file


def seen(file: Path) -> str:
    """A word for each process in which the clock jumped from its start."""
    return Path(f"{file}.seen").read_text(encoding="utf-8")


def scatter_ages(folder: Path) -> None:
    """Let every other file in a folder be from the future, and the others from 1970."""
    for number, path in enumerate(sorted((folder, *folder.rglob("*")))):
        os.utime(path, (time.monotonic(), 2**32 if number % 2 else 0))


def history(run: Path) -> list[list[dict]]:
    """The history of each fold: the schema holds, and no duration is negative."""
    histories = open_trained(run).histories
    for line in (line for lines in histories for line in lines):
        assert 0 <= line["seconds"] < 600 and 0 <= line["evaluation_seconds"] < 600 and line["tokens_per_second"] > 0
    return [[{name: line[name] for name in ("epoch", "f1", "loss")} for line in lines] for lines in histories]


def test_a_run_is_the_same_whatever_the_clock_says(jumping, bert4ner, data, tiny_bert, tmp_path, monkeypatch):
    def train(run: str, epochs: int) -> None:
        options = ("--output", tmp_path / run, "--pretrained", tiny_bert, "--epochs", epochs, *SMALL)
        assert bert4ner("train", data, *options).code == 0

    for epochs in (1, 2):  # the second goes on from the model there
        train("jumping", epochs)
        scatter_ages(tmp_path / "jumping")
        verified = verify(tmp_path / "jumping")
        assert verified.files and not verified.differing and not verified.without
    monkeypatch.undo()
    for epochs in (1, 2):
        train("steady", epochs)
    assert seen(jumping).count("process") == 2
    assert history(tmp_path / "jumping") == history(tmp_path / "steady")
    jumped, steady = ((tmp_path / run / "scores.json").read_bytes() for run in ("jumping", "steady"))
    assert jumped == steady


def test_predicting_reporting_and_converting_take_no_negative_time(jumping, bert4ner, data, tiny_bert, tmp_path):
    run = tmp_path / "run"
    options = ("--output", run, "--pretrained", tiny_bert, "--epochs", 1, *SMALL)
    assert bert4ner("train", data, *options).code == 0
    for path in (data, *run.rglob("*")):
        os.utime(path, (2**32, 2**32))
    history(run)
    assert seen(jumping).count("process") == 1
    for name in ("found.jsonl", "found.csv"):
        code, out, err = bert4ner("predict", run, data, "--output", tmp_path / name)
        assert code == 0, err
        assert 0 <= float(re.search(r", in (\S+) s", out + err)[1]) < 600
    assert [each.id for each in read_documents(tmp_path / "found.jsonl")] == [each.id for each in read_documents(data)]
    for command in (["report", run, "--gold", data], ["audit", data], ["info", run, "--verify"]):
        code, out, err = bert4ner(*command)
        assert code == 0, err
    assert bert4ner("convert", tmp_path / "found.jsonl", tmp_path / "found.bio").code == 0
