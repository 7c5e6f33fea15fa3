"""Two processes at once on one output: the second is refused in a line that names the first, which ends as if alone."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bert4ner.data.documents import read_documents
from bert4ner.data.durable import is_left_over
from bert4ner.data.locks import is_locked
from bert4ner.runs.manifest import verify
from bert4ner.runs.record import open_trained
from tests.cli.processes import PATIENCE, refusal, start

pytest.importorskip("fcntl", reason="no locks on this system")
pytestmark = [pytest.mark.slow, pytest.mark.tensorflow]


class First:
    """A command in a process of its own, which pauses as soon as there is something to see of what it writes."""

    def __init__(self, *arguments: object, seen: Callable[[], bool]) -> None:
        self.process = start(*arguments)
        until = time.monotonic() + PATIENCE
        while not seen() and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        assert self.process.poll() is None, self.process.communicate()
        self.process.send_signal(signal.SIGSTOP)

    def ends(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        out, err = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0, (out, err)


def being_written(folder: Path, name: str) -> bool:
    """Whether a process has locked what it writes aside: it exists for a moment before."""
    return any(is_locked(path) for path in folder.glob(f".{name}.*.part"))


def left_over(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if is_left_over(path.name)]


@pytest.fixture(scope="module")
def run(data, tiny_bert, tmp_path_factory) -> Path:
    """The run of a cross-validation during which two other trainings into its folder were refused."""
    run = tmp_path_factory.mktemp("runs") / "run"
    options = [data, "--output", run, "--pretrained", tiny_bert, "--epochs", 2, "--max-length", 12]
    first = First("crossval", *options, "--folds", 2, seen=(run / "folds.json").is_file)
    taken = f"{run}: process {first.process.pid} trains into this folder; wait for it or choose another --output"
    try:
        assert refusal("crossval", *options, "--folds", 2) == taken
        assert refusal("train", *options) == taken
    finally:
        first.ends()
    return run


def test_a_training_is_alone_in_its_folder(run):
    verified = verify(run)
    assert verified.files > 8 and not verified.differing and not verified.without and left_over(run) == []
    assert [len(history) for history in open_trained(run).histories] == [2, 2]


def test_predictions_are_those_of_one_process(run, data, tmp_path):
    output = tmp_path / "found.jsonl"
    first = First("predict", run, data, "--output", output, seen=lambda: being_written(tmp_path, "found.jsonl"))
    said = refusal("predict", run, data, "--output", output)
    assert said == f"{output}: process {first.process.pid} is writing it; wait for it, or choose another place"
    first.ends()
    assert os.listdir(tmp_path) == ["found.jsonl"]
    assert [each.id for each in read_documents(output)] == [each.id for each in read_documents(data)]


@pytest.mark.parametrize("command", ["combine", "convert-checkpoint"])
def test_a_folder_is_made_by_one_process(command, run, tiny_checkpoint, tmp_path):
    output = tmp_path / "made"
    options = [run, "--output", output] if command == "combine" else [tiny_checkpoint, output]
    first = First(command, *options, seen=lambda: being_written(tmp_path, "made"))
    said = refusal(command, *options)
    assert said == f"{output}: process {first.process.pid} is writing it; wait for it, or choose another place"
    first.ends()
    assert os.listdir(tmp_path) == ["made"] and len(os.listdir(output)) >= 3
