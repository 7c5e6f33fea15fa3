"""Bytes to text and back: what is mended, what is refused, and files that appear whole or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.data.files import (
    BOM_REMOVED,
    Repairs,
    atomic_folder,
    atomic_write,
    decode,
    existing,
    json_records,
    read_lines,
    read_text,
)
from bert4ner.errors import DataError

CESU = "\ud83d\ude00".encode("utf-8", "surrogatepass")  # 😀 as two surrogates of three bytes each


def lines_of(path):
    repairs = Repairs()
    return list(read_lines(path, repairs)), repairs


def test_lines_lose_mark_and_windows_ends_and_both_are_counted(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "一\r\n二\n三".encode())
    lines, repairs = lines_of(path)
    assert lines == [(1, "一"), (2, "二"), (3, "三")]
    assert repairs == {BOM_REMOVED: 1, "Windows line ends (CRLF) removed": 1}
    assert repairs.examples[BOM_REMOVED] == f"{path}:1"


def test_only_line_feeds_end_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("一\u2028二\u0085三\x0b四\n".encode())
    assert lines_of(path)[0] == [(1, "一\u2028二\u0085三\x0b四")]


def test_surrogates_encoded_one_by_one_become_the_character(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n" + CESU + b"b" + CESU)
    lines, repairs = lines_of(path)
    assert lines == [(1, "a"), (2, "😀b😀")]
    assert repairs == {"emoji encoded as two surrogates (CESU-8) read as one character": 2}


@pytest.mark.parametrize(
    ("data", "cure"),
    [
        ("标签".encode("gb18030"), "GB18030"),
        (b"\xff\xfe" + "标".encode("utf-16-le"), "UTF-16"),
        (b"abc\xff", "UTF-8"),
    ],
)
def test_other_encodings_are_refused_with_their_line_and_the_cure(tmp_path, data, cure):
    path = tmp_path / "a.txt"
    path.write_bytes(data if data[:1] == b"\xff" else b"ok\n" + data)
    line = 1 if data[:1] == b"\xff" else 2
    for read in (lines_of, lambda path: read_text(path, Repairs())):
        with pytest.raises(DataError, match=cure) as caught:
            read(path)
        assert f"{path}:{line}: expected UTF-8" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        existing(tmp_path / "nothing")


def test_broken_json_is_refused_with_its_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n\n{"a": }\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.jsonl:3: expected valid JSON, found '}' at column 7"):
        list(json_records(path, Repairs()))
    path.write_text('[{"a": 1},\n{"a": 1}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.jsonl:3: expected valid JSON, found the end"):
        list(json_records(path, Repairs()))
    path.write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match="record 1: expected a JSON object"):
        list(json_records(path, Repairs()))
    path.write_text("[" * 100_000, encoding="utf-8")
    with pytest.raises(DataError, match=r"nested too deeply|valid JSON"):
        list(json_records(path, Repairs()))


def test_json_comes_as_lines_or_as_a_list(tmp_path):
    lines, whole = tmp_path / "a.jsonl", tmp_path / "a.json"
    lines.write_text('{"a": 1}\n\n{"a": 2}\n', encoding="utf-8")
    whole.write_text('[{"a": 1},\n {"a": 2}]', encoding="utf-8")
    assert list(json_records(lines, Repairs())) == [(f"{lines}:1", {"a": 1}), (f"{lines}:3", {"a": 2})]
    assert list(json_records(whole, Repairs())) == [
        (f"{whole}: record 1", {"a": 1}),
        (f"{whole}: record 2", {"a": 2}),
    ]


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
    with pytest.raises(DataError, match="found a folder"), atomic_write(path):
        pass
    with pytest.raises(DataError, match="found a file"), atomic_folder(path / "a"):
        pass


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_decoding_utf8_changes_nothing(text):
    repairs = Repairs()
    assert decode(text.encode(), where="here", repairs=repairs) == text
    assert not repairs


def test_repairs_say_how_often_and_where_first():
    repairs = Repairs()
    repairs.note("dots", "a:1")
    repairs.note("dots", "a:2", count=2)
    repairs.note("dashes", "a:3", count=0)
    assert repairs.describe() == ["3 dots (first: a:1)"]
