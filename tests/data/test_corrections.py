"""Corrected documents go back where they were taken from, known by their text, and nothing else changes."""

import pytest

from bert4ner.data.corrections import put_back
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError

DRUG, OTHER = Entity(0, 2, "DRUG"), Entity(0, 3, "DRUG")


@pytest.fixture
def documents():
    return [
        Document("1", "人参片用于头痛。", (DRUG,), weight=0.5),
        Document("2", "当归。", (DRUG,)),
        Document("3", "川芎。"),
        Document("4", "川芎。", (DRUG,)),
    ]


def test_entities_are_replaced_and_id_weight_order_and_other_documents_stay(documents):
    numbered_anew = Document("2", documents[0].text, (Entity(0, 3, "DRUG", 0.5),))
    new = put_back(documents, [numbered_anew])
    assert new == [Document("1", documents[0].text, (OTHER,), weight=0.5), *documents[1:]]
    assert new[0].entities[0].score is None
    assert all(one is other for one, other in zip(new[1:], documents[1:], strict=True))


def test_equal_texts_are_distinguished_by_id(documents):
    assert [len(each.entities) for each in put_back(documents, [Document("4", "川芎。")])] == [1, 1, 0, 0]
    with pytest.raises(DataError, match=r"'9' has the text of several: '3', '4'; give it the id"):
        put_back(documents, [Document("9", "川芎。")])


def test_another_text_is_refused(documents):
    with pytest.raises(DataError, match=r"'2' has another text than in the data: '当归 。'"):
        put_back(documents, [Document("2", "当归 。")])
    with pytest.raises(DataError, match=r"'9' has a text that is not in the data"):
        put_back(documents, [Document("9", "白术。")])


def test_what_was_corrected_twice_is_refused(documents):
    with pytest.raises(DataError, match="'2' was corrected twice"):
        put_back(documents, [Document("2", "当归。"), Document("7", "当归。")])
