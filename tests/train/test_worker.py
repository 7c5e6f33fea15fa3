"""The process that trains a fold: its errors reach the parent as one line, and it does not outlive the parent."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bert4ner.entities import Document
from bert4ner.errors import RunError
from bert4ner.train import worker
from bert4ner.train.executors.shares import Share
from bert4ner.train.worker import Worker
from tests.conftest import ROOT
from tests.train.scripted import Scripted

REAL_TIME = pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="no real-time signals")
DOCUMENTS = [Document("一", "人参"), Document("二", "当归")]


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The worker finds `tests.train.scripted`, as any module that a task needs."""
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])


@pytest.fixture
def training_that(tmp_path):
    """Runs a worker whose task is the given line of Python."""
    return lambda body, given=None, **options: Worker(**options).run(Scripted(tmp_path / "fold-0", body, given))


def test_the_worker_gets_the_whole_task(training_that, tmp_path):
    check = (
        "assert task.name == 'fold-0' and [d.id for d in task.given] == ['一', '二']; "
        "task.folder.mkdir(); assert logging.getLogger('bert4ner').level == logging.WARNING"
    )
    training_that(check, DOCUMENTS)
    assert (tmp_path / "fold-0").is_dir()


def test_the_worker_keeps_to_its_share(training_that):
    core = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    check = "assert os.environ['TF_NUM_INTRAOP_THREADS'] == '3'; "
    if core is not None:
        check += f"assert os.sched_getaffinity(0) == {{{core}}}"
    training_that(check, share=Share((core or 0,), {"TF_NUM_INTRAOP_THREADS": "3"}))


def test_what_several_print_is_prefixed_line_by_line(training_that, capfd):
    body = "print('progress'); os.write(2, 'native 文\\n'.encode()); assert not sys.stderr.isatty(); print(1 / 0)"
    with pytest.raises(RunError, match=r"fold-0: the training process ended with code 1"):
        training_that(body, prefixed=True)
    out, err = capfd.readouterr()
    assert out == "" and "ZeroDivisionError" in err
    assert all(line.startswith("fold-0: ") for line in err.splitlines())
    assert "fold-0: progress\n" in err and "fold-0: native 文\n" in err


def test_a_worker_that_is_stopped_ends_its_task_and_begins_no_other(tmp_path):
    stopped, errors = Worker(), []

    def work():
        with pytest.raises(RunError) as error:
            stopped.run(Scripted(tmp_path / "one", "print('pid', os.getpid()); time.sleep(60)"))
        errors.append(str(error.value))

    thread = threading.Thread(target=work)
    thread.start()
    while stopped._process is None:
        time.sleep(0.01)
    stopped.stop()
    thread.join(timeout=20)
    assert len(errors) == 1 and stopped._process.poll() is not None
    with pytest.raises(RunError, match="two: stopped before it began"):
        stopped.run(Scripted(tmp_path / "two", "task.folder.mkdir()"))
    assert not (tmp_path / "two").exists()


def test_its_error_is_one_line_for_the_caller_whatever_else_is_printed(training_that, capfd, monkeypatch):
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)  # a locale that cannot encode the message
    message = "文档 é 坏了; 改正它"
    with pytest.raises(RunError) as error:
        training_that(f"print('progress'); os.write(1, b'native'); raise RunError({message!a})")
    assert str(error.value) == f"fold-0: {message}"
    out, err = capfd.readouterr()
    assert out == ""
    assert "progress" in err and "native" in err and "Traceback" not in err


def test_a_full_disk_is_reported_in_one_line(training_that, capfd):
    with pytest.raises(RunError, match=r"fold-0: .*No space left on device"):
        training_that("raise OSError(28, 'No space left on device')")
    assert "Traceback" not in capfd.readouterr().err


def test_a_defect_shows_its_traceback_and_the_way_on(training_that, capfd):
    with pytest.raises(RunError, match="ended with code 1, its own message is above; run the same command again"):
        training_that("raise ZeroDivisionError('a defect')")
    err = capfd.readouterr().err
    assert "ZeroDivisionError: a defect" in err
    assert "Fatal Python error" not in err


