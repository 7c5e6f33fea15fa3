"""A power cut at any moment of a training costs at most the epoch under way: see `tests.disk`.

What is cut is the real writing of a run: its files, models, states and histories. Only the learning is pretended, in
most tests: an epoch gives the weights numbers of its own.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bert4ner.data.documents import write_documents
from bert4ner.models.ner_model import NERModel
from bert4ner.runs.finish import finish_run
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.folds import Training
from bert4ner.runs.layout import HISTORY, MODEL, PREDICTIONS, state_file
from bert4ner.runs.manifest import verify
from bert4ner.train.callbacks.best import KeepBest
from bert4ner.train.callbacks.history import History
from bert4ner.train.callbacks.state import SaveState
from bert4ner.train.compiling import compile_for_training
from bert4ner.train.crossval import cross_validate
from bert4ner.train.division import divide
from tests.disk import Cut, Disk, put
from tests.kills import differences

F1 = (0.3, 0.6, 0.5)  # the second epoch is the best


@dataclass
class Pretended:
    """A cross-validation of two folds whose epochs take no time; a new process would make a new one."""

    model: NERModel
    documents: list
    done: dict[int, int] = field(default_factory=dict)
    """The epochs of each fold whose results are safe: what writes them has returned."""
    begun_at: dict[int, int] = field(default_factory=dict)

    def complete(self, path: Path) -> None:
        """Begin the run, or take it up, as `cross_validate` does."""
        division = divide(self.documents, 2, self.model.config)
        run, folds = RunFolder(path), division.described(())
        with run.held():
            run.open(self.model.config, division.labels, folds, precision="float32")
            for training in folds.trainings:
                if run.is_complete(training):
                    self.begun_at[training.fold] = len(F1) + 1
                else:
                    self.train(run.fold(*training), training)
                    held_out = division.fold(training.fold).held_out
                    write_documents(held_out, run.fold(*training) / PREDICTIONS, "jsonl")
                    self.done[training.fold] = len(F1) + 1
                run.tidy()
            finish_run(run, division.gold)
            self.done[-1] = 1

    def train(self, folder: Path, training: Training) -> None:
        network = self.model.network
        history = History(folder / HISTORY)
        best, state = KeepBest(folder / MODEL), SaveState(state_file(folder), history)
        for each in (best, history, state):
            each.set_model(network)
        completed = self.begun_at[training.fold] = state.resume()
        best.recall(history.lines)
        for epoch in range(completed, len(F1)):
            for number, weight in enumerate(network.weights):
                weight.assign(weight * 0 + (100 * training.fold + 10 * epoch + number % 7))
            logs = {"f1": F1[epoch], "precision": 0.5, "recall": 0.5, "loss": 1 / (epoch + 1), "seconds": 1.0}
            for each in (best, history, state):
                each.on_epoch_end(epoch, dict(logs))
            self.done[training.fold] = epoch + 1


@pytest.fixture(scope="module")
def model(tiny_config) -> NERModel:
    model = NERModel.create(tiny_config(epochs=len(F1)), ["DRUG", "PERSON", "SYMPTOM"])
    compile_for_training(model.network, 6, epochs=len(F1))
    return model


@pytest.fixture
def pretended(model, documents) -> Callable[[], Pretended]:
    return lambda: Pretended(model, documents[:6])


@pytest.fixture
def no_sync(monkeypatch) -> None:
    """What is taken up again need not be synced."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def test_a_cut_at_any_moment_costs_at_most_the_epoch_under_way(pretended, tmp_path, no_sync):
    cuts: list[tuple[Cut, dict[int, int]]] = []
    (tmp_path / "disk").mkdir()
    training = pretended()
    with Disk(tmp_path / "disk", lambda cut: cuts.append((cut, dict(training.done)))) as disk:
        training.complete(tmp_path / "disk" / "runs" / "run")
        cuts.append((disk.cut(), dict(training.done)))
        assert disk.unsynced() == []
    expected = tmp_path / "disk" / "runs" / "run"
    assert len(cuts) > 60 and {tuple(done.values()) for _, done in cuts} >= {(), (1,), (3,), (4,), (4, 2), (4, 4, 1)}
    left = {repr((tree, done)): (tree, done) for cut, done in cuts for tree in (cut.least, cut.most)}
    for number, (tree, done) in enumerate(left.values()):
        place = put(tree, tmp_path / f"cut-{number}") / "runs" / "run"
        again = pretended()
        again.complete(place)
        lost = [fold for fold, epochs in done.items() if fold >= 0 and again.begun_at[fold] < epochs]
        assert lost == [], (place, done, again.begun_at)
        assert differences(place, expected) == [], place
        assert verify(place).differing == [], place


def test_the_cut_is_felt_where_folders_are_not_synced(pretended, tmp_path, no_sync, monkeypatch):
    """The test above can fail: without synced folders, epochs that were done are lost."""
    monkeypatch.setattr("bert4ner.data.durable.sync", lambda path: None)
    (tmp_path / "disk").mkdir()
    training = pretended()
    with Disk(tmp_path / "disk") as disk:
        training.complete(tmp_path / "disk" / "run")
        assert disk.cut().least == {}


@pytest.mark.slow
def test_a_real_training_goes_on_after_a_cut(tiny_config, documents, tmp_path, no_sync):
    config, cuts, histories = tiny_config(epochs=2, head="softmax"), [], []
    (tmp_path / "disk").mkdir()

    def at(cut: Cut) -> None:
        cuts.append(cut)
        history = cut.least.get("run", {}).get("fold-1", {}).get(HISTORY, b"")
        histories.append(history.count(b"\n"))

    with Disk(tmp_path / "disk", at) as disk:
        cross_validate(documents, config, output=tmp_path / "disk" / "run", folds=2, executor="in_process", verbose=0)
        assert disk.unsynced() == []
    in_last_epoch = cuts[histories.index(1) + 1]  # of the second fold
    place = put(in_last_epoch.least, tmp_path / "left") / "run"
    assert (place / "fold-0" / PREDICTIONS).is_file() and not (place / "fold-1" / PREDICTIONS).exists()
    cross_validate(documents, config, output=place, folds=2, executor="in_process", verbose=0)
    assert differences(place, tmp_path / "disk" / "run") == []
