"""Files and folders appear whole or not at all, and are written by one process at a time."""

import os
import subprocess
import sys
import threading

import pytest

from bert4ner.data import locks
from bert4ner.data.writing import atomic_folder, atomic_write
from bert4ner.errors import DataError


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with atomic_write(path) as handle:
        handle.write("一\r\n")
        assert not path.exists()
    assert path.read_bytes() == "一\r\n".encode()
    with pytest.raises(RuntimeError), atomic_write(path) as handle:
        handle.write("half")
        raise RuntimeError
    assert path.read_bytes() == "一\r\n".encode()
    assert [each.name for each in path.parent.iterdir()] == ["a.txt"]


def test_a_link_still_points_to_the_file_written(tmp_path):
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    with atomic_write(link, binary=True) as handle:
        handle.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_folder_appears_whole_and_never_over_another(tmp_path):
    path = tmp_path / "out"
    with pytest.raises(RuntimeError), atomic_folder(path) as folder:
        (folder / "a").touch()
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    with atomic_folder(path) as folder:
        (folder / "a").touch()
    assert [each.name for each in path.iterdir()] == ["a"]
    with pytest.raises(DataError, match="not empty"), atomic_folder(path):
        pass
    with pytest.raises(RuntimeError), atomic_folder(path, replaces=("", ".txt")):
        raise RuntimeError
    assert [each.name for each in path.iterdir()] == ["a"]
    with atomic_folder(path, replaces=("", ".txt")) as folder:
        (folder / "b.txt").touch()
    assert [each.name for each in path.iterdir()] == ["b.txt"]
    with pytest.raises(DataError, match=r"holds b\.txt"), atomic_folder(path, replaces=(".ann",)):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    (path / "a").touch()
    with pytest.raises(DataError, match="found a folder"), atomic_write(path):
        pass
    with pytest.raises(DataError, match="found a file"), atomic_folder(path / "a"):
        pass


WRITER = """
import sys
from bert4ner.data import writing
with getattr(writing, sys.argv[1])(sys.argv[2]) as place:
    print("writes", flush=True)
    sys.stdin.readline()
    place.write("whole") if sys.argv[1] == "atomic_write" else (place / "a").touch()
"""
KINDS = pytest.mark.parametrize("kind", [atomic_write, atomic_folder])


def writer(kind, path) -> subprocess.Popen[str]:
    """A process that is writing a file or a folder, until it is given a line."""
    command = [sys.executable, "-c", WRITER, kind.__name__, path]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "writes\n"
    return process


@KINDS
def test_what_another_process_is_writing_is_refused_until_it_ends(kind, tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    path = tmp_path / "out"
    with writer(kind, path) as process:
        with pytest.raises(DataError, match=f"out: process {process.pid} is writing it; wait for it, or choose"):
            kind(path).__enter__()
        process.communicate("now\n")
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert path.read_text(encoding="utf-8") == "whole" if kind is atomic_write else (path / "a").is_file()


@KINDS
def test_a_killed_process_leaves_neither_a_lock_nor_a_part_for_the_next(kind, tmp_path):
    path = tmp_path / "out"
    with writer(kind, path) as process:
        process.kill()
    assert [each.name for each in tmp_path.iterdir()] == [f".out.{process.pid}.part"]
    with kind(path) as place:
        place.write("whole") if kind is atomic_write else (place / "a").touch()
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


@KINDS
def test_a_thread_does_not_write_what_another_is_writing(kind, tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    refused = []

    def second():
        try:
            with kind(tmp_path / "out"):
                pass
        except DataError as error:
            refused.append(str(error))

    with kind(tmp_path / "out") as place:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
        place.write("first") if kind is atomic_write else (place / "a").touch()
    assert refused == [f"{tmp_path}/out: this process is writing it; wait for it, or choose another place"]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_many_threads_that_write_one_file_leave_one_of_theirs_whole(tmp_path):
    texts = [letter * 100_000 for letter in "abcdefgh"]
    written, mixed = [], []

    def write(text):
        for _ in range(20):
            try:
                with atomic_write(tmp_path / "out") as handle:
                    for start in range(0, len(text), 10_000):
                        handle.write(text[start : start + 10_000])
                        handle.flush()
                written.append(text)
            except DataError:
                pass
            if (tmp_path / "out").exists() and (tmp_path / "out").read_text(encoding="utf-8") not in texts:
                mixed.append(text)

    threads = [threading.Thread(target=write, args=[text]) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert written and not mixed and [each.name for each in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_text(encoding="utf-8") in texts


def test_a_folder_into_which_a_training_began_meanwhile_is_not_replaced(tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    path = tmp_path / "run"
    with pytest.raises(DataError, match="run: this process is writing it"), atomic_folder(path) as folder:
        (folder / "a").touch()
        path.mkdir()
        training = os.open(path, os.O_RDONLY)
        locks.fcntl.flock(training, locks.fcntl.LOCK_EX)
    os.close(training)
    assert [each.name for each in tmp_path.iterdir()] == ["run"] and list(path.iterdir()) == []
