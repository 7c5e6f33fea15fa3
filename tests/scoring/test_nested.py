"""Recall of nested gold entities, against comparing all pairs; scores of flat data do not mention it."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.entities import Document, Entity, nesting_of, overlapping_entities
from bert4ner.runs.scores import CountedScores
from bert4ner.schema import build
from bert4ner.scoring.counts import NestedRecall
from bert4ner.scoring.metrics import evaluate

TEXT = "本品用于气血两亏引起的月经量少。"
ENTITIES = st.lists(
    st.tuples(st.integers(0, 10), st.integers(1, 5), st.sampled_from("AB")).map(
        lambda drawn: Entity(drawn[0], drawn[0] + drawn[1], drawn[2])
    ),
    max_size=8,
)


def share_characters(one, other):
    return bool(set(range(one.start, one.end)) & set(range(other.start, other.end)))


@given(ENTITIES)
def test_overlapping_entities_are_those_of_overlapping_pairs(entities):
    pairs = itertools.permutations(set(entities), 2)
    assert overlapping_entities(entities) == {one for one, other in pairs if share_characters(one, other)}


@given(ENTITIES, ENTITIES)
def test_nested_recall_is_the_share_of_overlapping_gold_entities_that_were_found(gold, predicted):
    scores = evaluate([Document("d", TEXT, tuple(gold))], [Document("d", TEXT, tuple(predicted))])
    wanted = overlapping_entities(gold)
    assert scores.nested == NestedRecall(len(wanted & set(predicted)), len(wanted))
    assert scores.nested.recall == (len(wanted & set(predicted)) / len(wanted) if wanted else 0.0)
    assert build(CountedScores, json.loads(json.dumps(scores.to_dict()))).scores() == scores
    assert ("nested" in scores.to_dict()) is bool(wanted)


def test_nested_counts_add_up_over_documents():
    outer, inner, alone = Entity(0, 6, "A"), Entity(0, 2, "B"), Entity(8, 9, "A")
    gold = [Document("a", TEXT, (outer, inner, alone)), Document("b", TEXT, (outer, inner))]
    predicted = [Document("a", TEXT, (outer, inner)), Document("b", TEXT, (inner, alone))]
    scores = evaluate(gold, predicted)
    assert scores.nested == NestedRecall(hits=3, gold=4) and scores.nested.recall == 0.75
    assert scores.total.hits == 3 and scores.total.gold == 5


@pytest.mark.parametrize(
    ("entities", "expected"),
    [
        ([], ("none", 0)),
        ([Entity(0, 4, "SYM"), Entity(4, 6, "SYM")], ("none", 0)),
        ([Entity(0, 4, "SYM"), Entity(0, 2, "BODY")], ("labels", 0)),
        ([Entity(0, 4, "SYM"), Entity(2, 6, "BODY"), Entity(5, 8, "SYM")], ("labels", 0)),
        ([Entity(0, 4, "SYM"), Entity(0, 2, "SYM")], ("any", 0)),
        ([Entity(0, 4, "SYM"), Entity(1, 2, "BODY"), Entity(3, 4, "SYM")], ("any", 0)),
    ],
)
def test_nesting_is_what_the_entities_do(entities, expected):
    text = "心房内折返性心动过速"
    others = [Document(str(number), text, (Entity(8, 9, "SYM"),)) for number in range(50)]
    assert nesting_of([*others, Document("d", text, tuple(entities))]) == expected


def test_one_entity_in_a_thousand_that_nests_is_taken_for_a_mistake_and_reported():
    text = "心房内折返性心动过速"
    alike = Document("d", text, (Entity(0, 4, "SYM"), Entity(0, 2, "SYM")))
    other_labels = [Document(f"u{number}", text, (Entity(0, 4, "SYM"), Entity(0, 2, "BODY"))) for number in range(100)]
    plain = [Document(f"p{number}", text, (Entity(8, 9, "SYM"),)) for number in range(1_998)]
    assert nesting_of([alike, *plain]) == ("none", 2)
    assert nesting_of([alike, *plain[:-1]]) == ("any", 0)
    assert nesting_of([alike, *other_labels, *plain]) == ("labels", 2)
