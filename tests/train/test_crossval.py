"""Cross-validation and single training as one call: what comes to be in the run folder, and that a kill costs nothing.

Most tests put a pretended training in the place of the worker; the trained runs at the end are real.
"""

import dataclasses
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bert4ner.backend import devices
from bert4ner.config import Config
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import CheckpointError, ConfigError, DataError, RunError
from bert4ner.runs.manifest import verify
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.crossval import cross_validate, train_model
from bert4ner.train.folds import assign_folds
from bert4ner.train.worker import Worker
from tests.kills import differences

TOP = {
    "config.toml",
    "labels.txt",
    "environment.json",
    "folds.json",
    "out_of_fold.jsonl",
    "scores.json",
    "manifest.json",
}
IN_MODEL = {"config.json", "vocab.txt", "weights.safetensors", "lexicon.json", "manifest.json"}
IN_FOLD = {"history.jsonl", "predictions.jsonl", *(f"model/{name}" for name in IN_MODEL)}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def files_of_a_run(folds: int) -> set[str]:
    return TOP | {f"fold-{fold}/{name}" for fold in range(folds) for name in IN_FOLD}


def load(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture
def calls(monkeypatch):
    """A pretended training, which finds the first entity of each held-out document; its calls are kept.

    It leaves what a worker that was killed at some time may leave beside the files that belong there.
    """
    kept = []

    def run(self, task):
        folder, held_out = task.folder, task.documents.held_out
        kept.append(
            (
                folder,
                [each.id for each in task.documents.training],
                [each.id for each in held_out],
                task.config,
                task.documents.labels,
            )
        )
        history = [{"epoch": 1, "f1": 0.5}, {"epoch": 2, "f1": 0.75}, {"epoch": 3, "f1": 0.75}]
        for name in ("model/.weights.safetensors.7.part", "state/training.safetensors", ".history.jsonl.7.part"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("", encoding="utf-8")
        (folder / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in history), encoding="utf-8")
        found = [Document(each.id, each.text, each.entities[:1]) for each in held_out[::-1]]
        write_documents(found, folder / "predictions.jsonl", "jsonl")

    monkeypatch.setattr(Worker, "run", run)
    return kept


@pytest.fixture
def config(tiny_config) -> Config:
    return tiny_config()


class TestCrossValidation:
    def test_every_document_is_held_out_once_and_never_trained_on_there(self, calls, documents, config, tmp_path):
        cross_validate(documents, config, output=tmp_path, folds=4)
        everybody = [document.id for document in documents]
        assert [folder for folder, *_ in calls] == [tmp_path / f"fold-{fold}" for fold in range(4)]
        for _, training, held_out, used, labels in calls:
            assert [id for id in everybody if id not in held_out] == training
            assert used == config.replace(lexicon="train") and labels == ["DRUG", "PERSON", "SYMPTOM"]
        assert sorted(id for _, _, held_out, *_ in calls for id in held_out) == sorted(everybody)

    def test_folds_are_written_down(self, calls, documents, config, tmp_path):
        cross_validate(documents, config, output=tmp_path, folds=3)
        expected = assign_folds(documents, 3, seed=config.run.seed)
        written = load(tmp_path / "folds.json")
        assert written["folds"] == 3
        assert list(written["documents"].items()) == list(zip([d.id for d in documents], expected, strict=True))

    def test_out_of_fold_predictions_come_in_the_order_of_the_documents(self, calls, documents, config, tmp_path):
        scores = cross_validate(documents, config, output=tmp_path, folds=3)
        found = read_documents(tmp_path / "out_of_fold.jsonl", "jsonl")
        assert [each.id for each in found] == [each.id for each in documents]
        assert all(mine.entities == gold.entities[:1] for mine, gold in zip(found, documents, strict=True))
        assert scores == evaluate(documents, found)
        assert scores.micro.precision == 1.0 and 0.3 < scores.micro.recall < 0.6

    def test_scores_hold_the_folds_and_their_spread(self, calls, documents, config, tmp_path):
        scores = cross_validate(documents, config, output=tmp_path, folds=3)
        written = load(tmp_path / "scores.json")
        assert written["out_of_fold"] == scores.to_dict()
        by_id = {document.id: document for document in documents}
        for fold, line in enumerate(written["folds"]):
            found = read_documents(tmp_path / f"fold-{fold}" / "predictions.jsonl", "jsonl")
            micro = evaluate([by_id[each.id] for each in found], found).micro
            assert line == {"fold": fold, "best_epoch": 2, **dataclasses.asdict(micro)}
        f1 = [line["f1"] for line in written["folds"]]
        assert written["f1_mean"] == pytest.approx(sum(f1) / 3)
        spread = (sum((one - sum(f1) / 3) ** 2 for one in f1) / 2) ** 0.5
        assert written["f1_std"] == pytest.approx(spread) and spread > 0
        assert "optimistic" in written["note"]

    def test_nothing_is_left_over(self, calls, documents, config, tmp_path):
        (tmp_path / "run").mkdir()
        cross_validate(documents, config, output=tmp_path / "run", folds=2)
        models = {name for name in files_of_a_run(2) if "/model/" in name}  # the pretended training makes none
        assert files(tmp_path / "run") == files_of_a_run(2) - models

    def test_a_complete_run_is_scored_again_without_training(self, calls, documents, config, tmp_path):
        first = cross_validate(documents, config, output=tmp_path, folds=2)
        before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
        assert cross_validate(documents, config, output=str(tmp_path), folds=2) == first
        assert len(calls) == 2
        assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before

    def test_an_interrupted_run_trains_the_missing_folds_only(self, calls, documents, config, tmp_path, monkeypatch):
        pretended = Worker.run

        def interrupted(self, task):
            if task.name == "fold-1":
                raise RunError("stopped")
            pretended(self, task)

        with monkeypatch.context() as patch:
            patch.setattr(Worker, "run", interrupted)
            with pytest.raises(RunError, match="stopped"):
                cross_validate(documents, config, output=tmp_path, folds=3)
        assert not (tmp_path / "out_of_fold.jsonl").exists()
        cross_validate(documents, config, output=tmp_path, folds=3)
        assert [folder.name for folder, *_ in calls] == ["fold-0", "fold-1", "fold-2"]

    def test_other_options_are_refused_before_anything_is_trained(self, calls, documents, config, tmp_path):
        cross_validate(documents, config, output=tmp_path, folds=2)
        for changed in (
            lambda: cross_validate(documents, config.replace(seed=1), output=tmp_path, folds=2),
            lambda: cross_validate(documents, config, output=tmp_path, folds=3),
            lambda: cross_validate(documents[1:], config, output=tmp_path, folds=2),
            lambda: train_model(documents, config, output=tmp_path),
        ):
            with pytest.raises(RunError, match="holds another run"):
                changed()
        assert len(calls) == 2

    def test_more_epochs_train_every_model_again_in_its_folder(self, calls, documents, config, tmp_path):
        cross_validate(documents, config, output=tmp_path, folds=2)
        (tmp_path / "out_of_fold.jsonl").write_text("old", encoding="utf-8")
        for fold in range(2):
            (tmp_path / f"fold-{fold}" / "model" / "weights.safetensors").touch()
        for _ in range(2):
            cross_validate(documents, config.replace(epochs=5), output=tmp_path, folds=2)
        trained = [(folder.name, used.epochs) for folder, *_, used, _ in calls]
        assert trained == [("fold-0", 3), ("fold-1", 3), ("fold-0", 5), ("fold-1", 5)]
        assert len(read_documents(tmp_path / "out_of_fold.jsonl", "jsonl")) == len(documents)

    def test_changed_predictions_are_reported(self, calls, documents, config, tmp_path):
        cross_validate(documents, config, output=tmp_path, folds=2)
        path = tmp_path / "fold-0" / "predictions.jsonl"
        path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[1:]), encoding="utf-8")
        with pytest.raises(RunError, match=r"predictions\.jsonl lacks 1 documents, e\.g\. 'leaflet \d+'"):
            cross_validate(documents, config, output=tmp_path, folds=2)


