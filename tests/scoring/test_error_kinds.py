"""The kinds of error: each entity on either side is a hit or in exactly one of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.entities import Document, Entity
from bert4ner.scoring.errors import KINDS, analyse_errors, find_errors

TEXT = "气血两亏引起的月经量少与腰膝酸软"
entities = st.sets(
    st.builds(lambda s, w, label: Entity(s, s + w, label), st.integers(0, 9), st.integers(1, 5), st.sampled_from("AB")),
    max_size=6,
)


@pytest.mark.parametrize(
    ("gold", "predicted", "kinds"),
    [
        ([Entity(0, 4, "A")], [Entity(0, 4, "A")], []),
        ([Entity(0, 4, "A")], [], ["missed"]),
        ([], [Entity(0, 4, "A")], ["spurious"]),
        ([Entity(0, 4, "A")], [Entity(0, 4, "B")], ["wrong label"]),
        ([Entity(0, 4, "A")], [Entity(0, 2, "A")], ["wrong boundary"]),
        ([Entity(0, 4, "A")], [Entity(2, 6, "B")], ["wrong boundary"]),
        ([Entity(0, 4, "A")], [Entity(4, 6, "A")], ["missed", "spurious"]),
        ([Entity(0, 4, "A")], [Entity(0, 1, "A"), Entity(1, 4, "A")], ["spurious", "wrong boundary"]),
        ([Entity(0, 4, "A")], [Entity(0, 4, "B"), Entity(0, 6, "A")], ["wrong label", "spurious"]),
        ([Entity(0, 4, "A")], [Entity(0, 4, "A"), Entity(0, 6, "A")], ["spurious"]),
    ],
)
def test_kinds(gold, predicted, kinds):
    assert [error.kind for error in find_errors(gold, predicted)] == kinds


@given(entities, entities)
def test_every_entity_is_a_hit_or_in_one_error(gold, predicted):
    errors = find_errors(gold, predicted)
    left = [error.gold for error in errors if error.gold]
    right = [error.predicted for error in errors if error.predicted]
    assert sorted(left) == sorted(gold - predicted)
    assert sorted(right) == sorted(predicted - gold)
    for error in errors:
        assert (error.gold is None) == (error.kind == "spurious")
        assert (error.predicted is None) == (error.kind == "missed")
    for missed in (error.gold for error in errors if error.kind == "missed"):
        for spurious in (error.predicted for error in errors if error.kind == "spurious"):
            assert missed.end <= spurious.start or spurious.end <= missed.start  # else they were a pair


def test_the_report_counts_and_shows():
    gold = [Document("a", TEXT, (Entity(0, 4, "A"), Entity(7, 11, "B"))), Document("b", TEXT, (Entity(0, 4, "A"),))]
    predicted = [Document("b", TEXT), Document("a", TEXT, (Entity(0, 4, "A"), Entity(7, 9, "B"), Entity(12, 16, "A")))]
    report = analyse_errors(gold, predicted, num_examples=1)
    assert report.correct == 1
    assert report.counts == {"wrong boundary": 1, "missed": 1, "spurious": 1}
    assert report.confusions["wrong boundary", "B", "B"] == 1
    (example,) = report.examples["wrong boundary"]
    assert (example.id, example.gold_mention, example.predicted_mention) == ("a", "月经量少", "月经")
    assert example.context == TEXT
    values = json.loads(json.dumps(report.to_dict()))
    assert list(values["counts"]) == list(KINDS)
    assert values["counts"]["wrong label"] == 0
    assert values["confusions"][0]["count"] == 1


def test_examples_are_limited_but_counts_are_not():
    gold = [Document(str(number), TEXT, (Entity(0, 4, "A"),)) for number in range(9)]
    report = analyse_errors(gold, [Document(each.id, TEXT) for each in gold], num_examples=2)
    assert report.counts["missed"] == 9
    assert len(report.examples["missed"]) == 2
