"""The doors: what is said, what is refused, and that nothing is kept in memory."""

import dataclasses
import itertools
import json
import logging
import tracemalloc
from pathlib import Path

import pytest

from bert4ner.data.documents import (
    iterate_documents,
    read_documents,
    read_with_report,
    write_documents,
    write_with_report,
)
from bert4ner.data.format import Format
from bert4ner.data.left_out import LeftOut, left_out_of
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.phrases import phrase
from bert4ner.registry import FORMATS

DOCUMENT = Document("a", "气血两亏", (Entity(0, 4, "A"),))


def test_what_was_decided_is_said(tmp_path, caplog):
    path = tmp_path / "set"
    write_documents([DOCUMENT], path, "cluener")
    with caplog.at_level(logging.INFO, logger="bert4ner"):
        assert read_documents(path)[0].entities == DOCUMENT.entities
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: read as cluener: 1 document, 1 entity, 1 label"
    ]


def test_each_kind_of_repair_is_warned_of_once_with_its_count(tmp_path, caplog):
    path = tmp_path / "set"
    path.write_bytes("气\tI-A\r\n血\tO\r\n\r\n亏\tI-A\r\n".encode())
    list(iterate_documents(path))
    read_documents(path)
    expected = [
        f"{path}: 4 Windows line ends (CRLF) removed (first: {path}:1)",
        f"{path}: 2 I-, M- or E- tags without a beginning opened an entity (first: {path}:1)",
    ]
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == expected * 2


@pytest.mark.parametrize(
    "change", [Path.unlink, lambda path: path.write_text("", encoding="utf-8"), lambda path: path.rename(f"{path}.old")]
)
def test_a_file_that_changes_while_it_is_read_is_warned_of(tmp_path, caplog, change):
    path = tmp_path / "set"
    path.write_text("气血两亏\n" * 9, encoding="utf-8")
    assert len(list(iterate_documents(path, "text"))) == 9 and not caplog.records
    documents = iterate_documents(path, "text")
    next(documents)
    change(path)
    list(documents)
    (warning,) = caplog.records
    assert warning.getMessage().startswith(f"{path}: was changed or removed while it was read")


def test_a_folder_may_get_new_files_while_it_is_read(tmp_path, caplog):
    write_documents([DOCUMENT], tmp_path / "set", "brat")
    documents = iterate_documents(tmp_path / "set", "brat")
    next(documents)
    (tmp_path / "set/found.jsonl").touch()
    assert not list(documents) and not caplog.records


def test_a_report_carries_the_repairs_and_logs_nothing(tmp_path, caplog):
    path = tmp_path / "set"
    path.write_text('{"id": 1, "text": "气"}\n{"id": 1, "text": "血"}\n', encoding="utf-8")
    result = read_with_report(path)
    assert result.repairs == {"repeated document ids made unique": 1}
    assert [document.id for document in result.documents] == ["1", "1#2"]
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize("read", [read_documents, lambda *given: list(iterate_documents(*given))])
def test_nothing_there_and_nothing_in_it_are_refused(tmp_path, read):
    with pytest.raises(DataError, match="no such file"):
        read(tmp_path / "missing")
    path = tmp_path / "empty"
    path.touch()
    for format in ("auto", *FORMATS):
        if format != "brat":
            with pytest.raises(DataError, match="empty data set"):
                read(path, format)
    (tmp_path / "folder").mkdir()
    with pytest.raises(DataError, match="empty data set"):
        read(tmp_path / "folder", "brat")
    with pytest.raises(DataError, match="cannot be read"):
        read(tmp_path / "folder", "jsonl")
    with pytest.raises(DataError, match="expected one of the formats jsonl, bio"):
        read(path, "conll")


def test_an_unknown_format_to_write_is_refused(tmp_path):
    with pytest.raises(DataError, match="found 'auto'"):
        write_documents([DOCUMENT], tmp_path / "a", "auto")


@pytest.fixture
def added(monkeypatch):
    """Registers formats for one test."""
    monkeypatch.setattr(FORMATS, "_loaded", dict(FORMATS._loaded))
    return lambda format: FORMATS.register(format.name, format)


def test_a_format_that_can_only_be_read_or_written_says_so(tmp_path, added):
    added(Format("submission", write=FORMATS.get("jsonl").write))
    added(Format("archive", read=FORMATS.get("jsonl").read))
    write_documents([DOCUMENT], tmp_path / "a", "submission")
    assert read_documents(tmp_path / "a", "archive")[0].text == DOCUMENT.text
    with pytest.raises(DataError, match=r"^the format submission cannot be read, only written; .*: jsonl, .*archive$"):
        read_documents(tmp_path / "a", "submission")
    with pytest.raises(DataError, match=r"^the format archive cannot be written, only read; .*: jsonl, .*submission$"):
        write_documents([DOCUMENT], tmp_path / "b", "archive")


def test_the_surest_format_gets_the_file_and_one_that_fails_at_it_is_reported(tmp_path, added, caplog):
    path = tmp_path / "a"
    write_documents([DOCUMENT], path, "jsonl")

    def fails(seen):
        raise KeyError("spans")

    added(Format("careless", FORMATS.get("jsonl").read, sniff=fails))
    added(Format("modest", FORMATS.get("jsonl").read, sniff=lambda seen: 0.2))
    assert read_with_report(path).format == "jsonl"
    assert f"{path}: the format careless failed to check whether this is its own (KeyError: 'spans')" in caplog.text
    added(Format("own", FORMATS.get("jsonl").read, sniff=lambda seen: 1.0))
    assert read_with_report(path).format == "own"