@pytest.mark.parametrize(
    ("signal_name", "expected"),
    [
        ("SIGKILL", "was killed, perhaps for memory: lower --batch-tokens"),
        ("SIGSEGV", "was ended by SIGSEGV"),
        pytest.param("SIGRTMIN + 3", r"was ended by SIGRTMIN\+3, its own", marks=REAL_TIME),
        pytest.param("SIGRTMIN", "was ended by SIGRTMIN, its own", marks=REAL_TIME),
    ],
)
def test_a_killed_worker_is_reported(training_that, signal_name, expected):
    with pytest.raises(RunError, match=expected):
        training_that(f"os.kill(os.getpid(), signal.{signal_name})")


def test_a_killed_worker_goes_on_where_an_epoch_is_complete(training_that, tmp_path):
    kill = "os.kill(os.getpid(), signal.SIGTERM)"
    with pytest.raises(RunError, match=r"run the same command again$"):
        training_that(kill)
    (tmp_path / "fold-0").mkdir()
    (tmp_path / "fold-0/history.jsonl").touch()
    with pytest.raises(RunError, match=r"again, it goes on after the last completed epoch$"):
        training_that(kill)


def test_a_worker_that_dies_before_it_listens_is_reported(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(worker, "COMMAND", [sys.executable, "-c", "raise SystemExit(2)"])
    many = [Document(str(number), "本" * 1000) for number in range(300)]  # more than a pipe holds
    with pytest.raises(RunError, match="ended with code 2"):
        Worker().run(Scripted(tmp_path, "pass", many))


def test_modules_of_the_current_folder_do_not_hide_installed_ones(training_that, tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit('the wrong numpy')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path])
    training_that("import numpy; numpy.zeros(1)" if sys.version_info >= (3, 11) else "pass")


@pytest.mark.parametrize("sent", [b"", b"\x80\x05"])
def test_a_worker_whose_parent_is_gone_before_it_sends_all_ends_without_a_word(sent):
    done = subprocess.run(worker.COMMAND, input=sent, capture_output=True, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc")
def test_a_starting_worker_ignores_ctrl_c_before_it_imports_anything_large():
    process = subprocess.Popen(worker.COMMAND, stdin=subprocess.PIPE, cwd=ROOT)
    folder = Path(f"/proc/{process.pid}")
    try:
        while not ignores(folder, signal.SIGINT):
            assert process.poll() is None
        assert "numpy" not in (folder / "maps").read_text(encoding="utf-8")
    finally:
        process.kill()
        process.communicate()


def ignores(folder: Path, number: int) -> bool:
    """Whether the process of a folder in /proc ignores a signal."""
    lines = (folder / "status").read_text(encoding="utf-8").splitlines()
    mask = next(line.partition(":")[2] for line in lines if line.startswith("SigIgn"))
    return bool(int(mask, 16) >> (number - 1) & 1)


PARENT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from bert4ner.train.worker import Worker
from tests.train.scripted import Scripted
Worker().run(Scripted(Path("fold"), "print('pid', os.getpid(), flush=True); time.sleep(60)"))
"""


def alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has buried does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
    if Path("/proc/self").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_the_worker_ends_with_its_parent(name):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(root=str(ROOT))],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore Ctrl-C
    )
    assert parent.stderr is not None
    word, _, pid = parent.stderr.readline().partition(" ")
    assert word == "pid" and alive(int(pid))
    if name == "SIGINT":
        os.killpg(parent.pid, signal.SIGINT)  # Ctrl-C goes to all processes of a terminal
    else:
        parent.send_signal(getattr(signal, name))
    _, err = parent.communicate(timeout=20)
    deadline = time.monotonic() + 10
    while alive(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(int(pid))
    assert parent.returncode != 0
    assert err.count("Traceback") == (1 if name == "SIGINT" else 0)  # the parent's own KeyboardInterrupt
