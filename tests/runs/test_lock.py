"""A folder is held by one process, and is free again however that ends."""

import errno
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from bert4ner.data import locks
from bert4ner.data.writing import atomic_folder
from bert4ner.errors import RunError
from bert4ner.runs.lock import held

HOLDER = """
import sys, time
from pathlib import Path
from bert4ner.runs.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_process_at_a_time_and_a_killed_one_lets_go(tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    run = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", HOLDER, run], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        named = f"run: process {holder.pid} trains into this folder; wait for it or choose another --output"
        for _ in range(2):
            with pytest.raises(RunError, match=named), held(run):
                pass
        holder.kill()
        holder.wait()
    for _ in range(2):
        with held(run):
            assert list(run.iterdir()) == []
    assert run.is_dir()  # it was there before


def test_a_folder_in_which_nothing_was_written_is_gone_again(tmp_path):
    with held(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []
    with held(tmp_path / "run"):
        (tmp_path / "run" / "a").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["run", "a"]


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunError, match=r"cannot create the folder \(.+\); choose another --output"):
            held(place).__enter__()


def test_a_folder_that_is_being_written_is_refused_and_one_that_was_removed_meanwhile_is_another(tmp_path, monkeypatch):
    pytest.importorskip("fcntl", reason="no locks on this system")
    told = "run: this process writes this folder; wait for it or choose another --output"
    with pytest.raises(RunError, match=told), atomic_folder(tmp_path / "run"), held(tmp_path / "run"):
        pass
    assert list(tmp_path.iterdir()) == []
    flock, places = locks.fcntl.flock, []

    def removed_before_it_is_locked(descriptor, operation):
        if not places:
            (tmp_path / "run").rmdir()
            (tmp_path / "run").mkdir()
        places.append(os.fstat(descriptor).st_ino)
        flock(descriptor, operation)

    monkeypatch.setattr(locks.fcntl, "flock", removed_before_it_is_locked)
    with held(tmp_path / "run"):
        assert len(places) == 2 and places[-1] == (tmp_path / "run").stat().st_ino


def test_without_locks_everything_is_free(tmp_path, monkeypatch):
    def fails(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "fcntl", SimpleNamespace(flock=fails, LOCK_EX=2, LOCK_SH=1, LOCK_NB=4))
    with held(tmp_path / "run"), held(tmp_path / "run"):
        assert not locks.is_locked(tmp_path / "run")
    monkeypatch.setattr(locks, "HAS_LOCKS", False)
    with held(tmp_path / "run"), held(tmp_path / "run"):
        assert not locks.is_locked(tmp_path / "run")
