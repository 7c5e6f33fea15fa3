"""The scores of a run are computed, written and read in one place, and are the same afterwards."""

import json
import statistics
from dataclasses import replace

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.runs.score_sheet import MemberScore, SeedScore, make_sheet, score_folds
from bert4ner.runs.scores import read_scores, write_scores
from bert4ner.scoring.bootstrap import bootstrap_interval
from bert4ner.scoring.metrics import Score, evaluate

FOLDS = [0, 1, 0, 1, 1, 0]
TRIED = {"f1_without": 0.0, "f1_nested": 0.1, "f1_on_themselves": 0.2}
CALIBRATION = {"kind": "isotonic", "candidates": 7, "ece_before": 0.5, "ece_after": 1e-9}


def trained(gold, predicted, folds, best_epochs):
    rows = zip(score_folds(gold, predicted, folds), best_epochs, strict=True)
    return [replace(row, documents=None, best_epoch=epoch) for row, epoch in rows]


@pytest.fixture
def sheet(gold, predicted):
    return make_sheet(gold, predicted, trained(gold, predicted, FOLDS, [4, 2]), note="honest")


@pytest.fixture
def with_seeds(sheet):
    """Two seeds in each of two folds."""
    scores = [Score(0.5, 0.5, f1) for f1 in (0.3, 0.5, 0.6, 0.8)]
    rows = [replace(sheet.folds[n // 2], seed=7 + n % 2, micro=score) for n, score in enumerate(scores)]
    return replace(sheet, folds=tuple(rows), seeds=(SeedScore(7, Score(0.5, 0.5, 0.4)), SeedScore(8, scores[2])))


def test_a_sheet_reports_all_folds_together_and_each(sheet, gold, predicted):
    assert sheet.scores == evaluate(gold, predicted) and sheet.note == "honest"
    assert sheet.bootstrap_f1 == bootstrap_interval(gold, predicted)
    for fold in (0, 1):
        own = [place for place, each in enumerate(FOLDS) if each == fold]
        micro = evaluate([gold[place] for place in own], [predicted[place] for place in own]).micro
        assert sheet.folds[fold].micro == micro and sheet.folds[fold].fold == fold
    assert [fold.best_epoch for fold in sheet.folds] == [4, 2] and sheet.folds[0].documents is None


def test_folds_without_training_tell_their_number_of_documents(gold, predicted):
    folds = score_folds(gold, predicted, [0, 2, 2, 2, 0, 2])
    assert [(fold.fold, fold.documents, fold.best_epoch) for fold in folds] == [(0, 2, None), (2, 4, None)]


def test_the_spread_is_over_folds_and_none_over_a_single_one(sheet, gold, predicted):
    f1 = [fold.micro.f1 for fold in sheet.folds]
    assert sheet.f1_mean == pytest.approx(statistics.fmean(f1)) and sheet.f1_std == pytest.approx(statistics.stdev(f1))
    spread = sheet.spread()
    assert (spread["mean"].f1, spread["std"].f1) == pytest.approx((sheet.f1_mean, sheet.f1_std))
    alone = make_sheet(gold, predicted, trained(gold, predicted, [0] * 6, [1]), note="")
    assert alone.f1_std is None and alone.spread() == {} and alone.f1_mean == alone.scores.micro.f1


def test_a_fold_without_entities_is_left_out_of_the_mean_and_reported(sheet, gold, predicted, tmp_path):
    empty = [Document("none-1", "甘草"), Document("none-2", "当归")]
    folds = [*score_folds([*gold, *empty], [*predicted, *empty], [*FOLDS, 2, 3])]
    assert [fold.entities for fold in folds] == [None, None, 0, 0]
    more = make_sheet([*gold, *empty], [*predicted, *empty], folds, note="honest")
    assert more.spread() == sheet.spread() and more.f1_mean == sheet.f1_mean
    assert more.note == "honest; left out of the mean, as their documents have no entity: fold 2, 3"
    write_scores(tmp_path, more)
    assert read_scores(tmp_path) == more
    nothing = make_sheet(empty, empty, [*score_folds(empty, empty, [0, 1])], note="")
    assert nothing.f1_mean == 0


def test_folds_spread_by_the_means_of_their_seeds_and_seeds_by_themselves(with_seeds, tmp_path):
    assert with_seeds.f1_mean == pytest.approx(0.55)
    assert with_seeds.f1_std == pytest.approx(statistics.stdev([0.4, 0.7]))
    spread = with_seeds.seed_spread()
    assert (spread["mean"].f1, spread["std"].f1) == pytest.approx((0.5, statistics.stdev([0.4, 0.6])))
    write_scores(tmp_path, with_seeds)
    values = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert [row["seed"] for row in values["folds"]] == [7, 8, 7, 8] and values["seeds"][1]["f1"] == 0.6
    assert (values["seeds_mean"]["f1"], values["seeds_std"]["f1"]) == (spread["mean"].f1, spread["std"].f1)


def test_a_sheet_round_trips_with_members_and_what_fitting_is_worth(sheet, with_seeds, tmp_path):
    nested = Document("n", "头痛头晕", (Entity(0, 4, "A"), Entity(0, 2, "A")))
    more = replace(
        sheet,
        scores=evaluate([nested], [nested]),
        members=(MemberScore("一", Score(0.1, 0.2, 1 / 3)),),
        worth={"quorum": TRIED, "calibration": CALIBRATION},
    )
    for each in (sheet, more, with_seeds):
        write_scores(tmp_path, each)
        assert read_scores(tmp_path) == each


def test_the_file_reads_as_it_always_did_but_for_its_format(sheet, tmp_path):
    write_scores(tmp_path, replace(sheet, worth={"thresholds": TRIED}))
    values = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    assert list(values) == ["format", "note", "out_of_fold", "folds", "f1_mean", "f1_std", "bootstrap_f1", "thresholds"]
    assert list(values["folds"][0]) == ["fold", "best_epoch", "precision", "recall", "f1"]
    assert values["format"] == 1 and values["out_of_fold"] == sheet.scores.to_dict()


def test_what_was_aimed_at_is_kept_and_checked(sheet, tmp_path):
    aimed = {"aim": "f2", "alone": [0.25, 0.5], "together": 0.75}
    write_scores(tmp_path, replace(sheet, worth={"aimed": aimed}))
    assert read_scores(tmp_path).worth == {"aimed": aimed}
    write_scores(tmp_path, replace(sheet, worth={"aimed": {**aimed, "alone": [2.0]}}))
    with pytest.raises(RunError, match=r"expected aimed.alone\[0\] to be a number in \[0, 1\], found 2.0"):
        read_scores(tmp_path)
