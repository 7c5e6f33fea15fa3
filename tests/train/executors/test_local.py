"""Several tasks at a time: each in its own process, stopped together, with separate output and the same results."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time

import pytest

from bert4ner.errors import RunError
from bert4ner.train.executors import local
from bert4ner.train.executors.local import LocalExecutor
from tests.conftest import ROOT
from tests.train.scripted import Scripted
from tests.train.test_worker import alive

WAIT = "task.folder.mkdir(); (task.folder / str(os.getpid())).touch(); time.sleep(60)"
MEET = """
task.folder.mkdir()
deadline = time.monotonic() + 30
while not all((task.folder.parent / name).exists() for name in task.given) and time.monotonic() < deadline:
    time.sleep(0.01)
assert time.monotonic() < deadline
print('met')
"""


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Workers find `tests.train.scripted`; and whether there are GPUs need not be asked of TensorFlow."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.setattr(local, "_gpus", list)


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert condition()


def test_as_many_run_at_a_time_as_are_asked_for_and_are_distinguished(tmp_path, capfd, caplog):
    names = ["fold-0", "fold-1"]
    tasks = [Scripted(tmp_path / name, MEET, names, title=f"{name} begins") for name in names]
    with caplog.at_level(logging.INFO):
        done = list(LocalExecutor(jobs=2).run(tasks))
    assert sorted(task.name for task in done) == names
    assert sorted(capfd.readouterr().err.splitlines()) == ["fold-0: met", "fold-1: met"]
    assert sorted(record.getMessage() for record in caplog.records) == ["fold-0 begins", "fold-1 begins"]


def test_one_alone_prints_as_it_likes_and_they_have_their_order(tmp_path, capfd):
    tasks = [Scripted(tmp_path / f"fold-{number}", f"print({number})") for number in range(3)]
    assert list(LocalExecutor().run(tasks)) == tasks
    assert capfd.readouterr().err.splitlines() == ["0", "1", "2"]


def test_each_has_its_share(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "_gpus", lambda: ["4", "6"])
    body = "task.folder.mkdir(); (task.folder / os.environ['CUDA_VISIBLE_DEVICES']).touch(); " + MEET.replace(
        "\ntask.folder.mkdir()\n", "\n"
    )
    names = ["fold-0", "fold-1"]
    list(LocalExecutor(jobs=2).run([Scripted(tmp_path / name, body, names) for name in names]))
    assert sorted(path.name for path in tmp_path.glob("fold-*/*")) == ["4", "6"]


def test_one_that_fails_is_named_the_others_are_stopped_and_none_is_begun(tmp_path):
    failing = (
        "deadline = time.monotonic() + 30\n"
        "while not list(task.folder.parent.glob('fold-0/*')): assert time.monotonic() < deadline\n"
        "raise RunError('no memory')"
    )
    tasks = [
        Scripted(tmp_path / "fold-0", WAIT),
        Scripted(tmp_path / "fold-1", failing),
        Scripted(tmp_path / "fold-2", "task.folder.mkdir()"),
    ]
    with pytest.raises(RunError, match=r"^fold-1: no memory$"):
        list(LocalExecutor(jobs=2).run(tasks))
    [pid] = (tmp_path / "fold-0").iterdir()
    assert not alive(int(pid.name))
    assert not (tmp_path / "fold-2").exists()


def test_who_has_seen_enough_closes_it(tmp_path):
    tasks = [Scripted(tmp_path / "fold-0", "pass"), Scripted(tmp_path / "fold-1", WAIT)]
    with contextlib.closing(LocalExecutor(jobs=2).run(tasks)) as running:
        assert next(running).name == "fold-0"
        wait_for(lambda: list(tmp_path.glob("fold-1/*")))
    [pid] = (tmp_path / "fold-1").iterdir()
    assert not alive(int(pid.name))


PARENT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from bert4ner.train.executors import local
from tests.train.scripted import Scripted
local._gpus = lambda: []
tasks = [Scripted(Path(sys.argv[1]) / name, {wait!r}) for name in ("fold-0", "fold-1")]
for task in local.LocalExecutor(jobs=2).run(tasks):
    pass
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_all_end_with_their_parent(tmp_path, name):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(root=str(ROOT), wait=WAIT), tmp_path],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore Ctrl-C
    )
    wait_for(lambda: len(list(tmp_path.glob("fold-*/*"))) == 2)
    if name == "SIGINT":
        os.killpg(parent.pid, signal.SIGINT)  # Ctrl-C goes to all processes of a terminal
    else:
        parent.send_signal(getattr(signal, name))
    _, err = parent.communicate(timeout=20)
    pids = [int(path.name) for path in tmp_path.glob("fold-*/*")]
    wait_for(lambda: not any(map(alive, pids)), seconds=10)
    assert parent.returncode != 0
    assert err.count("Traceback") == (1 if name == "SIGINT" else 0)  # the parent's own KeyboardInterrupt
