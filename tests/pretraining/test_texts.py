"""Unlabelled texts: folders, every format, compression and encoding, read in a fixed order; damage is reported."""

import gzip
import lzma

import pytest

from bert4ner.data.documents import write_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.pretraining.texts import find_files, iterate_texts

LINES = "人参补气。\n\n当归补血。\n"
TEXTS = ["人参补气。", "当归补血。"]
DOCUMENTS = [Document("1", "头痛用川芎。", (Entity(0, 2, "SYMPTOM"),)), Document("2", "发热。")]


def read(*paths):
    return list(iterate_texts(find_files(paths)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_plain_text_in_any_encoding(encoding, tmp_path):
    (tmp_path / "a.txt").write_bytes(LINES.encode(encoding))
    assert read(tmp_path / "a.txt") == TEXTS


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize(("suffix", "compress"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_compressed_text(encoding, suffix, compress, tmp_path):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(compress(LINES.encode(encoding)))
    assert read(path) == TEXTS


def test_a_folder_of_several_formats_is_read_in_the_order_of_its_names(tmp_path):
    write_documents(DOCUMENTS, tmp_path / "b.jsonl", "jsonl")
    write_documents(DOCUMENTS[:1], tmp_path / "c" / "brat", "brat")
    (tmp_path / "a.txt.xz").write_bytes(lzma.compress(LINES.encode()))
    (tmp_path / ".hidden").write_text("no", encoding="utf-8")
    (tmp_path / "empty.txt").touch()
    assert read(tmp_path) == [*TEXTS, "头痛用川芎。", "发热。", "头痛用川芎。"]


def test_lines_that_look_annotated_as_no_format_has_it_are_texts(tmp_path):
    (tmp_path / "a.txt").write_text("1\t气血\n2\t两亏\n", encoding="utf-8")
    assert read(tmp_path) == ["1\t气血", "2\t两亏"]


def test_a_file_that_is_named_twice_is_read_once(tmp_path):
    (tmp_path / "a.txt").write_text(LINES, encoding="utf-8")
    assert read(tmp_path, tmp_path / "a.txt") == TEXTS


def test_a_long_file_whose_characters_lie_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("bert4ner.pretraining.texts._BLOCK", 7)
    (tmp_path / "a.txt").write_bytes(LINES.encode("gb18030"))
    (tmp_path / "b.txt").write_text(LINES, encoding="utf-8")
    assert read(tmp_path) == TEXTS * 2


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt.gz", gzip.compress(LINES.encode(), mtime=0)[:-9], "cannot be unpacked"),
        ("a.txt.gz", b"text", "cannot be unpacked"),
        ("a.txt.xz", lzma.compress(LINES.encode())[:-9], "cannot be unpacked"),
        ("a.txt", "人".encode("gb18030") * 9 + b"\xff\xff", "expected UTF-8"),
    ],
    ids=["cut gz", "no gz", "cut xz", "two encodings"],
)
def test_what_is_damaged_is_reported(name, content, message, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        read(tmp_path / name)


def test_text_that_leaves_its_encoding_further_down_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr("bert4ner.pretraining.texts._BLOCK", 16)
    (tmp_path / "a.txt").write_bytes("人参补气人参补气".encode("gb18030") + b"\n\xff\xff")
    with pytest.raises(DataError, match="begins as gb18030, but continues otherwise"):
        read(tmp_path / "a.txt")


def test_nothing_there_is_reported(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        find_files([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="found no file in the folder"):
        find_files([tmp_path])
