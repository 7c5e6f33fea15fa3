import json
import re

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError, RunError
from bert4ner.report.run_record import load_run, match_gold
from bert4ner.scoring.metrics import evaluate


def test_a_run_is_read_whole(run, gold, predicted):
    record = load_run(run)
    assert record.num_folds == 2 and [len(lines) for lines in record.histories] == [3, 3]
    assert record.config.model.head == "softmax"
    assert record.predicted == predicted
    assert [entity.score for entity in record.predicted[0].entities] == [0.95]
    assert record.scores == evaluate(gold, predicted)
    assert record.held_out_in["leaflet-3"] == 1


def test_an_incomplete_run_is_named_with_what_to_do(run):
    (run / "fold-1" / "predictions.jsonl").unlink()
    with pytest.raises(RunError, match=r"run: the run is incomplete, 1 of 2 folds are trained; run the command"):
        load_run(run)


@pytest.mark.parametrize(
    "name", ["scores.json", "out_of_fold.jsonl", "config.toml", "environment.json", "fold-1/history.jsonl"]
)
def test_a_missing_file_is_named(run, name):
    (run / name).unlink()
    with pytest.raises(RunError, match=rf"the run is incomplete, {re.escape(name.split('/')[-1])} is missing"):
        load_run(run)


def test_what_is_no_run_is_told(tmp_path):
    with pytest.raises(RunError, match=r"no run, folds\.json is missing"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("folds.json", "{}", "damaged"),
        ("folds.json", '{"fingerprint": "", "folds": "two", "documents": {}}', "a number of folds, found 'two'"),
        ("folds.json", '{"fingerprint": "", "folds": 2, "documents": []}', "expected names with values, found list"),
        ("folds.json", '{"fingerprint": "", "folds": 2, "documents": {}}', "'leaflet-0' is not one of those"),
        ("scores.json", "{", "damaged"),
        ("scores.json", "[]", "expected names with values, found list"),
        ("scores.json", "{}", "'note' is missing"),
        ("scores.json", '{"note": "", "out_of_fold": {"labels": {}}, "folds": []}', "scores of 2 folds, found 0"),
        ("environment.json", "\ufffe", "damaged"),
        ("fold-0/history.jsonl", "", "empty"),
        ("fold-0/history.jsonl", '{"epoch": 1}\n', "'precision' is missing"),
    ],
)
def test_a_damaged_file_is_named(run, name, content, told):
    (run / name).write_text(content, encoding="utf-8")
    with pytest.raises(RunError) as error:
        load_run(run)
    assert name in str(error.value) and told in str(error.value)


def test_a_value_that_is_no_number_is_refused(run):
    path = run / "fold-0" / "history.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    lines[1]["loss"] = float("nan")
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with pytest.raises(RunError, match="epoch 2 has a value that is no number"):
        load_run(run)


def test_gold_comes_in_the_order_of_the_run_without_the_rest(run, gold):
    more = [Document("other", "蜂蜜"), *reversed(gold)]
    assert match_gold(load_run(run), more) == gold


def test_gold_that_lacks_documents_is_refused(run, gold):
    with pytest.raises(DataError, match=r"gold lacks 2 of the 6 documents .*run was scored on, e\.g\. 'leaflet-4'"):
        match_gold(load_run(run), gold[:4])


def test_gold_with_another_text_is_refused(run, gold):
    other = Document("leaflet-2", "川芎用于咳嗽。", (Entity(0, 2, "DRUG"),))
    with pytest.raises(DataError, match=r"the texts of 1 gold documents are not those .* of 'leaflet-2'"):
        match_gold(load_run(run), [*gold[:2], other, *gold[3:]])
