"""Readers of files: bounds, and refusals in one line with file and place; what is no file is not waited for."""

import os
import time
from dataclasses import dataclass

import pytest

from bert4ner.errors import CheckpointError, RunError
from bert4ner.schema import Count, Formats, Reader

READER = Reader(RunError, "{folder} lacks {name}", cure="make it again", largest=2000, most_parts=20)


@dataclass(frozen=True)
class Line:
    epoch: Count


def refusal(read):
    with pytest.raises(RunError) as error:
        read()
    assert "\n" not in str(error.value) and len(str(error.value)) < 600
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged, Expecting value: line 1 column 1 (char 0); make it again"),
        (b'{"epoch": 1,}', "damaged, "),
        (b'{"epoch": "\xff"}', "damaged, not UTF-8 in byte 11; make it again"),
        (b"[" * 15 + b"]" * 15, "damaged, expected names with values, found list; make it again"),
        (b"[" * 30, "damaged, more than 20 lists and objects"),
        (b"[" + b"1," * 400, "damaged, more than 20 lists and objects, or 16 times as many values"),
        (b'{"epoch": 1, "epoch": 2}', "damaged, the key 'epoch' stands there twice"),
        (b'{"epoch": NaN}', "damaged, NaN is no number in JSON"),
        (b'{"epoch": -Infinity}', "damaged, -Infinity is no number in JSON"),
        (b'{"epoch": 1e999}', "damaged, expected epoch to be a whole number, found inf"),
        (b"{}", "damaged, 'epoch' is missing; make it again"),
        (b" " * 2001, "2001 bytes, expected at most 2000 of such a file; make it again"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (
            b'{"format": 3, "epoch": 1}',
            "has format 3, this version of bert4ner reads formats up to 2; install a newer one",
        ),
        (b'{"epoch": 1}', None),
        (b'{"format": 2, "epoch": 1}', None),
        (b'{"format": true, "epoch": 1}', "damaged, its format is True, which is not a number from 1 on"),
    ],
)
def test_a_file_that_is_none_of_its_kind(tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_bytes(content)
    if message is None:
        assert READER.read(path, Line, formats=Formats(2)) == Line(1)
        return
    assert refusal(lambda: READER.read(path, Line, formats=Formats(2))).startswith(f"{path}: {message}")


def test_a_long_number_and_deep_nesting(tmp_path):
    path, reader = tmp_path / "a.json", Reader(RunError, "missing")
    path.write_text('{"epoch": ' + "9" * 5000 + "}", encoding="utf-8")
    assert "a number of too many digits to read" in refusal(lambda: reader.read(path, Line))
    path.write_text("[" * 100_000, encoding="utf-8")
    assert "nested too deeply" in refusal(lambda: reader.read(path, Line))


def test_a_format_of_before_that_is_not_read_any_more(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"epoch": 1}', encoding="utf-8")
    message = refusal(lambda: READER.read(path, Line, formats=Formats(3, oldest=2, cure="combine again")))
    assert message == f"{path}: expected format 3, found 1; another version of bert4ner wrote it, combine again"


def test_lines_are_reported_by_number_and_an_empty_one_is_none(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"epoch": 1}\r\n{"epoch": 2}\n', encoding="utf-8")
    assert list(READER.read_lines(path, Line)) == [Line(1), Line(2)]
    path.write_text('{"epoch": 1}\n{"epoch": -2}\n', encoding="utf-8")
    assert "damaged, line 2: expected epoch to be" in refusal(lambda: list(READER.read_lines(path, Line)))
    path.write_text('{"epoch": 1}\n\n{"epoch": 2}\n', encoding="utf-8")
    assert "damaged, line 2: Expecting value" in refusal(lambda: list(READER.read_lines(path, Line)))
    path.write_bytes(b'{"epoch": 1}\n\xff\n')
    assert "damaged, line 2 is not UTF-8" in refusal(lambda: list(READER.read_lines(path, Line)))


def test_what_is_no_file_is_not_opened(tmp_path):
    path = tmp_path / "a.json"
    assert refusal(lambda: READER.json(path)) == f"{tmp_path} lacks a.json"
    path.symlink_to("a.json")
    assert "cannot be read (Too many levels of symbolic links)" in refusal(lambda: READER.json(path))
    path.unlink()
    path.mkdir()
    assert "cannot be read (Is a directory)" in refusal(lambda: READER.check_present(path))
    path.rmdir()
    os.mkfifo(path)
    assert "cannot be read (no file)" in refusal(lambda: READER.text(path))
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "cannot be read (no file)" in refusal(lambda: READER.content(path))


def test_toml_in_bounds_of_depth(tmp_path):
    path = tmp_path / "a.toml"
    for content, message in (
        ("a = ", "not valid TOML: "),
        ("a." * 30 + "a = 1", "nested too deeply"),
        ("[" + "'a'." * 30 + "a]", "nested too deeply"),
        (f"a = {'9' * 1900}{'9' * 90}", None),
    ):
        path.write_text(content, encoding="utf-8")
        if message is not None:
            assert message in refusal(lambda: READER.toml(path))
    assert READER.toml(path)["a"] == int("9" * 1990)


def test_a_long_word_in_toml_is_read_at_once(tmp_path):
    path, reader = tmp_path / "a.toml", Reader(RunError, "missing")
    path.write_text("a = '" + "x" * 500_000 + "'\nb = '" + '" x . ' * 50_000 + "'\n", encoding="utf-8")
    begun = time.process_time()
    assert len(reader.toml(path)["a"]) == 500_000
    assert time.process_time() - begun < 2


def test_the_error_is_that_of_the_owner(tmp_path):
    with pytest.raises(CheckpointError, match="missing"):
        Reader(CheckpointError, "{path}: missing").content(tmp_path / "a")
