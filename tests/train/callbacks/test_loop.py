"""The callbacks in a plain `fit` of Keras on what `build_model` gives: a loop of one's own."""

import logging

import numpy as np
import pytest

import bert4ner
from bert4ner.backend.frameworks import keras
from bert4ner.callbacks import EntityScores, History, KeepBest, Patience, Replay, StopAtNaN
from bert4ner.models.ner_model import NERModel
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit

LABELS = ["DRUG", "PERSON", "SYMPTOM"]


@pytest.fixture
def config(tiny_config):
    return tiny_config(head="softmax", batch_tokens=256)


@pytest.fixture
def loop(documents):
    """Trains a network on most documents, with some callbacks; returns Keras' history."""

    def loop(network, callbacks, epochs=3):
        batches = bert4ner.training_batches(documents[:18], network)
        bert4ner.compile_for_training(network, total_steps=epochs * len(batches))
        return network.fit(
            batches.dataset(0, epochs), epochs=epochs, steps_per_epoch=len(batches), verbose=0, callbacks=callbacks
        ).history

    return loop


def test_a_loop_of_ones_own_trains_what_the_library_trains(
    loop, documents, config, tmp_path, read_lines, without_times, caplog
):
    expected = fit(Fold(documents[:18], documents[18:], LABELS), config, folder=tmp_path / "library")
    keras.utils.set_random_seed(config.run.seed)
    network = bert4ner.build_model(config, LABELS)
    scores = EntityScores(documents[18:])
    history = History(tmp_path / "own" / "history.jsonl")
    with caplog.at_level(logging.INFO):
        logs = loop(
            network,
            [Replay(config.run.seed), StopAtNaN(), scores, KeepBest(tmp_path / "own" / "model"), history, Patience(3)],
        )
    planned = [{name: value for name, value in line.items() if name != "updates"} for line in expected]  # from batches
    assert without_times(history.lines) == without_times(planned)
    assert read_lines(tmp_path / "own" / "history.jsonl") == history.lines
    assert logs["f1"] == [line["f1"] for line in expected]
    names = ("config.json", "vocab.txt", "weights.safetensors")
    for name in names:
        assert (tmp_path / "own/model" / name).read_bytes() == (tmp_path / "library/model" / name).read_bytes()
    assert any(record.getMessage().startswith("epoch 3: loss ") for record in caplog.records)

    found = list(bert4ner.NamedEntityRecognizer.load(tmp_path / "own" / "model").predict(documents[18:]))
    best = max(history.lines, key=lambda line: line["f1"])
    assert evaluate(documents[18:], found).micro.f1 == best["f1"]


def test_scores_are_in_the_logs_for_keras_own_callbacks_and_by_label(loop, documents, config):
    network = bert4ner.build_model(config, LABELS)
    scores = EntityScores(documents[18:])
    stop = keras.callbacks.EarlyStopping("f1", mode="max", min_delta=1.0)
    logs = loop(network, [scores, stop])
    assert len(logs["f1"]) == len(logs["precision"]) == len(logs["recall"]) == 2
    assert isinstance(scores.scores, Scores) and scores.scores.micro.f1 == logs["f1"][1]


def test_a_history_reports_what_there_is_to_tell(loop, documents, config, tmp_path):
    network = bert4ner.build_model(config, LABELS)
    batches = bert4ner.training_batches(documents[:18], network)
    history = History(tmp_path / "history.jsonl", batches)

    class More(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["more"] = np.float32(epoch)

    loop(network, [More(), history], epochs=1)
    [line] = history.lines
    assert list(line) == "epoch loss seconds tokens_per_second updates learning_rate head_learning_rate more".split()
    assert line["tokens_per_second"] == pytest.approx(batches.tokens / line["seconds"], rel=0.05)
    assert line["updates"] == len(batches)
    network.compile(keras.optimizers.SGD(0.5), loss=NERModel.of(network).head.loss)
    history.on_epoch_end(1, {"loss": 1.0})
    assert history.lines[1]["learning_rate"] == 0.5 and "head_learning_rate" not in history.lines[1]


def test_an_epoch_is_called_the_best_only_if_something_right_was_found(config, tmp_path, caplog):
    network = bert4ner.build_model(config, LABELS)
    network.compile(keras.optimizers.SGD(0.5), loss=NERModel.of(network).head.loss)
    history = History(tmp_path / "history.jsonl")
    history.set_model(network)
    with caplog.at_level(logging.INFO):
        for epoch, f1 in enumerate((0.0, 0.0, 0.5, 0.25, 0.75)):
            history.on_epoch_end(epoch, {"loss": 1.0 - epoch / 10, "precision": f1, "recall": f1, "f1": f1})
    lines = [record.getMessage() for record in caplog.records if record.getMessage().startswith("epoch ")]
    said = [line.partition(" (")[0].rpartition(", ")[2] for line in lines]
    nothing, best = "nothing right found yet", "best so far"
    assert said == [nothing, nothing, best, "F1 25.00", best]
