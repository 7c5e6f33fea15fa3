"""Training one model: what it writes, which epoch it keeps, and that stopping and going on changes nothing."""

import json
import logging
import shutil
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from bert4ner.backend.frameworks import keras, tf
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError, RunError
from bert4ner.models.heads.tagging import TagHead
from bert4ner.models.ner_model import NERModel
from bert4ner.models.prediction import predict_documents
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import Scores, evaluate
from bert4ner.train.callbacks.scores import EntityScores
from bert4ner.train.callbacks.state import SaveState
from bert4ner.train.division import Fold
from bert4ner.train.fit import fit

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")

LABELS = ["DRUG", "PERSON", "SYMPTOM"]
FIELDS = """
    epoch precision recall f1 loss seconds evaluation_seconds tokens_per_second updates
    learning_rate head_learning_rate
""".split()


class Stopped(Exception):
    """What a test raises in the middle of a training."""


def stop_in_epoch(monkeypatch, number):
    """Break the training off in the middle of an epoch, counted from 0."""
    original = keras.callbacks.CallbackList.on_train_batch_begin

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1 and int(self.model.optimizer.iterations) >= number * self.params["steps"]:
            raise Stopped
        original(self, batch, logs)

    monkeypatch.setattr(keras.callbacks.CallbackList, "on_train_batch_begin", on_train_batch_begin)


def pretend_scores(monkeypatch, f1s):
    """Let the epochs have these F1, in percent."""
    remaining = iter(f1s)
    monkeypatch.setattr(EntityScores, "_score", lambda self, epoch: Scores({"DRUG": Counts(next(remaining), 100, 100)}))


def weights_after_epochs(monkeypatch):
    """The network's weights after each epoch of the trainings that follow."""
    kept = []
    original = SaveState.on_epoch_end

    def on_epoch_end(self, epoch, logs=None):
        kept.append(NERModel.of(self.model).weights())
        original(self, epoch, logs)

    monkeypatch.setattr(SaveState, "on_epoch_end", on_epoch_end)
    return kept


def state(folder):
    return load_file(folder / "state" / "training.safetensors")


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert np.array_equal(value, other[name]), name


@pytest.fixture(scope="module")
def parts(documents):
    return documents[:18], documents[18:]


