"""What a combination is compared with, by hand."""

import pytest

from bert4ner.cli.combine import _print_objective
from bert4ner.combine.aimed import in_words, reached
from bert4ner.combine.thresholds import Aim
from bert4ner.entities import Document, Entity
from bert4ner.scoring.metrics import evaluate

GOLD = [Document("a", "人参用于头痛发热", (Entity(0, 2, "DRUG"), Entity(4, 6, "SYMPTOM"), Entity(6, 8, "SYMPTOM")))]
FOUND = [Document("a", GOLD[0].text, (Entity(0, 2, "DRUG"), Entity(4, 6, "SYMPTOM"), Entity(2, 4, "DRUG")))]
"""DRUG: precision 1/2, recall 1; SYMPTOM: 1, 1/2; together 2/3 each."""


@pytest.mark.parametrize(
    ("aim", "value"),
    [("f1", 2 / 3), ("f2", 2 / 3), ("macro-f1", 2 / 3), ("macro-f2", (5 / 6 + 5 / 9) / 2), ("recall=0.9", 2 / 3)],
)
def test_what_is_reached_of_an_aim(aim, value):
    assert reached(Aim.parse(aim), evaluate(GOLD, FOUND)) == pytest.approx(value)
    assert reached(Aim.parse(aim), evaluate(GOLD, [Document("a", GOLD[0].text)])) == 0


def test_aims_are_described_in_words():
    assert in_words(Aim.parse("macro-f1")) == "macro F1"
    assert in_words(Aim.parse("f0.5")) == "micro F0.5 (recall counts 0.5 times as much as precision)"


def test_a_loss_is_reported_as_one(capsys):
    scores = evaluate(GOLD, FOUND)
    assert _print_objective(
        {"aim": "f1", "alone": [0.5, 0.6], "together": 0.65}, ["one", "two"], scores, calibrated=False
    )
    out = capsys.readouterr().out
    assert "Objective: micro F1" in out and "estimated gain over all together, nothing fitted: 1.67 points" in out
    assert not _print_objective({"aim": "f1", "alone": [0.7], "together": 0.1}, ["one"], scores, calibrated=False)
    out = capsys.readouterr().out
    assert "Estimated to be no better than one alone (66.67 and 70.00): use that instead." in out
    assert "together" not in out
    assert _print_objective({"aim": "f1", "alone": [0.7], "together": 0.1}, ["one"], scores, calibrated=True)
    assert "(66.67 and 70.00): use it only for its calibrated scores." in capsys.readouterr().out
