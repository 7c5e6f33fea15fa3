"""A full disk, one that is read-only or gone, long names: one line names the file, and what was there stays whole."""

import contextlib
import errno
import importlib.util
import io
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bert4ner.data import streams
from bert4ner.data.documents import iterate_documents, read_documents, write_documents
from bert4ner.data.failures import in_words, named, reading, temporary_named
from bert4ner.data.writing import atomic_folder, atomic_write
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.registry import FORMATS

FEW, MANY = (
    [Document(f"{number}", "人参用于头痛。" * 9, (Entity(0, 2, "DRUG"),)) for number in range(count)]
    for count in (2, 400)
)
LACKING = {} if importlib.util.find_spec("openpyxl") else {"xlsx"}
WRITABLE = [name for name, format in FORMATS.items() if format.write is not None and name not in LACKING]
STRANGE = "药品 [1] 😀 {a}*?'\" "
LONGEST = STRANGE + "长" * ((250 - len(STRANGE.encode())) // 3)


@pytest.fixture
def limited() -> Iterator[None]:
    """No file may become larger than 4 KiB: what a full disk does, from within one process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("binary", [False, True])
def test_a_file_that_does_not_fit_is_named_and_the_old_one_stays(limited, tmp_path, binary):
    path = tmp_path / "found.jsonl"
    path.write_text("old", encoding="utf-8")
    told = rf"^{path}: cannot be written \(File too large\); free some space or choose another place$"
    with pytest.raises(DataError, match=told), atomic_write(path, binary=binary) as handle:
        handle.write(bytes(10_000) if binary else "x" * 10_000)
    assert path.read_text(encoding="utf-8") == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("format", WRITABLE)
def test_every_format_names_it(limited, tmp_path, format):
    many = [Document("a", "人参" * 10_000, FEW[0].entities)] if format == "brat" else MANY
    place = "for temporary files" if format == "xlsx" else str(tmp_path / "many")  # a workbook is packed there
    with pytest.raises(DataError, match="cannot be written") as caught:
        write_documents(many, tmp_path / "many", format)
    assert place in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_device_is_named():
    with pytest.raises(DataError, match=r"^/dev/full: cannot be written \(No space left on device\)"):
        write_documents(MANY, "/dev/full", "jsonl")


def test_where_nothing_can_be_made_the_file_is_named(tmp_path, monkeypatch):
    def read_only(path, *_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    (tmp_path / "there").touch()
    monkeypatch.setattr(Path, "open", read_only)
    monkeypatch.setattr(Path, "mkdir", read_only)
    told = rf"^{tmp_path}/out: cannot be written \(Read-only file system\); choose another place$"
    for write in (atomic_write, atomic_folder):
        with pytest.raises(DataError, match=told), write(tmp_path / "out"):
            pass
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_other_failures_stay_what_they_are(tmp_path):
    elsewhere = OSError(errno.ENOSPC, "full", str(tmp_path / "elsewhere"))
    for failure in (OSError(errno.EAGAIN, "later"), elsewhere, BrokenPipeError(), OSError("of a library")):
        for context in (named(tmp_path / "here", tmp_path / "aside"), reading("here"), temporary_named()):
            with pytest.raises(type(failure), check=lambda error: error is failure), context:  # noqa: B023
                raise failure


class Failing:
    """Stands in for a function of `os`, and fails at its n-th call, as a disk or a share on the network does."""

    def __init__(self, function, number, code):
        self.function, self.left, self.code = function, number, code

    def __call__(self, *arguments, **options):
        self.left -= 1
        if self.left == 0:
            raise OSError(self.code, os.strerror(self.code))
        return self.function(*arguments, **options)


@pytest.mark.parametrize("code", [errno.EIO, errno.ESTALE, errno.ENOSPC, errno.EDQUOT], ids=errno.errorcode.get)
@pytest.mark.parametrize(
    ("format", "number"), [("jsonl", 1), ("jsonl", 2), ("xlsx", 1), ("brat", 1), ("brat", 4), ("brat", 6)]
)
def test_what_cannot_be_synced_is_named_and_not_there(tmp_path, monkeypatch, format, number, code):
    if format in LACKING:
        pytest.skip("openpyxl is missing")
    monkeypatch.setattr(os, "fsync", Failing(os.fsync, number, code))
    place = tmp_path / "many"
    with pytest.raises(DataError) as caught:
        write_documents(FEW, place, format)
    free = code in (errno.ENOSPC, errno.EDQUOT)
    cure = "free some space or choose another place" if free else "check the disk or the share on the network"
    assert str(caught.value).startswith(f"{place}: cannot be written ({os.strerror(code)}); {cure}")
    last = number == {"brat": 6}.get(format, 2)  # of the folder that holds it: it is there, but a power cut may take it
    assert [each.name for each in tmp_path.iterdir()] == (["many"] if last else [])


@pytest.mark.parametrize("format", ["jsonl", "brat"])
def test_what_cannot_be_renamed_is_named_without_its_place_aside(tmp_path, monkeypatch, format):
    def replaced(path, target):
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), str(path), None, str(target))

    monkeypatch.setattr(Path, "replace", replaced)
    with pytest.raises(DataError, match=rf"^{tmp_path}/many: cannot be written \(Disk quota exceeded\); free some"):
        write_documents(FEW, tmp_path / "many", format)
    assert not list(tmp_path.iterdir())


def test_what_is_written_within_a_folder_is_called_by_its_final_name(tmp_path):
    with (
        pytest.raises(DataError, match=rf"^{tmp_path}/out/a: expected a file to write, found a folder"),
        atomic_folder(tmp_path / "out") as folder,
    ):
        (folder / "a").mkdir()
        write_documents(FEW, folder / "a", "jsonl")


def test_a_folder_that_vanishes_is_said(tmp_path):
    def documents() -> Iterator[Document]:
        yield FEW[0]
        shutil.rmtree(tmp_path / "out")

    with pytest.raises(DataError, match=r"out/found.jsonl: cannot be written \(No such file.*its folder is missing"):
        write_documents(documents(), tmp_path / "out/found.jsonl", "jsonl")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_removed_hides_no_other_error(tmp_path, monkeypatch):
    def unlink(path, **_):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(KeyError, match="mine"), atomic_write(tmp_path / "out"):
        raise KeyError("mine")
    with atomic_write(tmp_path / "out") as handle:
        handle.write("x")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "x"


def test_a_file_whose_disk_fails_is_named(tmp_path, monkeypatch):
    class Gone(io.BytesIO):
        def readline(self, *_):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        __next__ = read = readline

    (tmp_path / "data.jsonl").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(Path, "open", lambda *_, **__: Gone())
    for read in (read_documents, lambda path: next(iterate_documents(path, "jsonl"))):
        with pytest.raises(DataError, match=rf"^{tmp_path}/data.jsonl: cannot be read \(Input.*; check the disk"):
            read(tmp_path / "data.jsonl")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (OSError(errno.EIO, "damaged", "/a"), "/a: damaged; check the disk or the share on the network, then"),
        (PermissionError(errno.EACCES, "no", b"/a"), "/a: no; choose another place or change its permissions"),
        (FileNotFoundError(errno.ENOENT, "none", Path("/a")), "/a: none; was it removed or renamed meanwhile?"),
        (OSError(errno.ENAMETOOLONG, "long", "/a"), "/a: long; choose a shorter name"),
        (OSError(errno.ENOSPC, "full"), "[Errno 28] full"),
        (
            FileNotFoundError(errno.ENOENT, "No usable"),
            f"{tempfile.tempdir or 'temporary files'}: cannot be written (No",
        ),
        (DataError("/a: odd"), "/a: odd"),
    ],
)
def test_an_error_of_the_system_says_its_file_and_the_cure(error, line):
    assert in_words(error).startswith(line)


@pytest.mark.parametrize("name", [LONGEST + "x" * (size - len(LONGEST.encode())) for size in (250, 255)])
@pytest.mark.parametrize("format", ["jsonl", "brat"])
def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path, name, format):
    write_documents(FEW, tmp_path / name, format)
    write_documents(FEW[:1], tmp_path / name, format, **({"overwrite": True} if format == "brat" else {}))
    assert [each.name for each in tmp_path.iterdir()] == [name]
    assert read_documents(tmp_path / name, format) == FEW[:1]


@pytest.mark.skipif("xlsx" in LACKING, reason="openpyxl is missing")
def test_a_clock_before_1980_is_no_hindrance(tmp_path, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 0.0)
    write_documents(FEW, tmp_path / "a.xlsx", "xlsx")
    assert [each.text for each in read_documents(tmp_path / "a.xlsx")] == [each.text for each in FEW]


def test_a_copy_of_a_stream_that_does_not_fit_names_the_folder_for_temporary_files(limited, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    monkeypatch.setattr(streams, "_opened", lambda _: contextlib.nullcontext(io.BytesIO(bytes(10_000))))
    with pytest.raises(
        DataError, match=rf"^{tmp_path}: cannot be written \(File too large\); free some space for temp"
    ):
        streams.copy_stream(pipe)


def test_messages_need_no_folder_for_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "none")])
    assert streams.without_copies("/data/a.jsonl:3: expected a tag") == "/data/a.jsonl:3: expected a tag"


def test_no_folder_for_temporary_files_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "none")])
    with pytest.raises(DataError, match=r"No usable temporary directory found in \['.*none'\].*set TMPDIR"):
        streams.copy_stream(Path("-"))
