"""A small slice of `make fuzz FUZZ=--runs`: damaged runs are read, with legal values, or refused."""

import random
from pathlib import Path

import pytest

from bert4ner.errors import RunError
from tests.fuzz_folders import Kind, kinds
from tests.fuzz_runs import WATCH, FolderFuzz, damaged, fuzz_folders

INPUTS = 900


def test_damaged_files_of_runs_are_read_or_refused():
    for found in fuzz_folders(INPUTS, 3, keras=False):
        assert found.problems == []
        assert min(found.outcomes["read"], found.outcomes["refused"]) > INPUTS // 20


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.toml", "a.txt"])
def test_each_kind_of_damage_changes_something_and_follows_from_the_seed(name):
    content = {".toml": b"a = 1\n[b]\nc = 'd'\n", ".txt": b"DRUG\nSYMPTOM\n"}.get(
        Path(name).suffix, b'{"a": [1, 0.5, {"b": "c"}]}'
    )
    made = [damaged(name, content, random.Random(seed)) for seed in range(200)]
    assert made == [damaged(name, content, random.Random(seed)) for seed in range(200)]
    assert sum(found != content for found, _ in made) > 150
    assert {"truncated", "bytes changed", "lines changed", "replaced"} <= {how for _, how in made}
    assert name == "a.txt" or "values changed" in {how for _, how in made}


@pytest.mark.parametrize(
    ("read", "message"),
    [
        (lambda folder: {}["x"], "KeyError: 'x'"),
        (lambda folder: exec("raise AssertionError('a share of 2')"), "AssertionError: a share of 2"),
        (lambda folder: refuse("damaged"), "an error that names no file: damaged"),
        (lambda folder: refuse(f"{folder}\n"), "an error of 7 characters"),
        (lambda folder: refuse(f"{folder} {'x' * 5000}"), "an error of 5007 characters"),
        (lambda folder: __import__("os").system("true"), "while it was read: os.system"),
        (lambda folder: refuse(f"{folder}/a.json: damaged"), None),
    ],
)
def test_what_goes_wrong_is_found(tmp_path, read, message):
    whole = []

    def unless_whole(folder):
        if whole:
            read(folder)
        whole.append(folder)

    def make(folder):
        folder.mkdir()
        (folder / "report.json").write_text('{"a": 1}', encoding="utf-8")

    found = FolderFuzz("made", Kind(make, unless_whole), tmp_path, 0)
    found.try_one()
    assert [message in problem for problem in found.problems] == ([] if message is None else [True])
    assert (tmp_path / "made" / "folder" / "report.json").read_text(encoding="utf-8") == '{"a": 1}'
    assert not WATCH.on


def refuse(what):
    raise RunError(what)


def test_there_are_folders_of_every_kind():
    assert set(kinds(keras=False)) < set(kinds(keras=True)) and len(kinds(keras=True)) >= 12
