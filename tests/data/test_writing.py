"""Files and folders appear whole or not at all."""

import pytest

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