def test_a_missing_file_is_refused_before_iteration(tmp_path):
    with pytest.raises(DataError):
        iterate_documents(tmp_path / "missing")


@pytest.mark.parametrize("format", [name for name in FORMATS if FORMATS.get(name).write])
def test_a_failing_generator_leaves_the_old_file(tmp_path, format):
    path = tmp_path / "out"
    if format != "brat":
        write_documents([DOCUMENT], path, format)

    def failing():
        yield DOCUMENT
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_documents(failing(), path, format)
    assert [each.name for each in tmp_path.iterdir()] == ([] if format == "brat" else ["out"])
    if format != "brat":
        assert len(read_documents(path, format)) == 1


@pytest.mark.parametrize("format", ["jsonl", "bio", "cluener", "doccano", "text"])
def test_any_number_of_documents_passes_in_constant_memory(tmp_path, format):
    source, target = tmp_path / "in", tmp_path / "out"
    text = "气血两亏" * 50
    write_documents((Document(str(n), text) for n in range(400)), source, format)
    tracemalloc.start()
    try:
        write_documents(itertools.islice(iterate_documents(source, format), 300), target, format)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 300_000  # bytes; one file of 300 such texts holds 180,000 bytes in UTF-8 at least
    assert sum(1 for _ in iterate_documents(target, format)) == 300


def test_weights_that_a_format_cannot_hold_are_counted(tmp_path, caplog):
    documents = [dataclasses.replace(DOCUMENT, weight=0.5), Document("b", "气")]
    losses = write_documents(documents, tmp_path / "set", "cluener")
    assert losses == {"weights": 1}
    assert "the format cluener cannot hold 1 weights (first: document a)" in caplog.text


def test_ids_made_unique_and_pieces_left_out_leave_the_weight(tmp_path):
    pieces = Document("a", "左右肾", (Entity(0, 3, "A", fragments=((0, 1), (2, 3))),), weight=2.0)
    write_documents([pieces, pieces], tmp_path / "set.jsonl", "jsonl")
    twice = read_documents(tmp_path / "set.jsonl")
    assert [(each.id, each.weight) for each in twice] == [("a", 2.0), ("a#2", 2.0)]
    assert write_documents(twice, tmp_path / "flat", "bio")["weights"] == 2


def test_a_result_can_be_written_over_its_source(tmp_path):
    path = tmp_path / "set.jsonl"
    write_documents([DOCUMENT, Document("b", "气")], path, "jsonl")
    write_documents(iterate_documents(path), path, "jsonl")
    assert [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()] == ["a", "b"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a.json", "expected documents to write, in a list or from a generator, got 'a.json' (str)"),
        (None, "expected documents to write, in a list or from a generator, got None (NoneType)"),
        (Document("a", "气"), "expected documents to write"),
        ([Document("a", "气"), {"text": "血"}], "documents[1]: expected a Document, got {'text': '血'} (dict)"),
        ([Entity(0, 1, "A")], "documents[0]: expected a Document, got Entity("),
        (iter([None]), "documents[0]: expected a Document, got None (NoneType)"),
    ],
)
def test_what_is_no_document_is_named_before_anything_is_written(given, expected, tmp_path):
    with pytest.raises(DataError) as caught:
        write_documents(given, tmp_path / "out", "jsonl")
    assert expected in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_is_counted_while_it_is_written(tmp_path):
    documents = (Document(str(n), text, (Entity(0, 1, "A"),) * bool(text)) for n, text in enumerate(["气血", "", "两"]))
    result = write_with_report(documents, tmp_path / "out", "bio")
    assert str(result.written) == "2 documents, 2 entities, 1 label"
    assert result.losses["empty documents"] == 1


GOOD = "人参补气,人参,X\n当归补血,当归,X\n甘草和中,甘草,X\n"


def test_documents_know_what_annotation_was_left_out_of_them(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(f"text,mention,label\n{GOOD}人参补气,川芎,X\n甘草和中,黄芪,Y\n", encoding="utf-8")
    documents = read_documents(path)
    assert [len(each.entities) for each in documents] == [1, 1, 1]
    missing = (f"{path}:5: '川芎' as 'X'", f"{path}:6: '黄芪' as 'Y'")
    assert left_out_of(documents) == (LeftOut(phrase("left.out.missing"), 2, missing),)
    assert left_out_of(documents[:1]) == left_out_of(list(documents)) == ()  # of other lists it is not known


def test_only_the_first_places_of_many_are_kept_and_what_is_invisible_is_spelled(tmp_path):
    path = tmp_path / "mine\u202e.csv"
    rows = "".join(f"{GOOD}第{number}句,无,X\n" for number in range(100))
    path.write_text(f"text,mention,label\n{rows}", encoding="utf-8")
    (kind,) = left_out_of(read_documents(path))
    assert (kind.count, len(kind.places)) == (100, 20) and "mine\\u202e.csv:5: '无'" in kind.places[0]