@pytest.fixture(scope="module")
def uninterrupted(parts, tiny_config, tmp_path_factory):
    """A CRF trained for three epochs in a graph, as users train it: folder, history, and how often it was traced."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    traces = []
    original = TagHead.loss
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(TagHead, "loss", lambda *arguments: traces.append(1) or original(*arguments))
        history = fit(Fold(*parts, LABELS), tiny_config(), folder=folder)
    return folder, history, len(traces)


class TestOneTraining:
    def test_every_epoch_has_its_line(self, uninterrupted, parts, read_lines):
        folder, history, _ = uninterrupted
        assert read_lines(folder / "history.jsonl") == history
        assert [list(line) for line in history] == [FIELDS] * 3
        assert [line["epoch"] for line in history] == [1, 2, 3]
        for line in history:
            assert 0 <= line["f1"] <= 1 and 0 <= line["precision"] <= 1 and 0 <= line["recall"] <= 1
            tokens = sum(len(document.text) + 2 for document in parts[0])
            assert line["tokens_per_second"] == pytest.approx(tokens / line["seconds"], rel=0.05)
            assert line["head_learning_rate"] == pytest.approx(2 * line["learning_rate"])

    def test_it_learns_and_the_rate_falls(self, uninterrupted):
        _, history, _ = uninterrupted
        assert history[2]["loss"] < 0.5 * history[0]["loss"]
        assert history[2]["f1"] > 0.5
        assert 1e-2 > history[0]["learning_rate"] > history[1]["learning_rate"] > history[2]["learning_rate"] > 0

    def test_the_step_is_traced_once(self, uninterrupted):
        assert uninterrupted[2] == 1

    def test_the_model_folder_gives_the_scores_of_the_best_line(self, uninterrupted, parts):
        folder, history, _ = uninterrupted
        found = list(predict_documents([NERModel.load(folder / "model")], parts[1]))
        scores = evaluate(parts[1], found).micro
        best = max(history, key=lambda line: line["f1"])
        assert (scores.precision, scores.recall, scores.f1) == (best["precision"], best["recall"], best["f1"])

    def test_transitions_move_and_stay_bounded(self, uninterrupted):
        weights = load_file(uninterrupted[0] / "model" / "weights.safetensors")
        transitions = next(value for name, value in weights.items() if "transitions" in name)
        assert 0.01 < np.abs(transitions).max() < 1

    def test_nothing_else_is_written(self, uninterrupted):
        folder = uninterrupted[0]
        assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
            "history.jsonl",
            "model/config.json",
            "model/manifest.json",
            "model/vocab.txt",
            "model/weights.safetensors",
            "state/training.safetensors",
        }


class TestGoingOn:
    def test_a_training_stopped_in_an_epoch_ends_as_if_it_had_not_been(
        self, uninterrupted, parts, tiny_config, tmp_path, monkeypatch, without_times
    ):
        with monkeypatch.context() as patch:
            stop_in_epoch(patch, 1)
            with pytest.raises(Stopped):
                fit(Fold(*parts, LABELS), tiny_config(), folder=tmp_path)
        assert len((tmp_path / "history.jsonl").read_text(encoding="utf-8").splitlines()) == 1
        with (tmp_path / "history.jsonl").open("a", encoding="utf-8") as handle:
            handle.write("a line of an epoch whose state was not written any more\n")
        resumed = fit(Fold(*parts, LABELS), tiny_config(), folder=tmp_path)

        folder, history, _ = uninterrupted
        assert without_times(resumed) == without_times(history)
        assert_same(state(tmp_path), state(folder))
        for name in ("config.json", "vocab.txt", "weights.safetensors"):
            assert (tmp_path / "model" / name).read_bytes() == (folder / "model" / name).read_bytes()

    @pytest.mark.parametrize(("precision", "epoch"), [("bfloat16", 2), ("float16", 1)])
    def test_in_any_arithmetic_from_any_epoch(
        self, eagerly, parts, tiny_config, tmp_path, monkeypatch, without_times, precision, epoch
    ):
        config = tiny_config(head="softmax", precision=precision, batch_tokens=256)
        whole = fit(Fold(*parts, LABELS), config, folder=tmp_path / "whole")
        with monkeypatch.context() as patch:
            stop_in_epoch(patch, epoch)
            with pytest.raises(Stopped):
                fit(Fold(*parts, LABELS), config, folder=tmp_path / "stopped")
        resumed = fit(Fold(*parts, LABELS), config, folder=tmp_path / "stopped")
        assert without_times(resumed) == without_times(whole)
        assert_same(state(tmp_path / "stopped"), state(tmp_path / "whole"))

    def test_with_documents_drawn_and_changed_and_labels_that_weigh_more_in_each_epoch(
        self, eagerly, parts, tiny_config, tmp_path, monkeypatch
    ):
        drawn = {"repeat_rare": 0.9, "replace_mentions": 0.5, "swap_mentions": 0.5, "batch_tokens": 192}
        config = tiny_config(head="softmax", pseudo_ramp=2, **drawn)
        pseudo = [replace(each, unsure=each.entities[:1], entities=each.entities[1:]) for each in parts[0][9:]]
        fold = Fold(parts[0][:9], parts[1], LABELS, pseudo=pseudo)
        fit(fold, config, folder=tmp_path / "whole")
        with monkeypatch.context() as patch:
            stop_in_epoch(patch, 1)  # the ramp is in its middle
            with pytest.raises(Stopped):
                fit(fold, config, folder=tmp_path / "stopped")
        fit(fold, config, folder=tmp_path / "stopped")
        assert_same(state(tmp_path / "stopped"), state(tmp_path / "whole"))
        plain = tiny_config(head="softmax", batch_tokens=192)
        fit(Fold(*parts, LABELS), plain, folder=tmp_path / "plain")
        one, other = state(tmp_path / "whole"), state(tmp_path / "plain")
        assert any(not np.array_equal(one[name], other[name]) for name in one if name.startswith("network/"))

    def test_a_complete_training_is_not_trained_again(self, uninterrupted, parts, tiny_config, monkeypatch):
        folder, history, _ = uninterrupted
        before = (folder / "model" / "weights.safetensors").stat().st_mtime_ns
        monkeypatch.setattr(keras.Model, "fit", lambda *_, **__: pytest.fail("trained again"))
        assert fit(Fold(*parts, LABELS), tiny_config(), folder=folder) == history
        assert (folder / "model" / "weights.safetensors").stat().st_mtime_ns == before

    @pytest.mark.parametrize(
        ("damage", "message"),
        {
            "truncated": "damaged, truncated: ",
            "empty": "damaged, truncated or no safetensors file",
            "no history": "damaged, its history: ",
            "history": "damaged, its history: ",
            "missing": "optimizer/7 is missing",
            "shape": r"optimizer/7 has shape \(2, 3\), expected ",
            "labels": " has shape ",
        }.items(),
    )
    def test_a_damaged_state_is_reported_with_the_cure(
        self, uninterrupted, parts, tiny_config, tmp_path, damage, message
    ):
        path = tmp_path / "state" / "training.safetensors"
        path.parent.mkdir()
        values = state(uninterrupted[0])
        whole = (uninterrupted[0] / "state" / "training.safetensors").read_bytes()
        metadata = {"history": json.dumps(uninterrupted[1])}
        labels = LABELS
        if damage == "truncated":
            path.write_bytes(whole[:-100])
        elif damage == "empty":
            path.write_bytes(b"")
        elif damage == "no history":
            save_file(values, path)
        elif damage == "history":
            save_file(values, path, metadata={"history": "[{"})
        elif damage == "missing":
            save_file({name: value for name, value in values.items() if name != "optimizer/7"}, path, metadata)
        elif damage == "shape":
            save_file({**values, "optimizer/7": np.zeros((2, 3), "float32")}, path, metadata)
        else:
            path.write_bytes(whole)
            labels = ["DRUG", "ORGAN", "PERSON", "SYMPTOM"]
        cure = "; delete the folder .* to start it anew"
        with pytest.raises(RunError, match=rf"training\.safetensors: .*{message}.*{cure}"):
            fit(Fold(*parts, labels), tiny_config(), folder=tmp_path)


class TestTheSeed:
    @pytest.fixture
    def train(self, eagerly, parts, tiny_config, tmp_path):
        def train(name, **options):
            history = fit(
                Fold(*parts, LABELS),
                tiny_config(head="softmax", batch_tokens=256, epochs=2, **options),
                folder=tmp_path / name,
            )
            return history, state(tmp_path / name)

        return train

    def test_the_same_seed_gives_the_same_numbers_and_another_does_not(self, train, without_times):
        (one, one_state), (same, same_state), (other, other_state) = train("a"), train("b"), train("c", seed=43)
        assert without_times(one) == without_times(same)
        assert_same(one_state, same_state)
        assert one[0]["loss"] != other[0]["loss"]
        changed = [name for name in one_state if not np.array_equal(one_state[name], other_state[name])]
        assert any("Embedding-Token" in name for name in changed) and any("head" in name for name in changed)

    def test_dropout_counts(self, train):
        with_dropout, _ = train("a")
        without, _ = train("b", encoder_dropout=0.0, head_dropout=0.0)
        assert with_dropout[0]["loss"] != without[0]["loss"]


class TestTheBestEpoch:
    @pytest.fixture
    def train(self, eagerly, parts, tiny_config, tmp_path, monkeypatch):
        kept = weights_after_epochs(monkeypatch)

        def train(f1s, **options):
            pretend_scores(monkeypatch, f1s)
            config = tiny_config(head="softmax", batch_tokens=1024, epochs=len(f1s), **options)
            history = fit(Fold(*parts, LABELS), config, folder=tmp_path)
            return history, kept, load_file(tmp_path / "model" / "weights.safetensors")

        return train

    @pytest.mark.parametrize(("f1s", "best"), [([10, 50, 50, 20], 2), ([0, 0, 0], 2), ([10, 20, 30], 2)])
    def test_it_is_the_one_in_the_model_folder_and_of_two_equals_that_with_the_lower_loss(
        self, train, f1s, best, caplog
    ):
        history, kept, saved = train(f1s)
        losses = [line["loss"] for line in history]
        assert len(kept) == len(f1s) and losses == sorted(losses, reverse=True)
        assert ("nothing was found right in the 6 held-out documents after any epoch" in caplog.text) is not any(f1s)
        assert f"planned updates of the weights: {len(f1s)}, 1 an epoch" in caplog.text
        assert_same(saved, kept[best])
        assert not any(np.array_equal(kept[0]["head/0.kernel"], later["head/0.kernel"]) for later in kept[1:])

    @pytest.mark.parametrize(
        ("f1s", "patience", "epochs"),
        [([30, 20, 20, 20, 20], 2, 3), ([30, 20, 31, 31, 30, 9], 2, 5), ([30, 20, 20, 20], 0, 4), ([10, 20, 30], 1, 3)],
    )
    def test_patience_counts_epochs_without_a_better_one(self, train, f1s, patience, epochs):
        history, _, _ = train(f1s, patience=patience)
        assert len(history) == epochs

    def test_a_training_that_lost_patience_stays_stopped(self, train, parts, tiny_config, tmp_path, caplog):
        history, _, _ = train([30, 20, 20, 20], patience=1)
        assert len(history) == 2
        shutil.rmtree(tmp_path / "state")
        config = tiny_config(head="softmax", batch_tokens=1024, epochs=8, patience=1)
        with caplog.at_level(logging.INFO):
            assert fit(Fold(*parts, LABELS), config, folder=tmp_path) == history
        assert "already stopped after epoch 2 by patience=1" in caplog.text

    def test_it_is_the_best_of_all_epochs_where_a_training_goes_on(
        self, train, parts, tiny_config, tmp_path, monkeypatch
    ):
        _, kept, _ = train([10, 50])
        for more, best in ([20, 40], 1), ([60, 10], 4):
            shutil.rmtree(tmp_path / "state")  # as where a fold is complete
            pretend_scores(monkeypatch, more)
            config = tiny_config(head="softmax", batch_tokens=1024, epochs=len(kept) + 2)
            fit(Fold(*parts, LABELS), config, folder=tmp_path)
            assert_same(load_file(tmp_path / "model" / "weights.safetensors"), kept[best])
        assert len(kept) == 6


class TestNaN:
    @pytest.fixture
    def poisoned(self, monkeypatch):
        """Let a character's vector be no number from the start on."""
        original = NERModel.create.__func__

        def create(cls, config, labels):
            model = original(cls, config, labels)
            embeddings = model.network.get_layer("Embedding-Token").embeddings
            values = embeddings.numpy()
            values[model.vocabulary.ids["茯"]] = np.nan
            embeddings.assign(values)
            return model

        monkeypatch.setattr(NERModel, "create", classmethod(create))

    def test_the_documents_of_the_batch_are_named(self, eagerly, parts, tiny_config, tmp_path, poisoned):
        training = [*parts[0], Document("the odd one", "茯苓", (Entity(0, 2, "DRUG"),))]
        with pytest.raises(RunError, match=r"the loss became nan in epoch 1, batch \d+, with documents .*;") as error:
            fit(Fold(training, parts[1], LABELS), tiny_config(head="softmax"), folder=tmp_path)
        named = str(error.value).partition("with documents ")[2].partition(";")[0].split(", ")
        assert "the odd one" in named and 1 < len(named) < 10
        assert "lower --learning-rate" in str(error.value)
        assert not (tmp_path / "state").exists() and not (tmp_path / "model").exists()

    def test_many_documents_are_not_all_listed(self, eagerly, parts, tiny_config, tmp_path, poisoned):
        training = [*parts[0], Document("the odd one", "茯苓")]
        with pytest.raises(RunError, match=r"with documents leaflet 0, .*, leaflet 7 and 11 more;"):
            fit(Fold(training, parts[1], LABELS), tiny_config(head="softmax", batch_tokens=4096), folder=tmp_path)

    def test_weights_that_blow_up_in_the_last_step_of_an_epoch_are_reported(
        self, eagerly, parts, tiny_config, tmp_path
    ):
        config = tiny_config(head="softmax", batch_tokens=4096, learning_rate=1e38, head_learning_rate=1e38, warmup=0.0)
        with pytest.raises(
            RunError, match=r"the model after epoch 1 gives no valid predictions .*lower --learning-rate"
        ):
            fit(Fold(*parts, LABELS), config, folder=tmp_path)
        assert not (tmp_path / "model").exists()

    def test_memory_that_does_not_suffice_is_reported_with_the_cure(self, parts, tiny_config, tmp_path, monkeypatch):
        def exhausted(*_, **__):
            raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor\nmany lines")

        monkeypatch.setattr(keras.Model, "fit", exhausted)
        with pytest.raises(RunError, match=r"^out of memory with batch_tokens=128 .*lower --batch-tokens$"):
            fit(Fold(*parts, LABELS), tiny_config(head="softmax"), folder=tmp_path)


