"""The example scripts run as they stand, from another folder, on a path with a space."""

import subprocess
import sys

import pytest

from bert4ner.data.documents import write_documents
from bert4ner.entities import Document, Entity
from tests.conftest import ROOT


@pytest.mark.slow
def test_the_crf_baseline_trains_scores_and_recognizes(tmp_path):
    folder = tmp_path / "a user's folder"
    folder.mkdir()
    command = [sys.executable, ROOT / "examples/crf_baseline.py", "--folds", "2", "--epochs", "1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out of fold: precision 0.")
    assert (folder / "runs/crf-baseline/scores.json").is_file()


@pytest.mark.slow
def test_the_nested_baseline_finds_entities_inside_others(tmp_path):
    text = "心房内折返性心动过速，伴头痛。"
    entities = (Entity(0, 10, "SYM"), Entity(0, 2, "BOD"), Entity(12, 14, "SYM"), Entity(12, 13, "BOD"))
    documents = [Document(f"d{number}", f"{text}{number}", entities) for number in range(12)]
    write_documents(documents, tmp_path / "nested.jsonl", "jsonl")
    command = [sys.executable, ROOT / "examples/nested_baseline.py", "nested.jsonl", "--folds", "2", "--epochs", "8"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out of fold: precision ")
    assert "of 48 entities that share characters with another: recall " in done.stdout
    assert (tmp_path / "runs/nested-baseline/scores.json").is_file()
