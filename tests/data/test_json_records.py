"""JSON records come with their place, and what is broken is refused with its line."""

import pytest

from bert4ner.data.json_records import json_records
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError


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
