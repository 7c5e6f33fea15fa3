from collections import Counter
from dataclasses import replace

import pytest

from bert4ner.report.findings import find_findings
from bert4ner.report.mistakes import Mistakes, count_mistakes
from bert4ner.runs.record import open_run
from bert4ner.runs.scores import write_scores
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import Scores
from bert4ner.scoring.reliability import reliability


@pytest.fixture
def told(run):
    """What is found in a run with these counts of labels, and whatever else is given."""

    def tell(counts, mistakes=None, reliability=None, best_epochs=(3, 3)):
        sheet = open_run(run).sheet
        folds = [replace(fold, best_epoch=epoch) for fold, epoch in zip(sheet.folds, best_epochs, strict=True)]
        write_scores(run, replace(sheet, scores=Scores(counts), folds=tuple(folds)))
        return find_findings(open_run(run), mistakes, reliability)

    return tell


EARLY = {"best_epochs": [1, 2]}  # of three epochs: nothing to say


def test_a_run_without_weakness_is_left_in_peace(told):
    perfect = Mistakes(Counter(), {"A": Counter(right=50)}, Counter({("A", "A"): 50}))
    assert told({"A": Counts(50, 50, 50)}, perfect, reliability([0.99], [True]), **EARLY) == []


def test_the_lower_of_precision_and_recall_is_told(told):
    assert told({"A": Counts(40, 80, 50)}, **EARLY) == [
        "Recall (50.0) is lower than precision (80.0): more is overlooked than invented."
    ]
    assert told({"A": Counts(40, 50, 80)}, **EARLY) == [
        "Precision (50.0) is lower than recall (80.0): more is invented than overlooked."
    ]


def test_weakest_labels_leave_out_those_too_rare_to_judge(told):
    counts = {name: Counts(hits, 40, 40) for name, hits in {"A": 30, "B": 10, "C": 20, "D": 39}.items()}
    sentences = told({**counts, "RARE": Counts(0, 3, 3)}, **EARLY)
    assert sentences == [
        "Weakest labels by F1: B (25.0), C (50.0), A (75.0).",
        "Fewer than 20 gold entities, so that the label's score says little: RARE.",
    ]


def test_the_most_frequent_mistakes_are_told(told, gold, predicted):
    mistakes = count_mistakes(list(zip(gold, predicted, strict=True)))
    sentences = told({"A": Counts(50, 50, 50)}, mistakes, **EARLY)
    assert sentences == [
        "Most frequent kind of error: wrong boundary, 1 of 4.",
        "Most frequent confusion of labels: SYMPTOM taken for DRUG, 1 times.",
    ]


@pytest.mark.parametrize(
    ("scores", "right", "said"),
    [([0.9] * 4, [True, False] * 2, "too sure by 40.0 points"), ([0.4] * 2, [True] * 2, "too modest by 60.0 points")],
)
def test_scores_that_mislead_are_told(told, scores, right, said):
    (sentence,) = told({"A": Counts(50, 50, 50)}, None, reliability(scores, right), **EARLY)
    assert said in sentence


def test_more_epochs_are_advised_where_the_last_was_the_best(told):
    (sentence,) = told({"A": Counts(50, 50, 50)})
    assert sentence == "The last epoch was the best in 2 of 2 folds: more epochs (--epochs) may give more."
