"""Documents whose ids were made from another file's name are paired by text, where that is safe."""

from dataclasses import replace

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.scoring.metrics import pair_documents
from bert4ner.scoring.pairing import advice_on_ids, named_alike

DRUG = Entity(0, 2, "DRUG")
WANTED = [Document("a-1", "人参"), Document("a-2", "当归"), Document("a-3", "当归")]
GIVEN = [Document("b-1", "当归", (DRUG,)), Document("b-2", "人参"), Document("b-3", "当归", (DRUG,))]


def test_the_same_texts_get_the_ids_that_are_wanted():
    named = named_alike([*GIVEN, Document("b-4", "川芎")], WANTED)
    assert named is not None
    assert [(each.id, each.text, each.entities) for each in named] == [
        ("a-1", "人参", ()),
        ("a-2", "当归", (DRUG,)),
        ("a-3", "当归", (DRUG,)),
        ("b-4", "川芎", ()),
    ]


def test_numbers_that_mean_other_texts_in_another_export_do_not_keep_texts_apart():
    texts = ["人参", "当归", "川芎"]
    one = [Document(str(number), text) for number, text in enumerate(texts, start=1)]
    other = [Document(str(number), text, (DRUG,)) for number, text in enumerate([*texts, "甘草"])]
    named = named_alike(other, one)
    assert named is not None
    assert [(each.id, each.text) for each in named] == [("1", "人参"), ("2", "当归"), ("3", "川芎"), ("3#2", "甘草")]
    assert all(each.entities == (DRUG,) for each in named)


@pytest.mark.parametrize(
    "given",
    [
        [*GIVEN[:2], replace(GIVEN[2], id="a-3")],  # an id that is known
        GIVEN[:2],  # a text less
        [*GIVEN[:2], replace(GIVEN[2], entities=())],  # which of two is meant?
        [*GIVEN, replace(GIVEN[0], id="b-5")],
    ],
)
def test_where_it_is_not_safe_nothing_is_paired(given):
    assert named_alike(given, WANTED) is None
    assert named_alike(given, []) is None


def test_the_message_says_where_ids_come_from_if_the_texts_are_the_same():
    with pytest.raises(DataError, match="paired by id; the texts are the same: ids come from the file's name"):
        pair_documents(WANTED, GIVEN)
    assert advice_on_ids([Document("b-1", "川芎")], WANTED) == ""
    assert advice_on_ids(GIVEN, []) == ""
