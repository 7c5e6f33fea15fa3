"""One record holds everything about a run, and names in one line what is missing, damaged or of a newer version."""

import json
import re

import pytest

from bert4ner.data.left_out import LeftOut
from bert4ner.errors import RunError
from bert4ner.runs.folds import Folds
from bert4ner.runs.left_out import left_out_of_run
from bert4ner.runs.lock import held
from bert4ner.runs.missing import not_a_run
from bert4ner.runs.record import CombinedRun, TrainedRun, open_run
from bert4ner.scoring.metrics import Score, evaluate


def read_all(path):
    """Every part of a run."""
    record = open_run(path)
    _ = record.environment, record.labels, record.held_out_in, record.sheet, record.predicted
    _ = (record.config, record.histories) if isinstance(record, TrainedRun) else (record.combination, record.curves)
    return record


def test_a_run_is_read_whole(run, gold, predicted):
    record = read_all(run)
    assert isinstance(record, TrainedRun) and record.name == "run" and record.labels == ["DRUG", "SYMPTOM"]
    assert record.environment["cores"] == 2
    assert [folder.relative_to(run).as_posix() for folder in record.model_folders()] == ["fold-0/model", "fold-1/model"]
    assert record.num_folds == 2 and [len(lines) for lines in record.histories] == [3, 3]
    assert record.config.model.head == "softmax"
    assert record.predicted == predicted
    assert [entity.score for entity in record.predicted[0].entities] == [0.95]
    assert record.scores == evaluate(gold, predicted)
    assert record.held_out_in["leaflet-3"] == (1,)


def test_an_incomplete_run_is_named_with_what_to_do(run):
    (run / "fold-1" / "predictions.jsonl").unlink()
    with pytest.raises(
        RunError, match=r"run: the run is incomplete, fold-1 is not complete \(1 of 2\); run the command"
    ):
        open_run(run)


def test_a_run_that_is_being_trained_is_waited_for(run):
    pytest.importorskip("fcntl", reason="no locks on this system")
    (run / "fold-1" / "predictions.jsonl").unlink()
    with (
        held(run),
        pytest.raises(RunError, match=r"\(1 of 2\); this process trains into it now, wait for it"),
    ):
        open_run(run)


def test_what_is_there_in_place_of_a_run_is_said(tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    (tmp_path / "file").touch()
    with held(tmp_path / "begun"):
        assert not_a_run(tmp_path / "begun").endswith("or a model; this process trains into it now, wait for it")
    assert not_a_run(tmp_path).endswith("; the folder holds none")
    assert not_a_run(tmp_path / "file").endswith("; it is not a folder")
    assert not_a_run(tmp_path / "nowhere").endswith("; nothing is there")


@pytest.mark.parametrize(
    "name",
    ["scores.json", "out_of_fold.jsonl", "config.toml", "environment.json", "labels.txt", "fold-1/history.jsonl"],
)
def test_a_missing_file_is_named(run, name):
    (run / name).unlink()
    with pytest.raises(RunError, match=rf"the run is incomplete, {re.escape(name.split('/')[-1])} is missing"):
        read_all(run)


def test_what_is_no_run_is_reported(tmp_path):
    with pytest.raises(RunError, match=r"not a run, folds\.json is missing"):
        open_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("folds.json", "{}", "damaged"),
        (
            "folds.json",
            '{"fingerprint": "", "folds": "two", "documents": {}}',
            "folds to be a whole number, found 'two'",
        ),
        (
            "folds.json",
            '{"fingerprint": "", "folds": 2, "documents": []}',
            "documents to be names with values, found []",
        ),
        ("folds.json", '{"fingerprint": "", "folds": 2, "documents": {"a": 2}}', "'a' is in fold 2 of 2"),
        ("folds.json", '{"fingerprint": "", "folds": 2, "documents": {}}', "'leaflet-0', which no fold of"),
        ("scores.json", "{", "damaged"),
        ("scores.json", "[]", "expected names with values, found list"),
        ("scores.json", "{}", "'note' is missing"),
        ("scores.json", '{"note": "", "out_of_fold": {"labels": {}}, "folds": []}', "'bootstrap_f1' is missing"),
        (
            "scores.json",
            '{"note": "", "out_of_fold": {}, "folds": [], "bootstrap_f1": [0, 1]}',
            "out_of_fold.labels' is",
        ),
        (
            "scores.json",
            '{"note": "", "out_of_fold": {"labels": {}}, "folds": [], "bootstrap_f1": [0, 1]}',
            "scores of 2 folds, found 0",
        ),
        (
            "scores.json",
            '{"note": "", "out_of_fold": {"labels": {"A": {}}}, "folds": [], "bootstrap_f1": [0, 1]}',
            "damaged, 'out_of_fold.labels.A.hits' is missing",
        ),
        ("out_of_fold.jsonl", '{"text": 1}\n', "out_of_fold.jsonl:1"),
        ("environment.json", "\ufffe", "damaged"),
        ("fold-0/history.jsonl", "", "empty"),
        ("fold-0/history.jsonl", '{"epoch": 1}\n', "'precision' is missing"),
    ],
)
def test_a_damaged_file_is_named(run, name, content, message):
    (run / name).write_text(content, encoding="utf-8")
    with pytest.raises(RunError) as error:
        read_all(run)
    assert name in str(error.value) and message in str(error.value) and "\n" not in str(error.value)