class TestOddData:
    @pytest.fixture
    def train(self, eagerly, tiny_config, tmp_path):
        return lambda training, held_out, labels=LABELS, **options: fit(
            Fold(training, held_out, labels), tiny_config(epochs=1, batch_tokens=4096, **options), folder=tmp_path
        )

    @pytest.mark.parametrize("head", ["crf", "softmax"])
    def test_documents_without_entities_or_text_are_learned_from_too(self, train, head):
        bare = [Document("bare", "本品用于口服"), Document("empty", ""), Document("one", "丸")]
        history = train(bare, [*bare, Document("c", "人参", (Entity(0, 2, "DRUG"),))], head=head)
        assert np.isfinite(history[0]["loss"]) and history[0]["loss"] > 0

    def test_labels_only_in_held_out_documents_are_known_to_the_model(self, train, parts, tmp_path):
        held_out = [Document("x", "肝肾", (Entity(0, 2, "ORGAN"),))]
        train(parts[0], held_out, labels=["ORGAN", *LABELS], head="softmax")
        assert NERModel.load(tmp_path / "model").labels == ("DRUG", "ORGAN", "PERSON", "SYMPTOM")

    def test_long_documents_become_windows_and_what_fits_none_is_reported(self, train, caplog):
        text = "本品用于" * 30 + "头晕目眩" + "人参" * 20
        document = Document("long", text, (Entity(120, 124, "SYMPTOM"), Entity(0, 90, "DRUG")))
        with caplog.at_level(logging.WARNING):
            history = train([document], [document], head="softmax")
        assert np.isfinite(history[0]["loss"])
        message = [record.getMessage() for record in caplog.records if "will not be learned" in record.getMessage()]
        assert len(message) == 1 and message[0].startswith("1 of 2 entities")

    def test_what_cannot_be_trained_on_is_refused(self, train, parts):
        with pytest.raises(DataError, match="0 documents to train on and 6 held out; both need at least one"):
            train([], parts[1])
        with pytest.raises(DataError, match="18 documents to train on and 0 held out; both need at least one"):
            train(parts[0], [])
        with pytest.raises(DataError, match="the 2 documents to train on contain no text"):
            train([Document("a", ""), Document("b", "")], parts[1])
        with pytest.raises(DataError, match="have the labels PERSON, SYMPTOM, which are not among those to learn"):
            train(*parts, labels=["DRUG"])
