"""A finished training goes on to more epochs: from its best, at the rates of the longer schedule, kills included."""

import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file

from bert4ner.backend.frameworks import keras
from bert4ner.data.documents import read_documents
from bert4ner.runs.record import open_run
from bert4ner.train.crossval import train_model
from bert4ner.train.more_epochs import find_start

TWO = {"head": "softmax", "epochs": 2, "batch_tokens": 64, "modifiers": "ema"}
FOUR = {**TWO, "epochs": 4}
PEAK, WARMUP = 1e-2, 0.1


class Stopped(Exception):
    """What ends a training here in the middle."""


class StopIn(keras.callbacks.Callback):
    """Breaks a training off as an epoch begins, counted from 1."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch + 1 == self.epoch:
            raise Stopped


@pytest.fixture(scope="module")
def run_for(documents, tiny_config):
    """Trains into a folder, in this process."""

    def run(output, options, **more):
        given = {"valid": documents[12:18], "executor": "in_process", "verbose": 0, **more}
        return train_model(documents[:12], tiny_config(**options), output=output, **given)

    return run


@pytest.fixture(scope="module")
def finished(run_for, tmp_path_factory):
    """A run of two epochs."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    run_for(folder, TWO)
    return folder


@pytest.fixture(scope="module")
def continued(run_for, finished):
    """That run after two more."""
    folder = finished.with_name("continued")
    shutil.copytree(finished, folder)
    run_for(folder, FOUR)
    return folder


@pytest.fixture(scope="module")
def begun(run_for, finished):
    """That run, stopped before the first added epoch had begun."""
    folder = finished.with_name("begun")
    shutil.copytree(finished, folder)
    with pytest.raises(Stopped):
        run_for(folder, FOUR, callbacks=[StopIn(3)])
    return folder


@pytest.fixture(scope="module")
def stopped(run_for, begun):
    """That one, stopped again after one of the two epochs."""
    folder = begun.with_name("stopped")
    shutil.copytree(begun, folder)
    with pytest.raises(Stopped):
        run_for(folder, FOUR, callbacks=[StopIn(4)])
    return folder


def history(run, read_lines):
    return read_lines(run / "fold-0" / "history.jsonl")


def state(run):
    return load_file(run / "fold-0" / "state" / "training.safetensors")


def test_the_best_model_is_gone_on_from_and_all_else_begins_anew(finished, begun):
    best, first = load_file(finished / "fold-0" / "model" / "weights.safetensors"), state(begun)
    network = {name.removeprefix("network/"): value for name, value in first.items() if name.startswith("network/")}
    assert network.keys() == best.keys() and all(np.array_equal(network[name], best[name]) for name in best)
    others = {name: value for name, value in first.items() if name.startswith(("optimizer/", "modifier/ema/"))}
    shapes = [value.shape for name, value in others.items() if name.startswith("modifier/ema/")]
    assert len(others) > len(best) > 10 and len(shapes) > 10
    assert others["optimizer/0"] == others["modifier/ema/0"] == 0
    moments = [value for name, value in others.items() if name.startswith("optimizer/") and value.ndim]
    assert moments and not any(value.any() for value in moments)


def test_the_first_epochs_stay_and_the_others_follow_the_schedule_of_all(finished, stopped, continued, read_lines):
    lines = history(continued, read_lines)
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    before, after = ((run / "fold-0" / "history.jsonl").read_bytes() for run in (finished, continued))
    assert after.startswith(before)
    total = 4 * int(state(stopped)["optimizer/0"])  # of a new optimizer, after one epoch
    for line in lines[2:]:
        last_update = line["epoch"] * total // 4
        falling = (total + 1 - last_update) / (total + 1 - round(WARMUP * total))
        assert line["learning_rate"] == pytest.approx(PEAK * falling, rel=1e-5)
    assert lines[2]["learning_rate"] > lines[1]["learning_rate"]


def test_the_model_is_that_of_the_best_of_all_epochs_and_what_it_finds_is_scored(continued, read_lines):
    record, lines = open_run(continued), history(continued, read_lines)
    best = max(lines, key=lambda line: (line["f1"], -line["loss"]))
    assert record.sheet.folds[0].best_epoch == best["epoch"]
    assert record.scores.micro.f1 == best["f1"] and record.config.epochs == 4
    assert record.environment["epochs_before"] == 2
    assert read_documents(continued / "out_of_fold.jsonl", "jsonl") == record.predicted
    assert not (continued / "fold-0" / "state").exists()


def test_stopped_while_it_goes_on_it_ends_the_same(run_for, stopped, continued, tmp_path, read_lines, without_times):
    shutil.copytree(stopped, tmp_path / "run")
    assert len(history(tmp_path / "run", read_lines)) == 3
    run_for(tmp_path / "run", FOUR)
    assert without_times(history(tmp_path / "run", read_lines)) == without_times(history(continued, read_lines))
    for name in ("scores.json", "out_of_fold.jsonl", "fold-0/model/weights.safetensors"):
        assert (tmp_path / "run" / name).read_bytes() == (continued / name).read_bytes()


def test_without_predictions_a_finished_training_is_predicted_and_not_trained_again(run_for, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    (tmp_path / "run" / "fold-0" / "predictions.jsonl").unlink()  # killed while it was reopened
    run_for(tmp_path / "run", TWO, callbacks=[StopIn(1)])
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_only_a_finished_training_without_a_state_is_gone_on_from(finished, stopped, tiny_config, tmp_path, read_lines):
    config = tiny_config(**FOUR)
    assert find_start(finished / "fold-0", config) == (history(finished, read_lines), 2)
    assert find_start(stopped / "fold-0", config) == ([], 2)
    assert find_start(tmp_path, config) == ([], 0)
    shutil.copytree(finished / "fold-0", tmp_path / "killed")
    path = tmp_path / "killed" / "history.jsonl"
    path.write_text(path.read_text(encoding="utf-8").splitlines(keepends=True)[0], encoding="utf-8")
    assert find_start(path.parent, config) == ([], 0)  # in its first epoch, before its state was written
