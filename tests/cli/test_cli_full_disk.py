"""A disk that is full while commands run: one line names the file, and what was complete stays usable."""

import os
from pathlib import Path

import pytest

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document
from bert4ner.runs.record import open_trained
from tests.cli.processes import completed, refusal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.tensorflow,
    pytest.mark.skipif(os.name != "posix", reason="no limit of the size of files"),
]
FULL = "cannot be written (File too large); free some space or choose another place"
NO_MODEL, NO_STATE = 12, 24
"""KiB: the weights of the tiny network need 18, the state to resume from three times as much, all else less than 3."""


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder whose name is hard on patterns, shells and programs that count bytes."""
    return tmp_path_factory.mktemp("训练 [1] {a,b} 'c' " + "名" * 60)


@pytest.fixture(scope="module")
def options(place, data, tiny_bert) -> list[object]:
    return [data, "--output", place / "run", "--pretrained", tiny_bert, "--max-length", 16, "--overlap", 4]


def test_a_training_that_could_write_no_epoch_names_the_file_and_leaves_nothing(place, options):
    said = refusal("train", *options, "--epochs", 1, kib=NO_MODEL)
    assert said == f"fold-0: {place}/run/fold-0/model/weights.safetensors: {FULL}"
    assert os.listdir(place) == []


def test_what_was_complete_before_stays_usable_and_goes_on_when_there_is_room(bert4ner, place, options, data):
    assert bert4ner("train", *options, "--epochs", 1).code == 0
    said = refusal("train", *options, "--epochs", 2, kib=NO_STATE)
    assert said == f"fold-0: {place}/run/fold-0/state/training.safetensors: {FULL}"
    code, out, err = bert4ner("predict", place / "run" / "fold-0", data, "--output", "-")
    assert (code, out.count("\n")) == (0, len(read_documents(data))), err
    assert bert4ner("train", *options, "--epochs", 2).code == 0
    assert [len(history) for history in open_trained(place / "run").histories] == [2]
    assert [path for path in place.rglob(".*") if path.name.endswith(".part")] == []


@pytest.mark.parametrize("command", ["predict", "convert"])
def test_an_output_that_does_not_fit_is_named_and_the_old_one_stays(command, place, options, data, tmp_path):
    (place / "run").is_dir() or completed("train", *options, "--epochs", 1)
    many = [Document(f"new-{number}", "人参用于头痛。" * 9, ()) for number in range(400)]
    write_documents(many, tmp_path / "new.jsonl", "jsonl")
    output = tmp_path / "出 [x].jsonl"
    output.write_text("old", encoding="utf-8")
    arguments = [place / "run", tmp_path / "new.jsonl", "--output", output, "--overwrite"]
    if command == "convert":
        arguments = [tmp_path / "new.jsonl", output, "--overwrite"]
    assert refusal(command, *arguments, kib=NO_MODEL) == f"{output}: {FULL}"
    assert sorted(os.listdir(tmp_path)) == ["new.jsonl", "出 [x].jsonl"] and output.read_text(encoding="utf-8") == "old"
