"""How likely surfaces are entities, counted by hand; what a text taught is left out for it exactly."""

import json

import numpy as np

from bert4ner.entities import Document, Entity
from bert4ner.text.gazetteer import PRIOR, Gazetteer

LABELS = ("DRUG", "SYMPTOM")
DOCUMENTS = [
    Document("a", "气血两亏，气血", (Entity(0, 4, "SYMPTOM"), Entity(5, 7, "DRUG"))),
    Document("b", "气血", (Entity(0, 2, "SYMPTOM"),)),
    Document("c", "月经量少，气血", (), weight=0.5),
    Document("d", "气血", (Entity(0, 2, "DRUG"),)),
]


def test_likelihoods_are_shares_of_all_occurrences():
    gazetteer = Gazetteer.of(DOCUMENTS, LABELS)
    assert gazetteer.surfaces == ("气血", "气血两亏")
    np.testing.assert_array_equal(gazetteer.counts.seen, [2 + 1 + 0.5 + 1, 1])
    np.testing.assert_array_equal(gazetteer.counts.annotated, [[2, 1], [0, 1]])
    np.testing.assert_allclose(
        gazetteer.counts.likelihood(), [[2 / (4.5 + PRIOR), 1 / (4.5 + PRIOR)], [0, 1 / (1 + PRIOR)]]
    )


def test_a_text_leaves_itself_out_and_its_copies():
    gazetteer = Gazetteer.of(DOCUMENTS, LABELS)
    left = gazetteer.without("气血")  # of b and d
    np.testing.assert_array_equal(left.numbers, [0])
    np.testing.assert_array_equal(left.seen, [2.5])
    np.testing.assert_array_equal(left.annotated, [[1, 0]])
    assert gazetteer.without("月经") is None


def test_a_document_without_labels_says_of_no_surface_that_it_is_none():
    unlabelled = [Document("e", "气血两亏，气血，月经", (), weight=0.0), Document("f", "气血", (), weight=0.0)]
    with_them, gazetteer = Gazetteer.of([*DOCUMENTS, *unlabelled], LABELS), Gazetteer.of(DOCUMENTS, LABELS)
    assert with_them.surfaces == gazetteer.surfaces
    np.testing.assert_array_equal(with_them.counts.likelihood(), gazetteer.counts.likelihood())
    assert with_them.without(unlabelled[0].text) is None  # the same as for new text
    np.testing.assert_array_equal(with_them.without("气血").seen, [2.5])  # a copy of b and d is treated like them


def test_a_surface_of_one_text_alone_is_unknown_to_it():
    gazetteer = Gazetteer.of(DOCUMENTS, LABELS)
    np.testing.assert_array_equal(gazetteer.without("气血两亏，气血").likelihood()[1], [0, 0])


def test_entities_in_several_pieces_have_no_surface():
    document = Document("a", "气虚血虚", (Entity(0, 4, "SYMPTOM", fragments=((0, 1), (2, 4))),))
    assert Gazetteer.of([document], LABELS).surfaces == ()


def test_it_is_the_same_from_json():
    gazetteer = Gazetteer.of(DOCUMENTS, LABELS)
    read = Gazetteer.restore(json.loads(json.dumps(gazetteer.to_dict())), LABELS)
    assert read.surfaces == gazetteer.surfaces and read.by_text == {}
    np.testing.assert_array_equal(read.counts.likelihood(), gazetteer.counts.likelihood())
