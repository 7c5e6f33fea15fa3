"""A small slice of `make fuzz`: damaged files are read, or refused with an error of the library, in time."""

import random
import time

from bert4ner.data.documents import read_with_report
from tests.fuzz import Findings, Input, corpus, damaged_bytes, damaged_json, damaged_lines, fuzz, inputs


def test_damaged_files_are_read_or_refused():
    findings = fuzz(1500, seed=3)
    assert findings.problems == []
    assert findings.outcomes["read"] > 300 and findings.outcomes["refused"] > 300


def test_the_same_seed_gives_the_same_inputs_at_any_time(monkeypatch):
    first, other = list(inputs(50, 7)), list(inputs(50, 8))
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() + 100)  # a workbook says when it was written
    monkeypatch.setattr("time.localtime", lambda seconds=None, of=time.localtime: of((seconds or now()) + 100))
    assert first == list(inputs(50, 7)) != other


def test_each_kind_of_damage_changes_something():
    content = dict(corpus())["prodigy.out"]
    rng = random.Random(0)
    for damage in (damaged_bytes, damaged_lines):
        assert any(damage(content, rng) != content for _ in range(20))
    made = [damaged_json(content, rng) for _ in range(60)]
    assert {each.may_lose for each in made} == {True, False}


def test_what_goes_wrong_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "inputs"
    folder.mkdir()
    findings = Findings(folder, 0)
    original = dict(corpus())["jsonl.out"]

    def forgetful(path, format):
        if b"entities" in path.read_bytes():
            return read_with_report(path, format)
        path.write_bytes(b'{"text": "a"}\n')
        return read_with_report(path, "jsonl")

    monkeypatch.setattr("tests.fuzz.read_with_report", forgetful)
    findings.try_one(Input("a.jsonl", original.replace(b"entities", b"gone"), "renamed", may_lose=False), original)
    assert "0 of 2 entities" in findings.problems[0]

    def breaks(path, format):
        raise KeyError("x")

    monkeypatch.setattr("tests.fuzz.read_with_report", breaks)
    findings.try_one(Input("a.jsonl", original, "nothing"), original)
    assert "KeyError" in findings.problems[-1]
