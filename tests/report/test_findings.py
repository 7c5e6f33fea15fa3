import logging
import shlex
from collections import Counter
from dataclasses import replace

import pytest

from bert4ner.cli.training import print_training
from bert4ner.report.findings import find_findings
from bert4ner.report.mistakes import Mistakes, count_mistakes
from bert4ner.runs.history import read_history, write_history
from bert4ner.runs.record import open_run
from bert4ner.runs.scores import write_scores
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import Score, Scores
from bert4ner.scoring.reliability import reliability


@pytest.fixture
def findings(run):
    """What is found in a run with these counts of labels, and whatever else is given."""

    def findings_of(counts, mistakes=None, reliability=None, best_epochs=(3, 3)):
        sheet = open_run(run).sheet
        folds = [replace(fold, best_epoch=epoch) for fold, epoch in zip(sheet.folds, best_epochs, strict=True)]
        if not any(each.hits for each in counts.values()):
            folds = [replace(fold, micro=Score(0.0, 0.0, 0.0)) for fold in folds]
        write_scores(run, replace(sheet, scores=Scores(counts), folds=tuple(folds)))
        return find_findings(open_run(run), mistakes, reliability)

    return findings_of


def with_updates(fold, updates):
    """Adds the updates of each of the three epochs to a history."""
    write_history(fold / "history.jsonl", [{**line, "updates": updates} for line in read_history(fold)])


EARLY = {"best_epochs": [1, 2]}  # of three epochs: nothing to say


def test_a_run_without_weakness_is_left_in_peace(findings):
    perfect = Mistakes(Counter(), {"A": Counter(right=50)}, Counter({("A", "A"): 50}))
    assert findings({"A": Counts(50, 50, 50)}, perfect, reliability([0.99], [True]), **EARLY) == []


def test_the_lower_of_precision_and_recall_is_reported(findings):
    assert findings({"A": Counts(40, 80, 50)}, **EARLY) == [
        "Recall (50.0) is lower than precision (80.0): more misses than false positives."
    ]
    assert findings({"A": Counts(40, 50, 80)}, **EARLY) == [
        "Precision (50.0) is lower than recall (80.0): more false positives than misses."
    ]


def test_weakest_labels_leave_out_those_too_rare_to_judge(findings):
    counts = {name: Counts(hits, 40, 40) for name, hits in {"A": 30, "B": 10, "C": 20, "D": 39}.items()}
    sentences = findings({**counts, "RARE": Counts(0, 3, 3)}, **EARLY)
    assert sentences == [
        "Weakest labels by F1: B (25.0), C (50.0), A (75.0).",
        "Fewer than 20 gold entities, so the label's score says little: RARE.",
    ]
    assert sentences[0].chinese == "F1 最低的标签：B（25.0）、C（50.0）、A（75.0）。"


def test_labels_that_are_all_too_rare_are_counted(findings, make_run, gold, predicted):
    few = {name: Counts(3, 3, 3) for name in ("A", "B")}
    (said,) = findings(few, **EARLY)
    assert said == "All 2 labels have fewer than 20 gold entities, so their scores say little."
    one = open_run(make_run(gold, predicted, name="one", folds=1))
    said = next(each for each in find_findings(one, None, None) if each.startswith("All 2 labels"))
    assert said.endswith("held out: train with crossval, which scores every document.")
    assert said.chinese.startswith("全部 2 种标签在留出文档中的标注实体都不足 20 个，请改用 crossval")
    assert "Fewer than 20 gold entities" in findings({"A": Counts(3, 3, 3)}, **EARLY)[0]


def test_labels_confused_equally_often_are_all_reported(findings):
    pairs = [("电影", "游戏"), ("公司", "组织"), ("地址", "景点"), ("书名", "电影")]

    def said(*counts):
        confusions = Counter(dict(zip(pairs, counts, strict=False)))
        return findings({"A": Counts(50, 50, 50)}, Mistakes(Counter(missed=9), {}, confusions), **EARLY)[1]

    assert said(3, 2).chinese == "最常见的标签混淆：“电影”误判为“游戏”，3 次。"
    assert said(3, 3, 1) == (
        "Most frequent confusions of labels, 3 times each: 公司 predicted as 组织, 电影 predicted as 游戏."
    )
    assert said(1, 1, 1, 1).endswith(
        "1 time each: 书名 predicted as 电影, 公司 predicted as 组织, 地址 predicted as 景点, and 1 more."
    )
    assert said(1, 1, 1, 1).chinese.startswith("最常见的标签混淆（各 1 次）：“书名”误判为“电影”、“公司”误判为“组织”")


