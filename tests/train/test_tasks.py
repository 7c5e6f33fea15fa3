"""A fold as a task: it can be sent to another process, and is named after its folder."""

import logging
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from bert4ner.config import Config
from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.train.division import Fold, Place
from bert4ner.train.tasks import FoldTask


def test_a_fold_can_be_sent_and_is_named_after_its_folder():
    document = Document("a", "人参", weight=0.5)
    task = FoldTask(Path("run/fold-2"), "fold 2 of 5", Fold([document], [document], ["DRUG"]), Config())
    assert pickle.loads(pickle.dumps(task)) == task
    assert task.name == "fold-2"


def test_what_cannot_be_trained_is_reported_after_the_wait_was_announced(tiny_config, tmp_path, caplog):
    task = FoldTask(tmp_path / "fold-0", "fold 0 of 1", Fold([], [Document("a", "人参")], ["DRUG"]), tiny_config())
    with caplog.at_level(logging.INFO), pytest.raises(DataError, match="0 documents to train on and 1 held out"):
        task.run()
    assert [record.getMessage() for record in caplog.records] == [
        "building the network; the first epoch takes longest"  # its wait is long and silent
    ]
    caplog.clear()
    with caplog.at_level(logging.INFO), pytest.raises(DataError):
        replace(task, place=Place("fold 2/2", first=False)).run()
    assert not caplog.records
    assert not (tmp_path / "fold-0").exists()
