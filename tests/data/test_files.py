"""Files read as lines and texts: what is mended, and what is refused."""

import pytest

from bert4ner.data.files import BOM_REMOVED, existing, read_lines, read_text
from bert4ner.data.repairs import Repairs
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
