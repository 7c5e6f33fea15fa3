"""What becomes a label, what is left open, what documents weigh: computed by hand."""

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.unlabelled.label_selection import Selected, select_labels
from bert4ner.unlabelled.options import PseudoOptions
from bert4ner.unlabelled.weighing import weighed, weight_by_rule

TEXT = "人参当归甘草黄芪"


def found(*entities):
    return Document("d", TEXT, tuple(Entity(*each) for each in entities))


def places(spans):
    return [(span.start, span.end, span.label, span.score) for span in spans]


def test_candidates_are_labels_open_or_nothing_by_their_probability():
    candidates = [(0, 2, "A", 0.5), (2, 4, "A", 0.49), (2, 4, "B", 0.2), (4, 6, "B", 0.19)]
    result = select_labels(found(*candidates), PseudoOptions()).document
    assert places(result.entities) == candidates[:1] and places(result.unsure) == candidates[1:3]
    assert (result.id, result.text, result.weight) == ("d", TEXT, 1.0)
    none_open = select_labels(found(*candidates), PseudoOptions(unsure=0.5)).document
    assert places(none_open.entities) == candidates[:1] and none_open.unsure == ()


@pytest.mark.parametrize(
    ("nesting", "labels"), [("any", [0, 1, 2, 3]), ("labels", [0, 3]), ("none", [3])], ids=["any", "labels", "none"]
)
def test_labels_that_may_not_overlap_are_left_open_where_they_do(nesting, labels):
    candidates = [(0, 4, "A", 0.95), (1, 3, "B", 0.95), (2, 5, "B", 0.95), (6, 8, "B", 0.95)]
    result = select_labels(found(*candidates), PseudoOptions(), nesting).document
    assert places(result.entities) == [candidates[number] for number in labels]
    assert places(result.unsure) == [each for each in candidates if each not in places(result.entities)]


def test_entities_in_several_pieces_are_labels_and_never_open():
    pieces = ((0, 2), (3, 4))
    both = (Entity(0, 4, "A", 0.95, pieces), Entity(0, 4, "B", 0.4, pieces))
    result = select_labels(Document("d", TEXT, both), PseudoOptions()).document
    assert result.entities == both[:1] and result.unsure == ()


def test_the_confidence_is_the_expected_f1():
    options = PseudoOptions(sure=0.9)
    assert select_labels(found(), options).confidence == 1
    assert select_labels(found((0, 2, "A", 1.0)), options).confidence == 1
    assert select_labels(found((0, 2, "A", 0.5)), options).confidence == 0
    # Two labels, of which 1.9 are right; 2.4 entities are there: 2 * 1.9 / (2 + 2.4).
    result = select_labels(found((0, 2, "A", 1.0), (2, 4, "A", 0.9), (4, 6, "A", 0.5)), options)
    assert result.confidence == pytest.approx(2 * 1.9 / 4.4, abs=1e-6)


def test_open_spans_are_less_sure_than_labels():
    with pytest.raises(ConfigError, match=r"unsure must be at most sure=0.9, got 0.95"):
        PseudoOptions(sure=0.9, unsure=0.95)


@pytest.mark.parametrize(
    ("gold", "new", "weight"), [(100, 1500, 0.5), (100, 750, 1.0), (100, 200, 1.0), (7, 1050, 0.05)]
)
def test_the_rule_of_thumb_sets_new_documents_against_gold_ones(gold, new, weight):
    found, low, high = weight_by_rule(gold, new)
    assert found == pytest.approx(weight)
    assert new / gold == pytest.approx(5 / low) == pytest.approx(10 / high)


SELECTED = [
    Selected(found((0, 2, "A", 0.9), (2, 4, "A", 0.9)), 0.75),
    Selected(found((0, 2, "B", 0.9), (2, 4, "A", 0.9)), 0.5),
    Selected(found(), 0.0),
]


def test_documents_weigh_the_same_or_by_their_confidence():
    equal = weighed(SELECTED, 0.5, {"A": 1}, PseudoOptions())
    assert [document.weight for document in equal] == [0.5] * 3 and equal[0].entities == SELECTED[0].document.entities
    by_confidence = weighed(SELECTED, 0.5, {"A": 1}, PseudoOptions(weights="confidence"))
    assert [document.weight for document in by_confidence] == [0.375, 0.25, 0.0005]


def test_documents_weigh_more_whose_labels_are_rarer_than_among_gold_ones():
    options = PseudoOptions(weights="density")
    # New: A 3/4, B 1/4. Gold: half each. So A counts 2/3 and B 2.
    weights = [document.weight for document in weighed(SELECTED, 1.0, {"A": 5, "B": 5}, options)]
    assert weights == pytest.approx([2 / 3, (2 + 2 / 3) / 2, 1.0], abs=1e-5)
    clipped = [document.weight for document in weighed(SELECTED, 1.0, {"A": 1, "B": 999}, options)]
    assert clipped == pytest.approx([0.25, (0.001 / 0.75 + 0.999 / 0.25) / 2, 1.0], abs=1e-5)