class TestOneModel:
    def test_a_seeded_share_is_held_out(self, calls, documents, config, tmp_path):
        train_model(documents, config.replace(valid_share=0.25), output=tmp_path)
        [(folder, training, held_out, *_)] = calls
        assert folder == tmp_path / "fold-0"
        assert len(held_out) == 6
        assert sorted([*training, *held_out]) == sorted(document.id for document in documents)
        assert set(load(tmp_path / "folds.json")["documents"]) == set(held_out)
        low, high = load(tmp_path / "scores.json")["bootstrap_f1"]
        assert 0 < low < load(tmp_path / "scores.json")["out_of_fold"]["micro"]["f1"] < high < 1
        assert load(tmp_path / "scores.json")["f1_std"] is None

    def test_validation_documents_are_held_out_in_their_order(self, calls, documents, config, tmp_path):
        scores = train_model(documents[:18], config, output=tmp_path, valid=documents[18:])
        assert calls[0][1:3] == ([d.id for d in documents[:18]], [d.id for d in documents[18:]])
        found = read_documents(tmp_path / "out_of_fold.jsonl", "jsonl")
        assert [each.id for each in found] == [each.id for each in documents[18:]]
        assert scores == evaluate(documents[18:], found)

    def test_two_files_may_use_the_same_ids(self, calls, documents, config, tmp_path):
        valid = [dataclasses.replace(each, id=f"leaflet {number}") for number, each in enumerate(documents[18:])]
        train_model(documents[:18], config, output=tmp_path, valid=valid)
        assert [each.text for each in read_documents(tmp_path / "out_of_fold.jsonl", "jsonl")] == [
            each.text for each in valid
        ]
        assert train_model(documents[:18], config, output=tmp_path, valid=valid) is not None
        assert len(calls) == 1

    @pytest.mark.parametrize(
        ("head", "option", "expected", "warned"),
        [
            ("global_pointer", "auto", "none", True),
            ("biaffine", "any", "any", False),
            ("crf", "auto", "auto", False),
        ],
    )
    def test_nesting_is_what_the_documents_do_for_heads_that_may(
        self, calls, config, tmp_path, caplog, head, option, expected, warned
    ):
        entities = tuple(Entity(place, place + 1, "X") for place in range(250))
        documents = [Document(f"d{number}", "气血" * 125 + str(number), entities) for number in range(8)]
        documents.append(Document("nested", "气血两亏", (Entity(0, 4, "X"), Entity(0, 2, "Y"))))
        config = config.replace(head=head, nesting=option)
        with caplog.at_level(logging.WARNING):
            train_model(documents, config, output=tmp_path)
        assert calls[0][3].spans.nesting == expected
        assert Config.load(tmp_path / "config.toml").spans.nesting == expected
        assert ("2 of 2002 entities overlap others and may not be found" in caplog.text) is warned
        train_model(documents, config, output=tmp_path)  # the same run, not another one
        assert len(calls) == 1

    @pytest.mark.parametrize(("option", "expected"), [("auto", "train"), ("none", "none"), ("jieba", "jieba")])
    def test_the_entities_of_the_documents_are_known_words_unless_told_otherwise(
        self, calls, documents, config, tmp_path, option, expected
    ):
        train_model(documents, config.replace(lexicon=option), output=tmp_path)
        assert calls[0][3].words.lexicon == Config.load(tmp_path / "config.toml").words.lexicon == expected

    def test_texts_on_both_sides_are_reported(self, calls, documents, config, tmp_path, caplog):
        with caplog.at_level(logging.WARNING):
            train_model(documents[:18], config, output=tmp_path, valid=documents[15:])
        assert "3 texts of the validation data are also in the training data" in caplog.text

    def test_a_gpu_that_is_not_used_is_reported_where_something_is_trained(
        self, calls, documents, config, tmp_path, caplog, monkeypatch
    ):
        monkeypatch.setattr(devices, "unused_gpu", lambda: "install it")
        for trained in (True, False):
            caplog.clear()
            with caplog.at_level(logging.WARNING):
                train_model(documents, config, output=tmp_path)
            assert ("training on CPU cores: install it" in caplog.text) == trained

    def test_other_validation_documents_are_another_run(self, calls, documents, config, tmp_path):
        train_model(documents[:18], config, output=tmp_path, valid=documents[18:])
        with pytest.raises(RunError, match="other documents are held out"):
            train_model(documents[:17], config, output=tmp_path, valid=documents[17:])