def test_the_most_frequent_mistakes_are_reported(findings, gold, predicted):
    mistakes = count_mistakes(list(zip(gold, predicted, strict=True)))
    sentences = findings({"A": Counts(50, 50, 50)}, mistakes, **EARLY)
    assert sentences == [
        "Most frequent kinds of errors: wrong boundary, wrong label, missed, spurious, 1 of 4 each.",
        "Most frequent confusion of labels: SYMPTOM predicted as DRUG, 1 time.",
    ]


@pytest.mark.parametrize(
    ("scores", "right", "said"),
    [([0.9] * 4, [True, False] * 2, "too high by 40.0 points"), ([0.4] * 2, [True] * 2, "too low by 60.0 points")],
)
def test_scores_that_mislead_are_reported(findings, run, scores, right, said):
    (sentence,) = findings({"A": Counts(50, 50, 50)}, None, reliability(scores, right), **EARLY)
    assert said in sentence
    words = shlex.split(sentence.partition(" Calibrate them: ")[2].removesuffix("."))
    given = [str(run), "--output", f"{run}-calibrated", "--gold", "DATA", "--calibration", "isotonic"]
    assert words == ["bert4ner", "combine", *given]


def test_more_epochs_are_advised_where_the_last_was_the_best(findings):
    (sentence,) = findings({"A": Counts(50, 50, 50)})
    assert sentence == "The last epoch was the best in 2 of 2 folds: more epochs (--epochs) may give more."


def test_no_epoch_is_called_the_best_where_nothing_right_was_found(findings):
    assert findings({"A": Counts(0, 50, 50)})[-1] == (
        "No model found anything right yet: more epochs (--epochs) or smaller batches (--batch-tokens) may help."
    )


def test_few_updates_of_the_weights_come_before_all_else(findings, run):
    for fold, updates in (("fold-0", 1), ("fold-1", 20)):
        with_updates(run / fold, updates)
    first, *_ = findings({"A": Counts(40, 80, 50)})
    assert first == (
        "A model's weights were updated only 3 times: too few to learn well. Lower --batch-tokens (4,096 tokens) or "
        "raise --epochs."
    )
    assert first.chinese.startswith("模型权重只更新了 3 次")


def test_enough_updates_are_not_reported(findings, run):
    for fold in ("fold-0", "fold-1"):
        with_updates(run / fold, 14)
    assert findings({"A": Counts(50, 50, 50)}, **EARLY) == []


def test_the_advice_stands_under_the_scores_of_a_training_too(findings, run, capsys, caplog):
    (sentence,) = findings({"A": Counts(50, 50, 50)})
    with caplog.at_level(logging.INFO, "bert4ner"):  # --quiet prints none of it
        print_training(run, open_run(run).scores)
    assert sentence in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(
    ("pretrained", "bundled"),
    [
        ("tcm-mini", True),
        ("pretrained/tcm-mini/", True),
        ("tcm-mini-pretrained", False),
        ("hfl/chinese-bert-wwm", False),
    ],
)
def test_a_training_with_the_bundled_encoder_ends_with_the_advice_to_take_a_larger_one(
    pretrained, bundled, make_run, gold, predicted, capsys, caplog
):
    run = make_run(gold, predicted, pretrained=pretrained)
    with caplog.at_level(logging.INFO, "bert4ner"):
        print_training(run, open_run(run).scores)
    assert capsys.readouterr().out.count("one of usual size should score much higher") == bundled
    with caplog.at_level(logging.WARNING, "bert4ner"):  # --quiet
        print_training(run, open_run(run).scores)
    assert capsys.readouterr().out == ""
