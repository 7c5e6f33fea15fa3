"""What was written outlasts a power cut: the disk of the tests keeps only what was synced."""

import errno
import os
import shutil
import stat

import pytest

from bert4ner.data import durable
from bert4ner.data.writing import atomic_folder, atomic_write
from bert4ner.errors import DataError
from tests.disk import Disk, put


def test_a_disk_without_power_has_only_what_was_synced(tmp_path):
    """The double itself: what is not synced is lost, in the two ways that a file system may choose."""
    with Disk(tmp_path) as disk:
        (tmp_path / "a.part").write_bytes(b"whole")
        os.replace(tmp_path / "a.part", tmp_path / "a")
        assert disk.unsynced() == ["a"]
        assert (disk.cut().least, disk.cut().most) == ({}, {"a": b""})
        with (tmp_path / "a").open("rb") as file:
            os.fsync(file.fileno())
        assert disk.unsynced() == []
        assert (disk.cut().least, disk.cut().most) == ({}, {"a": b"whole"})
        durable.sync(tmp_path)
        (tmp_path / "a").unlink()
        assert (disk.cut().least, disk.cut().most) == ({"a": b"whole"}, {})


def test_a_file_is_the_old_or_the_new_one_at_every_moment(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"
    cuts = []
    with Disk(tmp_path, cuts.append) as disk:
        for text in ("old", "new"):
            with atomic_write(path) as file:
                file.write(text)
            cuts.append(disk.cut())
            assert disk.unsynced() == []
            left = put(cuts[-1].least, tmp_path.with_name(f"{tmp_path.name}-{text}"))
            assert (left / "new" / "folder" / "a.txt").read_text(encoding="utf-8") == text
    contents = [tree.get("new", {}).get("folder", {}).get("a.txt") for cut in cuts for tree in (cut.least, cut.most)]
    assert set(contents) == {None, b"old", b"new"} and len(contents) > 8


def test_a_folder_is_there_with_all_its_files_or_not_at_all(tmp_path):
    cuts = []
    with Disk(tmp_path, cuts.append) as disk:
        with atomic_folder(tmp_path / "out") as folder:
            (folder / "in").mkdir()
            (folder / "in" / "b").write_bytes(b"B")
            (folder / "a").write_bytes(b"A")
        cuts.append(disk.cut())
    found = [tree.get("out") for cut in cuts for tree in (cut.least, cut.most)]
    whole = {"a": b"A", "in": {"b": b"B"}}
    assert [each for each in found if each not in (None, whole)] == [] and cuts[-1].least == {"out": whole}


def test_files_have_the_usual_mode(tmp_path):
    old = os.umask(0o027)
    try:
        with atomic_write(tmp_path / "a", binary=True) as file:
            file.write(b"a")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["a" * 251 + ".txt", "名" * 85, "名" * 40])
def test_names_may_be_as_long_as_the_system_allows(tmp_path, name):
    with atomic_write(tmp_path / name) as file:
        file.write("a")
        assert all(durable.is_left_over(path.name) and len(path.name) < 180 for path in tmp_path.iterdir())
    with atomic_folder(tmp_path / f"{name[:-1]}x") as folder:
        (folder / "a").touch()
    assert {path.name for path in tmp_path.iterdir()} == {name, f"{name[:-1]}x"}


def test_what_cannot_be_synced_is_no_error_but_a_broken_disk_is(tmp_path, monkeypatch):
    def fails(number):
        def fsync(descriptor):
            raise OSError(number, os.strerror(number))

        return fsync

    monkeypatch.setattr(os, "fsync", fails(errno.EINVAL))
    durable.sync(tmp_path)
    monkeypatch.setattr(os, "fsync", fails(errno.EIO))
    with pytest.raises(OSError, match=f"Input/output error: '{tmp_path}'"):
        durable.sync(tmp_path)
    with (
        pytest.raises(DataError, match=r"a: cannot be written \(Input/output error"),
        atomic_write(tmp_path / "a") as file,
    ):
        file.write("lost")
    assert list(tmp_path.iterdir()) == []


def test_left_overs_of_every_kind_are_removed_and_nothing_else(tmp_path):
    kept = ["weights", ".hidden", "a.part", ".part", ".tmp1", ".tmpabcdef7", "fold/.gitignore"]
    gone = [".a.b.json.71.part", ".a.9.old", ".tmpAb3dE6", "fold/model/.tmpzzzzzz", "fold/.weights.1.part/x"]
    for name in kept + gone:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    durable.remove_left_overs(tmp_path, {"a"})
    assert not (tmp_path / ".a.9.old").exists() and (tmp_path / ".a.b.json.71.part").exists()
    durable.remove_left_overs(tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == set(kept)
    durable.remove_left_overs(tmp_path / "nothing")


def test_a_folder_is_removed_at_once(tmp_path, monkeypatch):
    folder = tmp_path / "state"
    (folder / "texts").mkdir(parents=True)
    (folder / "texts" / "a").touch()
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # killed before the first file is removed
    durable.remove_folder(folder)
    assert not folder.exists()
    monkeypatch.undo()
    durable.remove_left_overs(tmp_path)
    durable.remove_folder(folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_that_a_killed_process_moved_away_comes_back(tmp_path, there):
    process = 2**22 + 1  # above the highest number of a process
    for name in (f".out.{process}.old", f".out.{process}.part", f".out.{os.getppid()}.part", f".other.{process}.part"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").touch()
    if there:
        (tmp_path / "out").mkdir()
    with pytest.raises(RuntimeError), atomic_folder(tmp_path / "out", replaces=(".txt",)):
        raise RuntimeError
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"out", f".out.{os.getppid()}.part", f".other.{process}.part"}
    assert [path.name for path in (tmp_path / "out").iterdir()] == ([] if there else ["a.txt"])