def entity_free(documents):
    return [Document(document.id, document.text) for document in documents]


def renamed(documents, **change):
    return [dataclasses.replace(documents[0], **change), *documents[1:]]


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda documents: [], "empty data set: no training documents"),
            (lambda documents: [*documents, documents[3]], "'leaflet 3' occurs 2 times"),
            (entity_free, "no training document has an entity; check the format"),
            (lambda documents: renamed(documents, id=""), "the id ''; expected a non-empty string"),
            (lambda documents: renamed(documents, id=7), "expected a string as a document's id, got 7"),
            (lambda documents: renamed(documents, id="a\ud800"), r"unpaired surrogate U\+D800"),
            (
                lambda documents: renamed(documents, entities=(Entity(0, 2, "A\nB"),)),
                r"the label 'A\\nB' contains a line",
            ),
            (
                lambda documents: renamed(documents, entities=(Entity(0, 2, " A"),)),
                "the label ' A' contains .* rename it",
            ),
            (lambda documents: documents[:2], "3 folds, but only 2 different texts"),
        ],
    )
    def test_bad_documents(self, calls, documents, config, tmp_path, change, message):
        with pytest.raises(DataError, match=message):
            cross_validate(change(documents), config, output=tmp_path / "run", folds=3)
        assert not calls and not (tmp_path / "run").exists()

    def test_validation_documents_without_entities(self, calls, documents, config, tmp_path):
        bare = entity_free(documents[:2])
        for valid, message in (([], "no validation documents"), (bare, "no validation document has an entity")):
            with pytest.raises(DataError, match=message):
                train_model(documents, config, output=tmp_path / "run", valid=valid)
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize(
        ("options", "error", "message"),
        [
            ({"pretrained": ""}, ConfigError, "no pretrained encoder: --pretrained DIR"),
            ({"pretrained": "no/where/near"}, CheckpointError, "no/where/near: no such folder"),
            ({"max_length": 65, "batch_tokens": 128}, ConfigError, "the encoder has 64 positions; lower --max-length"),
        ],
    )
    def test_bad_options(self, calls, documents, config, tmp_path, options, error, message):
        with pytest.raises(error, match=message):
            cross_validate(documents, config.replace(**options), output=tmp_path / "run", folds=3)
        assert not calls and not (tmp_path / "run").exists()

    def test_a_great_number_of_documents_is_checked_at_once(self, config):
        documents = [Document(str(number % 99_999), "人参", (Entity(0, 2, "DRUG"),)) for number in range(100_000)]
        started = time.process_time()
        with pytest.raises(DataError, match="'0' occurs 2 times"):
            cross_validate(documents, config, output="never", folds=3)
        assert time.process_time() - started < 5


