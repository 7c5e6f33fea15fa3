"""The first look: what it is, what is seen of it, and that nothing is refused before the formats were asked."""

import json

import pytest

from bert4ner.data.peek import LINES, peek, share
from bert4ner.errors import DataError


def look(tmp_path, content, name="set"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return peek(path)


@pytest.mark.parametrize(
    ("content", "kind", "records"),
    [
        ("气血\n\n[1] 亏\n", "lines", 0),
        ('{"text": "气"}\n{"text": "血"}\nbroken\n{"text": "亏"}\n', "records", 2),
        ('[\n{"text": "气"},\n3,\n{"text": "血"}]', "list", 2),
        ('{\n"documents": [{"text": "气"}]\n}', "list", 1),
        ('{"documents": [{"text": "气"}, {"text": "血"}]}', "list", 2),
        ('[["气", {"entities": [[0, 1, "A"]]}]]', "list", 1),
        ('{\n"settings": 1\n}', "object", 0),
        ("[1] 参考文献\n", "lines", 0),
        ("", "none", 0),
    ],
)
def test_the_kind_is_found_by_content(tmp_path, content, kind, records):
    seen = look(tmp_path, content)
    assert (seen.kind, len(seen.records)) == (kind, records)
    assert (seen.whole is not None) == (kind == "object")


def test_a_folder_lists_its_files(tmp_path):
    for name in ("b.json", "a.txt"):
        (tmp_path / name).touch()
    seen = peek(tmp_path)
    assert (seen.kind, seen.files) == ("folder", ("a.txt", "b.json"))


def test_a_binary_file_shows_its_first_bytes(tmp_path):
    seen = look(tmp_path, b"PK\x03\x04\xff\x00" + bytes(10_000), "table.xlsx")
    assert seen.start.startswith(b"PK\x03\x04")
    assert len(seen.start) == 4096


def test_no_more_is_kept_than_the_first_records(tmp_path):
    lines = "\n".join(json.dumps({"text": str(number)}) for number in range(LINES + 5))
    for content in (lines, "[" + lines.replace("\n", ",") + "]"):
        assert len(look(tmp_path, content).records) == LINES
    assert len(look(tmp_path, "气\n" * (LINES + 5)).lines) == LINES


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe" + "气".encode("utf-16-le"), "iconv -f UTF-16"),
        ('[{"text": "气"}', ":1: expected valid JSON"),
        ('{"text": ' + "[" * 100_000, ":1: expected"),
        ('{"text"\n', ":1: expected valid JSON"),
    ],
)
def test_what_cannot_be_read_is_reported_only_if_no_format_knows_it(tmp_path, content, message):
    seen = look(tmp_path, content)
    assert seen.kind == "none"
    assert message in seen.problem


def test_nothing_there_is_refused_at_once(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        peek(tmp_path / "missing")


def test_items_are_the_first_entities_of_annotated_records(tmp_path):
    records = [
        {"text": "气"},
        {"text": "气", "labels": [], "entities": [{"start": 0}, 2]},
        {"text": "气", "label": {"A": []}},
        {"text": "气", "label": [[0, 1, "A"]]},
    ]
    seen = look(tmp_path, "\n".join(map(json.dumps, records)))
    assert seen.items == ({"start": 0}, [0, 1, "A"])
    assert seen.items_with("start") == 0.5
    assert seen.has_text


def test_a_share_of_nothing_is_nothing():
    assert share([], bool) == 0.0
