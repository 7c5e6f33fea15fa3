"""Trained runs: the same to the last bit however many folds train at a time and wherever they do; callbacks in them."""

import logging

import pytest

from bert4ner.backend.frameworks import keras
from bert4ner.data.left_out import DocumentsRead, LeftOut
from bert4ner.errors import ConfigError, RunError
from bert4ner.runs.left_out import left_out_of_run
from bert4ner.runs.record import open_run
from bert4ner.train.crossval import cross_validate, train_model
from bert4ner.train.executors.local import LocalExecutor
from tests.conftest import ROOT
from tests.train.reporting import Reporting

VOLATILE = {"history.jsonl", "environment.json", "manifest.json"}  # which names the hashes of the others


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The process that trains finds `tests.train.reporting`, as it finds any module."""
    monkeypatch.syspath_prepend(str(ROOT))


@pytest.fixture
def config(tiny_config):
    return tiny_config(head="softmax", epochs=2, batch_tokens=256)


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in VOLATILE
    }


def test_results_are_the_same_however_many_train_at_a_time_and_wherever(
    documents, config, tmp_path, read_lines, without_times
):
    """With callbacks in one of them, which are called where the folds train, with the scores, and change nothing."""
    message = {"executor": LocalExecutor(jobs=2), "callbacks": [Reporting(tmp_path / "message")]}
    for name, options in {"one": {}, "two": message, "here": {"executor": "in_process"}}.items():
        cross_validate(documents, config, output=tmp_path / name, folds=2, **options)
    one = contents(tmp_path / "one")
    assert len(one) == 5 + 2 * 5
    for name in ("two", "here"):
        assert contents(tmp_path / name) == one
        for fold in range(2):
            histories = [
                without_times(read_lines(tmp_path / run / f"fold-{fold}" / "history.jsonl")) for run in ("one", name)
            ]
            assert histories[0] == histories[1]
    processes = sorted((tmp_path / "message").iterdir())
    assert len(processes) == 2
    for path in processes:
        assert [line.split()[0] for line in path.read_text(encoding="utf-8").splitlines()] == ["0", "1"]


def test_a_run_records_what_was_left_out_when_its_data_was_read(documents, config, tmp_path):
    train, valid = DocumentsRead(documents[:-8]), DocumentsRead(documents[-8:])
    train.left_out, valid.left_out = (LeftOut("spans left out", 2, ("a:1", "a:7")),), (LeftOut("spans", 1, ("b:3",)),)
    once = config.replace(epochs=1)
    train_model(train, once, output=tmp_path / "one", valid=valid, executor="in_process", verbose=0)
    assert left_out_of_run(open_run(tmp_path / "one")) == train.left_out + valid.left_out
    cross_validate(train, once, output=tmp_path / "two", folds=2, executor="in_process", verbose=0)
    assert left_out_of_run(open_run(tmp_path / "two")) == train.left_out
    cross_validate(list(train), once, output=tmp_path / "two", folds=2, executor="in_process", verbose=0)
    assert left_out_of_run(open_run(tmp_path / "two")) == train.left_out  # it is the same run


def test_callbacks_of_this_process_are_the_callers_own(documents, config, tmp_path, read_lines):
    class Own(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.seen = []

        def on_epoch_end(self, epoch, logs=None):
            self.seen.append(logs["f1"])
            logs["mine"] = 7.0

    with pytest.raises(ConfigError, match=r"callbacks\[0\], a Own, cannot be sent .*executor='in_process'"):
        train_model(documents, config, output=tmp_path / "run", callbacks=[Own()])
    assert not (tmp_path / "run").exists()
    own = Own()
    train_model(documents, config, output=tmp_path / "run", callbacks=[own], executor="in_process")
    lines = read_lines(tmp_path / "run" / "fold-0" / "history.jsonl")
    assert own.seen == [line["f1"] for line in lines] and [line["mine"] for line in lines] == [7.0, 7.0]


def test_a_fold_that_fails_leaves_the_complete_ones_and_the_same_call_goes_on(documents, config, tmp_path, caplog):
    reporting = Reporting(tmp_path / "message", fail_in=tmp_path / "fail")
    (tmp_path / "fail").touch()
    with pytest.raises(RunError, match="fold-1: the callback failed"):
        cross_validate(documents, config, output=tmp_path / "run", folds=2, callbacks=[reporting])
    assert (tmp_path / "run" / "fold-0" / "predictions.jsonl").is_file()
    assert not (tmp_path / "run" / "scores.json").exists()
    (tmp_path / "fail").unlink()
    with caplog.at_level(logging.INFO):
        cross_validate(
            documents, config, output=tmp_path / "run", folds=2, callbacks=[reporting], executor=LocalExecutor(2)
        )
    assert "fold 1/2 (fold-0) is complete already" in caplog.text
    assert (tmp_path / "run" / "scores.json").is_file()