def test_a_value_that_is_no_number_is_refused(run):
    path = run / "fold-0" / "history.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines[1]["loss"] = None
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(RunError, match=r"history\.jsonl: damaged, line 2: expected loss to be a number, found None"):
        read_all(run)


def edit(path, change):
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def edit_folds(run, **changes):
    edit(run / "scores.json", lambda values: {**values, "folds": [{**fold, **changes} for fold in values["folds"]]})


@pytest.mark.parametrize(("name", "newest"), [("folds.json", 2), ("scores.json", 1), ("environment.json", 1)])
def test_a_newer_format_is_refused_by_name_and_none_is_the_first(run, name, newest):
    read_all(run)
    edit(run / name, lambda values: {**values, "format": 1})
    read_all(run)
    edit(run / name, lambda values: {**values, "format": newest + 1})
    message = rf"{re.escape(name)}: has format {newest + 1}, .* reads formats up to {newest}; install a newer"
    with pytest.raises(RunError, match=message):
        read_all(run)
    for damage in (0, "1", None, True):
        edit(run / name, lambda values, damage=damage: {**values, "format": damage})
        with pytest.raises(RunError, match=rf"{re.escape(name)}: damaged, its format is {damage!r}"):
            read_all(run)


def test_what_was_refused_is_refused_again(run):
    (run / "folds.json").write_text('{"fingerprint": "", "folds": 2, "documents": {}}', encoding="utf-8")
    record = open_run(run)
    for _ in range(2):
        with pytest.raises(RunError, match="which no fold of"):
            _ = record.predicted


def test_a_part_is_read_when_it_is_asked_for(run):
    for name in ("scores.json", "out_of_fold.jsonl", "environment.json"):
        (run / name).unlink()
    assert open_run(run).labels == ["DRUG", "SYMPTOM"]


def test_a_fold_without_its_best_epoch_is_refused(run):
    edit_folds(run, best_epoch=None)
    with pytest.raises(RunError, match=r"scores\.json: damaged, 'best_epoch' is missing"):
        _ = open_run(run).sheet


def test_a_combined_run_is_read_whole(combined, predicted):
    record = read_all(combined)
    assert isinstance(record, CombinedRun) and record.combination.names == ("crf", "<b>span")
    assert record.predicted == predicted and set(record.held_out_in.values()) == {(0,)} and record.num_folds == 2
    assert record.sheet.members[0].micro == Score(0.5, 0.25, 1 / 3)
    assert record.sheet.worth["thresholds"]["f1_nested"] == 0.2
    assert record.curves == {}
    with pytest.raises(RunError, match="the run is incomplete, member-0 is missing; combine the runs again"):
        record.member_folders()
    for number in (0, 1):
        (combined / f"member-{number}").mkdir()
    assert record.member_folders() == [(combined / "member-0",), (combined / "member-1",)]


def test_a_combined_run_has_the_folds_of_its_members(combined):
    for number, folds in enumerate((1, 3)):
        (combined / f"member-{number}").mkdir()
        text = json.dumps({"folds": folds, "fingerprint": "", "documents": {}})
        (combined / f"member-{number}" / "folds.json").write_text(text, encoding="utf-8")
    record = open_run(combined)
    assert (record.trained_folds, record.num_folds) == (3, 2)


def test_a_combined_run_names_what_its_members_left_out_each_once(combined):
    one, other = LeftOut("spans left out", 2, ("a.json:1",)), LeftOut("spans left out", 2, ("b.json:1",))
    assert left_out_of_run(open_run(combined)) == ()  # no member is there
    for number, left_out in enumerate([(one, other), (one,)]):
        (combined / f"member-{number}").mkdir()
        text = Folds(2, "f", {"a": (0,), "b": (1,)}, left_out=left_out).to_json()
        (combined / f"member-{number}" / "folds.json").write_text(text, encoding="utf-8")
    assert left_out_of_run(open_run(combined)) == (one, other)


def test_a_combined_run_without_scores_has_everything_else(combined):
    (combined / "scores.json").unlink()
    record = open_run(combined)
    assert record.labels and record.predicted
    with pytest.raises(RunError, match="was combined without scores; combine the runs again with --gold DATA"):
        _ = record.scores


def test_damaged_folds_of_a_combined_run_are_named(combined):
    edit_folds(combined, documents=None)
    with pytest.raises(RunError, match=r"scores\.json: damaged, 'documents' is missing"):
        _ = open_run(combined).sheet