TRAINED = {"head": "softmax", "epochs": 8, "batch_tokens": 64, "learning_rate": 3e-3}
SCRIPT = """
import logging, sys
import bert4ner
logging.basicConfig(level=logging.INFO)
config = bert4ner.Config.load(sys.argv[1])
scores = bert4ner.cross_validate(bert4ner.read_documents(sys.argv[2]), config, output=sys.argv[3], folds=2)
print(scores.micro.f1)
"""


@pytest.fixture(scope="module")
def start(tmp_path_factory, tiny_config, documents):
    """Starts a script without `if __name__ == "__main__"`, in a folder with a space and a Chinese name."""
    place = tmp_path_factory.mktemp("实验 one")
    (place / "my script.py").write_text(SCRIPT, encoding="utf-8")
    (place / "config.toml").write_text(tiny_config(**TRAINED).to_toml(), encoding="utf-8")
    write_documents(documents, place / "documents.jsonl", "jsonl")

    def start(output: Path) -> subprocess.Popen:
        command = [sys.executable, "my script.py", "config.toml", "documents.jsonl", output]
        root = Path(__file__).resolve().parents[2]
        return subprocess.Popen(
            command,
            cwd=place,
            env={**os.environ, "PYTHONPATH": str(root)},
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.fixture(scope="module")
def run(start, tmp_path_factory) -> Path:
    """A run of two folds, trained without interruption."""
    folder = tmp_path_factory.mktemp("runs") / "不 停"
    out, err = start(folder).communicate(timeout=300)
    assert out == f"{load(folder / 'scores.json')['out_of_fold']['micro']['f1']}\n", err
    return folder


class TestTrainedRuns:
    def test_a_script_without_a_main_guard_makes_exactly_the_files_of_a_run(self, run):
        assert files(run) == files_of_a_run(2)

    def test_every_document_was_predicted_by_the_model_that_did_not_see_it(self, run, documents):
        from bert4ner.models.ner_model import NERModel
        from bert4ner.models.prediction import predict_documents

        found = {document.id: document for document in read_documents(run / "out_of_fold.jsonl", "jsonl")}
        held_out_in = load(run / "folds.json")["documents"]
        for fold in range(2):
            model = NERModel.load(run / f"fold-{fold}" / "model")
            held_out = [document for document in documents if held_out_in[document.id] == fold]
            for document in predict_documents([model], held_out):
                assert document == found[document.id]
                for one, other in zip(document.entities, found[document.id].entities, strict=True):
                    assert one.score == pytest.approx(other.score, abs=1e-6)
        assert sum(len(document.entities) for document in found.values()) > 10

    def test_every_lexicon_knows_the_entities_that_its_model_learned_from(self, run, documents):
        held_out_in = load(run / "folds.json")["documents"]
        for fold in range(2):
            learned = [document for document in documents if held_out_in[document.id] != fold]
            surfaces = {document.mention(entity) for document in learned for entity in document.entities}
            assert set(load(run / f"fold-{fold}" / "model" / "lexicon.json")["entities"]) == surfaces

    def test_called_again_it_returns_the_same_scores_at_once(self, run, documents, tiny_config):
        before = {name: (run / name).read_bytes() for name in files(run)}
        scores = cross_validate(documents, tiny_config(**TRAINED), output=run, folds=2)
        assert scores.to_dict() == load(run / "scores.json")["out_of_fold"]
        assert {name: (run / name).read_bytes() for name in files(run)} == before

    def test_killed_in_the_second_fold_and_run_again_it_ends_the_same(self, run, start, tmp_path, read_lines):
        killed = tmp_path / "killed"
        shutil.copytree(run, killed, ignore=shutil.ignore_patterns("fold-1", "out_of_fold.jsonl", "scores.json"))
        process = start(killed)
        deadline = time.monotonic() + 120
        while not (killed / "fold-1" / "state" / "training.safetensors").exists() and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        _, err = process.communicate()  # ends when the worker has let go of stderr, too
        assert "Traceback" not in err
        assert 1 <= len(read_lines(killed / "fold-1" / "history.jsonl")) < 8
        assert not (killed / "fold-1" / "predictions.jsonl").exists()
        for name in (".weights.safetensors.1.part", ".tmpA1b2C3"):
            (killed / "fold-1" / "model" / name).write_bytes(b"half")

        out, err = start(killed).communicate(timeout=300)
        assert "fold 1/2 (fold-0) is complete already" in err, err
        assert out == f"{load(run / 'scores.json')['out_of_fold']['micro']['f1']}\n"
        assert files(killed) == files_of_a_run(2)
        assert differences(killed, run) == []
        assert verify(killed).differing == verify(run).differing == []
