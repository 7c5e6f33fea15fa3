"""Strict scores against slow, independent counting."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.runs.scores import CountedScores
from bert4ner.schema import build
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import evaluate, pair_documents

TEXT = "气血两亏引起的月经量少"


labels = st.sampled_from("ABC")


entities = st.lists(
    st.builds(lambda s, width, label: Entity(s, s + width, label), st.integers(0, 6), st.integers(1, 4), labels),
    max_size=8,
)


def as_documents(lists):
    return [Document(str(number), TEXT, tuple(each)) for number, each in enumerate(lists)]


def slow_scores(gold, predicted):
    """Precision, recall, F1 of each label and support, by looking at every prediction in turn."""
    labels = sorted({e.label for each in [*gold, *predicted] for e in each})
    result = {}
    for label in labels:
        hits = wanted = found = 0
        for one, other in zip(gold, predicted, strict=True):
            left = {(e.start, e.end) for e in one if e.label == label}
            right = {(e.start, e.end) for e in other if e.label == label}
            hits += sum(span in left for span in right)
            wanted += len(left)
            found += len(right)
        precision = hits / found if found else 0.0
        recall = hits / wanted if wanted else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        result[label] = (precision, recall, f1, wanted)
    return result


@given(st.lists(st.tuples(entities, entities), max_size=4))
def test_scores_agree_with_slow_counting(pairs):
    gold, predicted = [one for one, _ in pairs], [other for _, other in pairs]
    scores = evaluate(as_documents(gold), reversed(as_documents(predicted)))
    slow = slow_scores(gold, predicted)
    assert {label: (c.precision, c.recall, pytest.approx(c.f1), c.gold) for label, c in scores.counts.items()} == slow
    size = max(len(slow), 1)
    support = sum(each[3] for each in slow.values())
    for position, name in enumerate(("precision", "recall", "f1")):
        assert getattr(scores.macro, name) == pytest.approx(sum(each[position] for each in slow.values()) / size)
        # DeepNER adds each type's figures times the type's share of the gold entities
        share = sum(each[position] * each[3] / support for each in slow.values()) if support else 0.0
        assert getattr(scores.weighted, name) == pytest.approx(share)
    assert scores.weighted.recall == pytest.approx(scores.micro.recall)
    assert build(CountedScores, json.loads(json.dumps(scores.to_dict()))).scores() == scores


def test_micro_pools_all_labels():
    gold = as_documents([[Entity(0, 1, "A"), Entity(1, 2, "B")], [Entity(0, 2, "B")]])
    predicted = as_documents([[Entity(0, 1, "A"), Entity(1, 2, "A")], [Entity(0, 2, "B"), Entity(3, 4, "B")]])
    scores = evaluate(gold, predicted)
    assert scores.total == Counts(hits=2, gold=3, predicted=4)
    assert (scores.micro.precision, scores.micro.recall) == (2 / 4, 2 / 3)
    assert scores.micro.f1 == pytest.approx(4 / 7)
    assert scores.support == 3


def test_nothing_found_and_nothing_wanted_is_zero():
    scores = evaluate(as_documents([[]]), as_documents([[]]))
    assert scores.micro.f1 == scores.macro.f1 == scores.weighted.f1 == 0.0
    assert Counts(0, 3, 0).f1 == Counts(0, 0, 3).f1 == Counts().precision == 0.0


@pytest.mark.parametrize(
    ("predicted", "expected"),
    [
        ([Document("0", TEXT)], "found 1 without prediction and 0 predictions without gold, e.g. '1'"),
        ([Document(id, TEXT) for id in "012"], "found 0 without prediction and 1 predictions without gold, e.g. '2'"),
        ([Document(id, TEXT) for id in "0111"], "found 2 repeated, e.g. '1'"),
        ([Document("0", TEXT), Document("1", TEXT + "。")], "document '1': gold and predicted text differ"),
    ],
)
def test_documents_that_cannot_be_paired_are_refused(predicted, expected):
    with pytest.raises(DataError, match=expected):
        pair_documents([Document(id, TEXT) for id in "01"], predicted)
