"""What is there already is replaced only if that is said; control characters never reach the terminal."""

from pathlib import Path

import pytest

from bert4ner.cli.outputs import written_format
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.data.visible import visible
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "given", "format", "said"),
    [
        ("found.csv", (), "csv", "csv, by its name: 8"),
        ("found.CONLL", (), "bio", "bio, by its name: 8"),
        ("found.csv", ("--format", "jsonl"), "jsonl", "jsonl, although its name ends in .csv: 8"),
        ("found.csv", ("--format", "csv"), "csv", "csv: 8"),
        ("found.jsonl", ("--format", "doccano"), "doccano", "doccano: 8"),
    ],
)
def test_the_ending_of_a_name_says_the_format(name, given, format, said, bert4ner, data, documents, tmp_path):
    code, out, _ = bert4ner("convert", data, tmp_path / name, *given)
    assert code == 0 and f"{tmp_path / name}: written as {said}" in out
    assert [each.text for each in read_documents(tmp_path / name, format)] == [each.text for each in documents]


def test_predict_writes_jsonl_where_a_name_says_nothing():
    assert written_format(Path("found.json"), None, otherwise="jsonl") == ("jsonl", "")
    assert written_format(Path("found.jsonl"), None, otherwise="jsonl") == ("jsonl", "")
    assert written_format(Path("found.csv"), None, otherwise="jsonl") == ("csv", ", by its name")


def test_convert_needs_a_format_where_a_name_says_none(refused, data, tmp_path):
    assert refused("convert", data, tmp_path / "out.json").endswith("which format to write; name one with --format")
    assert refused("convert", data, "-").endswith("which format to write; name one with --format")


@pytest.mark.parametrize("format", ["jsonl", "bio", "brat"])
def test_nothing_is_overwritten_unless_that_is_said(format, bert4ner, refused, data, documents, tmp_path):
    place = tmp_path / "there"
    write_documents([Document("old", "旧")], place, format)
    command = ("convert", data, place, "--format", format)
    assert ("--overwrite" if format != "brat" else "not empty") in refused(*command)
    assert [each.text for each in read_documents(place, format)] == ["旧"]
    assert bert4ner(*command, "--overwrite", "--quiet") == (0, "", "")
    assert {each.text for each in read_documents(place, format)} == {each.text for each in documents}
    assert [each.name for each in tmp_path.iterdir()] == ["there"]


def test_a_folder_with_other_files_is_never_replaced(refused, data, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "there/thesis.docx").write_text("x", encoding="utf-8")
    message = refused("convert", data, tmp_path / "there", "--format", "brat", "--overwrite")
    assert "holds thesis.docx; --overwrite replaces folders of .txt and .ann files only" in message
    assert (tmp_path / "there/thesis.docx").exists()


@pytest.mark.parametrize(
    "command",
    [("correct", "{data}", "--reviewed", "{data}", "--output"), ("audit", "{data}", "--run", "{run}", "--review")],
)
def test_files_of_other_commands_are_kept_too(command, refused, data, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/folds.json").write_text("{}", encoding="utf-8")
    (tmp_path / "there").write_text("mine", encoding="utf-8")
    words = [word.format(data=data, run=tmp_path / "run") for word in command]
    assert refused(*words, tmp_path / "there").endswith("add --overwrite to replace it")
    assert (tmp_path / "there").read_text(encoding="utf-8") == "mine"


def test_control_characters_are_spelled_out(bert4ner, refused, tmp_path):
    path = tmp_path / "data.jsonl"
    write_documents([Document("1", "\x1b[31m气\u202e血", (Entity(0, 8, "A\x07"),))], path, "jsonl")
    outcome = bert4ner("audit", path)
    assert outcome.out.replace("\n", "").isprintable() and "A\\x07" in outcome.out
    assert "\\x1b[31m" in refused("audit", tmp_path / "\x1b[31m")
    assert visible("气\t血\n") == "气\t血\n" and visible("\ud800\x9b") == "\\ud800\\x9b"


def test_an_old_workbook_is_not_written_under_that_name():
    for name in ("found.xls", "found.XLSM"):
        with pytest.raises(ConfigError, match=r"is not written; name the file \.xlsx or \.csv, or its format with"):
            written_format(Path(name), None, otherwise="jsonl")
    assert written_format(Path("found.xls"), "csv") == ("csv", "")
