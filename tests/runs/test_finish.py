"""A run whose folds are complete is joined and scored."""

import pytest

from bert4ner.data.documents import read_documents
from bert4ner.errors import RunError
from bert4ner.runs.finish import finish_run
from bert4ner.runs.folder import RunFolder
from bert4ner.runs.record import open_run
from bert4ner.scoring.metrics import evaluate


@pytest.fixture
def unfinished(run):
    for name in ("scores.json", "out_of_fold.jsonl"):
        (run / name).unlink()
    return RunFolder(run)


def test_folds_are_joined_in_the_order_of_the_documents_and_scored(unfinished, gold, predicted):
    assert finish_run(unfinished, gold) == evaluate(gold, predicted)
    assert read_documents(unfinished.path / "out_of_fold.jsonl", "jsonl") == predicted
    sheet = open_run(unfinished.path).sheet
    assert [fold.best_epoch for fold in sheet.folds] == [3, 3] and "a little optimistic" in sheet.note
    for fold in (0, 1):
        assert sheet.folds[fold].micro == evaluate(gold[fold::2], predicted[fold::2]).micro


def test_predictions_that_somebody_changed_are_reported_and_nothing_is_written(unfinished, gold):
    (unfinished.fold(0) / "predictions.jsonl").write_bytes((unfinished.fold(1) / "predictions.jsonl").read_bytes())
    with pytest.raises(
        RunError, match=r"fold-0: predictions\.jsonl lacks 3 documents, e\.g\. 'leaflet-0'; somebody changed"
    ):
        finish_run(unfinished, gold)
    assert not (unfinished.path / "scores.json").exists() and not (unfinished.path / "out_of_fold.jsonl").exists()
