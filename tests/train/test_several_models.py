"""Several seeds in one run, and resampled sets: which models there are, who speaks about a document, what resumes.

Most tests put a pretended training in the place of the worker; the run at the end is real.
"""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bert4ner.backend.frameworks import tf
from bert4ner.cli.main import main
from bert4ner.cli.training import print_training
from bert4ner.combine.combine_runs import combine_runs
from bert4ner.combine.options import CombineOptions
from bert4ner.combine.recognizer import load_recognizer
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document
from bert4ner.errors import ConfigError, DataError, RunError
from bert4ner.models.ner_model import NERModel
from bert4ner.recognizer import NamedEntityRecognizer
from bert4ner.report.page import write_report
from bert4ner.runs.record import open_run
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import evaluate
from bert4ner.train.crossval import cross_validate, train_model
from bert4ner.train.folds import assign_folds, draw_bags
from bert4ner.train.tasks import AverageTask
from bert4ner.train.worker import Worker
from tests.report.test_report_page import Page

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_functions_eagerly`")


def ids(documents) -> list[str]:
    return [document.id for document in documents]


@pytest.fixture
def tasks(monkeypatch):
    """Pretended work: one model finds the first entity of each document, all together everything; tasks are kept."""
    kept = []

    def run(self, task):
        kept.append(task)
        if isinstance(task, AverageTask):
            write_documents(task.documents, task.folder / "out_of_fold.jsonl", "jsonl")
            return
        task.folder.mkdir(exist_ok=True)
        line = json.dumps({"epoch": 1, "f1": task.config.run.seed / 100})
        (task.folder / "history.jsonl").write_text(f"{line}\n", encoding="utf-8")
        first = task.config.run.seed % 2
        found = [Document(each.id, each.text, each.entities[: 1 + first]) for each in task.documents.held_out]
        write_documents(found, task.folder / "predictions.jsonl", "jsonl")

    monkeypatch.setattr(Worker, "run", run)
    return kept


@pytest.fixture
def config(tiny_config):
    return tiny_config(seed=7)


class TestSeeds:
    def test_models_differ_in_the_seed_alone(self, tasks, documents, config, tmp_path):
        train_model(documents, config.replace(seeds=3), output=tmp_path)
        *trained, together = tasks
        assert [task.name for task in trained] == ["fold-0-seed-7", "fold-0-seed-8", "fold-0-seed-9"]
        assert [task.config for task in trained] == [config.replace(seed=seed, lexicon="train") for seed in (7, 8, 9)]
        assert all(task.documents == trained[0].documents for task in trained)
        assert isinstance(together, AverageTask) and together.unseen_by == [(0, 1, 2)] * len(
            trained[0].documents.held_out
        )

    def test_the_division_is_that_of_one_seed(self, tasks, documents, config, tmp_path):
        for seeds in (1, 2):
            cross_validate(documents, config.replace(seeds=seeds), output=tmp_path / str(seeds), folds=3)
        alone, first, second = tasks[:3], tasks[3:9:2], tasks[4:9:2]
        for other in (first, second):
            assert [ids(task.documents.held_out) for task in other] == [ids(task.documents.held_out) for task in alone]
            assert [ids(task.documents.training) for task in other] == [ids(task.documents.training) for task in alone]
        assert [task.name for task in alone] == ["fold-0", "fold-1", "fold-2"]

    def test_seeds_are_scored_apart_and_documents_by_all_models_together(self, tasks, documents, config, tmp_path):
        scores = cross_validate(documents, config.replace(seeds=2), output=tmp_path, folds=3)
        assert scores == evaluate(documents, documents)  # what is found together
        record = open_run(tmp_path)
        for place, each in enumerate(record.sheet.seeds):
            apart = [Document(d.id, d.text, d.entities[: 2 - place]) for d in documents]
            assert each.seed == 7 + place and each.micro == evaluate(documents, apart).micro
        assert [(row.fold, row.seed) for row in record.sheet.folds] == [(f, s) for f in range(3) for s in (7, 8)]
        fold_of = assign_folds(documents, 3, seed=7)
        assert record.held_out_in == {each.id: (fold,) for each, fold in zip(documents, fold_of, strict=True)}
        assert len(record.model_folders()) == len(record.folds.trainings) == 6

    def test_another_number_of_seeds_is_another_run(self, tasks, documents, config, tmp_path):
        train_model(documents, config.replace(seeds=2), output=tmp_path)
        with pytest.raises(RunError, match="seeds was 2, now 3"):
            train_model(documents, config.replace(seeds=3), output=tmp_path)

    def test_a_run_without_one_of_its_models_is_incomplete(self, tasks, documents, config, tmp_path):
        train_model(documents, config.replace(seeds=2), output=tmp_path)
        (tmp_path / "fold-0-seed-8" / "predictions.jsonl").unlink()
        with pytest.raises(RunError, match=r"the run is incomplete, fold-0-seed-8 is not complete \(1 of 2\)"):
            open_run(tmp_path)

    def test_only_what_is_missing_is_trained_and_averaged_anew(self, tasks, documents, config, tmp_path):
        options = config.replace(seeds=2)
        first = train_model(documents, options, output=tmp_path)
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        del tasks[:]
        assert train_model(documents, options, output=tmp_path) == first and tasks == []
        shutil.rmtree(tmp_path / "fold-0-seed-8")
        assert train_model(documents, options, output=tmp_path) == first
        assert [type(task) is AverageTask or task.name for task in tasks] == ["fold-0-seed-8", True]
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before

    def test_with_more_epochs_all_go_on_and_are_averaged_anew(self, tasks, documents, config, tmp_path):
        train_model(documents, config.replace(seeds=2), output=tmp_path)
        names = ["fold-0-seed-7", "fold-0-seed-8"]
        for name in names:
            (tmp_path / name / "model").mkdir()
            (tmp_path / name / "model" / "weights.safetensors").touch()
        del tasks[:]
        train_model(documents, config.replace(seeds=2, epochs=5), output=tmp_path)
        assert [task.name for task in tasks[:2]] == names and {task.config.epochs for task in tasks[:2]} == {5}
        assert [type(task) for task in tasks[2:]] == [AverageTask]

    def test_what_was_found_together_is_gone_before_a_model_is_trained_anew(
        self, tasks, documents, config, tmp_path, monkeypatch
    ):
        options = config.replace(seeds=2)
        train_model(documents, options, output=tmp_path)
        shutil.rmtree(tmp_path / "fold-0-seed-8")

        def fail(self, task):
            raise RunError("killed")

        with monkeypatch.context() as patch, pytest.raises(RunError, match="killed"):
            patch.setattr(Worker, "run", fail)
            train_model(documents, options, output=tmp_path)
        assert not (tmp_path / "out_of_fold.jsonl").exists()


class TestBootstrap:
    def test_each_model_learns_from_what_was_drawn_and_is_scored_on_the_rest(self, tasks, documents, config, tmp_path):
        cross_validate(documents, config.replace(bootstrap=True), output=tmp_path, folds=4)
        bags = draw_bags(documents, 4, seed=7)
        for task, times in zip(tasks[:4], bags, strict=True):
            assert [ids(task.documents.training).count(each.id) for each in documents] == times
            assert ids(task.documents.held_out) == [
                each.id for each, often in zip(documents, times, strict=True) if not often
            ]
        left_out = {
            each.id: tuple(bag for bag in range(4) if not bags[bag][place]) for place, each in enumerate(documents)
        }
        assert open_run(tmp_path).held_out_in == {id: bags for id, bags in left_out.items() if bags}

    def test_documents_are_scored_by_all_models_that_left_them_out(self, tasks, documents, config, tmp_path, caplog):
        scores = cross_validate(documents, config.replace(bootstrap=True), output=tmp_path, folds=2)
        record, together = open_run(tmp_path), tasks[-1]
        scored = [each for each in documents if each.id in record.held_out_in]
        assert 0 < len(scored) < len(documents) and scores == evaluate(scored, scored)
        assert ids(together.documents) == ids(scored) == ids(record.predicted)
        assert together.unseen_by == [record.held_out_in[each.id] for each in scored]
        assert {len(models) for models in together.unseen_by} == {1, 2}
        missing = len(documents) - len(scored)
        assert f"{missing} of {len(documents)} documents are in all of the 2 resampled sets" in caplog.text

    def test_one_model_is_scored_on_what_its_seed_left_out_whatever_its_own(self, tasks, documents, config, tmp_path):
        train_model(documents, config.replace(bootstrap=True, seeds=2), output=tmp_path)
        [times] = draw_bags(documents, 1, seed=7)
        assert {tuple(ids(task.documents.held_out)) for task in tasks[:2]} == {
            tuple(each.id for each, often in zip(documents, times, strict=True) if not often)
        }

    def test_counts_of_models_add_for_a_seed(self, tasks, documents, config, tmp_path):
        cross_validate(documents, config.replace(bootstrap=True, seeds=2), output=tmp_path, folds=3)
        total = Counts()
        for task in tasks[0:6:2]:  # of seed 7
            found = read_documents(task.folder / "predictions.jsonl", "jsonl")
            total += evaluate(task.documents.held_out, found).total
        assert open_run(tmp_path).sheet.seeds[0].micro.f1 == total.f1

    def test_validation_documents_beside_it_are_refused(self, tasks, documents, config, tmp_path):
        with pytest.raises(
            ConfigError, match="bootstrap already holds out the documents that are not drawn; leave out"
        ):
            train_model(documents[:9], config.replace(bootstrap=True), output=tmp_path / "run", valid=documents[9:])
        assert not (tmp_path / "run").exists()

    def test_one_text_cannot_be_resampled(self, tasks, documents, config, tmp_path):
        same = [Document(str(number), documents[0].text, documents[0].entities) for number in range(3)]
        with pytest.raises(DataError, match="1 different texts cannot be resampled"):
            train_model(same, config.replace(bootstrap=True), output=tmp_path)


@pytest.fixture(scope="module")
def real(tiny_config, documents, tmp_path_factory) -> Iterator[Path]:
    """Two bags with two seeds each, really trained."""
    folder = tmp_path_factory.mktemp("several") / "run"
    tf.config.run_functions_eagerly(True)  # four networks would be traced, which takes most of so short a training
    options = tiny_config(seeds=2, bootstrap=True, epochs=3, head="softmax")
    cross_validate(documents, options, output=folder, folds=2, executor="in_process")
    yield folder
    tf.config.run_functions_eagerly(False)


class TestTrained:
    def test_the_models_of_a_run_differ_and_each_knows_its_seed(self, real):
        models = [NERModel.load(folder) for folder in open_run(real).model_folders()]
        assert [model.config.run.seed for model in models] == [42, 43, 42, 43]
        weights = [model.weights() for model in models]
        assert len({each[name].tobytes() for each in weights for name in [min(each)]}) == 4

    def test_a_document_is_predicted_by_the_average_of_the_models_that_did_not_see_it(self, real, documents):
        record = open_run(real)
        models = {folder.parent.name: NERModel.load(folder) for folder in record.model_folders()}
        found = 0
        for document in record.predicted:
            folds = record.held_out_in[document.id]
            unseen = [models[f"fold-{fold}-seed-{seed}"] for fold in folds for seed in (42, 43)]
            [expected] = NamedEntityRecognizer(unseen).predict([Document(document.id, document.text)])
            assert expected == document
            found += len(document.entities)
        assert found > 5

    def test_in_use_all_models_are_averaged(self, real):
        assert len(load_recognizer(real).models) == 4

    def test_combined_with_nothing_it_is_what_it_was(self, real, documents, tmp_path):
        combine_runs(
            [real, shutil.copytree(real, tmp_path / "copy")],
            output=tmp_path / "two",
            options=CombineOptions(method="vote"),
        )
        before, votes = (read_documents(run / "out_of_fold.jsonl", "jsonl") for run in (real, tmp_path / "two"))
        assert votes == before
        combine_runs([real], output=tmp_path / "one", gold=documents)  # fitted to folds of its own
        assert len(open_run(tmp_path / "one").sheet.folds) == 5


class TestCommands:
    def test_folds_seeds_and_their_spread_are_printed(self, real, capsys, caplog):
        with caplog.at_level(logging.INFO, "bert4ner"):  # --quiet prints none of it
            print_training(real, open_run(real).scores)
        rows = [line.split() for line in capsys.readouterr().out.splitlines()]
        sheet = open_run(real).sheet
        assert ["fold", "seed", "P", "R", "F1", "best", "epoch"] in rows and ["seed", "P", "R", "F1"] in rows
        f1 = [f"{100 * each.f1:.2f}" for each in (sheet.seeds[1].micro, sheet.seed_spread()["std"])]
        assert [row[-1] for row in rows if len(row) == 4 and row[0] in ("43", "std")][-2:] == f1
        assert ["1", "42"] in [row[:2] for row in rows] and any(
            "by the average of all models" in " ".join(r) for r in rows
        )

    def test_compare_reports_the_spread_over_seeds(self, real, capsys):
        assert main(["compare", str(real), "--json"]) == 0
        [message] = json.loads(capsys.readouterr().out)["runs"]
        spread = open_run(real).sheet.seed_spread()
        assert (message["folds"], message["seeds"], message["documents"]) == (2, 2, len(open_run(real).predicted))
        assert (message["seeds_f1_mean"], message["seeds_f1_std"]) == (spread["mean"].f1, spread["std"].f1)
        assert main(["compare", str(real)]) == 0
        assert f"{100 * spread['std'].f1:.2f}" in capsys.readouterr().out

    def test_evaluate_averages_all_models(self, real, documents, tmp_path, capsys):
        write_documents(documents, tmp_path / "gold.jsonl", "jsonl")
        assert main(["evaluate", str(real), str(tmp_path / "gold.jsonl"), "--json"]) == 0
        out, err = capsys.readouterr()
        expected = evaluate(documents, load_recognizer(real).predict(documents)).micro.f1
        assert json.loads(out)["micro"]["f1"] == pytest.approx(expected) and "gold texts were used to make" in err

    def test_the_report_shows_each_training_and_each_seed(self, real, documents, tmp_path):
        text = write_report(real, gold=documents, output=tmp_path / "page.html").read_text(encoding="utf-8")
        Page(text)  # tags match
        sheet = open_run(real).sheet
        for part in ("2 folds", "2 seeds", "1, seed 43", "F1 over seeds", "all models together that did not see it"):
            assert part in text
        assert text.count("<b>Fold") == 4 and f"± {100 * sheet.seed_spread()['std'].f1:.2f}" in text
