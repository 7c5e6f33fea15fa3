"""What formats cannot hold is taken off and counted, each thing under its own name."""

from dataclasses import fields

import pytest

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.data.format import Format, Holds
from bert4ner.data.losses import holdable
from bert4ner.data.repairs import Repairs
from bert4ner.entities import Document, Entity
from bert4ner.registry import FORMATS

EVERYTHING = Holds(fragments=True, scores=True, weights=True, unsure=True)
NESTED = (Entity(0, 4, "A", 0.5), Entity(1, 2, "B", 0.5), Entity(4, 8, "C", fragments=((4, 5), (7, 8))))
UNSURE = (Entity(5, 7, "B", 0.4), Entity(5, 8, "A"))
DOCUMENTS = [Document("a", "气血\r\n亏气血亏", NESTED, 0.5, UNSURE), Document("b", "")]


def held(holds):
    losses = Repairs()
    return list(holdable(DOCUMENTS, holds, losses)), losses


def test_what_holds_everything_loses_nothing():
    kept, losses = held(EVERYTHING)
    assert [one is other for one, other in zip(kept, DOCUMENTS, strict=True)] == [True, True]
    assert not losses


@pytest.mark.parametrize(
    ("lacks", "kind", "count"),
    [
        ("ids", "ids", 2),
        ("entities", "entities", 3),
        ("places", "places of entities that their mentions do not determine", 3),
        ("nested", "entities inside or across another (one layer of tags)", 2),
        ("fragments", "discontinuous entities", 1),
        ("scores", "scores", 2),
        ("weights", "weights", 1),
        ("unsure", "unsure spans", 2),
        ("line_breaks", "line breaks (written as spaces)", 1),
        ("empty_texts", "empty documents", 1),
    ],
)
def test_what_is_lacking_is_counted(lacks, kind, count):
    _, losses = held(Holds(**{each.name: each.name != lacks for each in fields(Holds)}))
    assert losses == {kind: count}
    assert losses.examples[kind] == f"document {'b' if lacks == 'empty_texts' else 'a'}"


def test_of_entities_that_cross_the_one_that_begins_first_is_kept():
    crossing = (Entity(0, 3, "A"), Entity(0, 2, "A"), Entity(1, 4, "B"), Entity(3, 4, "C"), Entity(3, 5, "D"))
    losses = Repairs()
    (document,) = holdable([Document("a", "气血两亏的", crossing)], Holds(crossing=False), losses)
    assert document.entities == (Entity(0, 2, "A"), Entity(0, 3, "A"), Entity(3, 4, "C"), Entity(3, 5, "D"))
    assert losses == {"entities across another's end": 1}


def test_texts_of_white_space_are_lost_where_nothing_is_marked_in_them():
    losses = Repairs()
    documents = [Document("a", " \t"), Document("b", " ", (Entity(0, 1, "A"),)), Document("c", "")]
    assert list(holdable(documents, Holds(blank_texts=False), losses)) == documents[1:]
    assert losses == {"documents of white space alone": 1}


def test_what_is_lost_is_gone():
    (document,), _ = held(Holds(entities=False, line_breaks=False, empty_texts=False))
    assert document == Document("a", "气血  亏气血亏", weight=0.5, unsure=UNSURE)


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS.get(name).write])
def test_what_a_format_says_it_holds_comes_back(name, tmp_path):
    format: Format = FORMATS.get(name)
    assert format.name == name
    kept, _ = held(format.holds)
    path = tmp_path / "out"
    losses = write_documents(DOCUMENTS, path, name)
    read = read_documents(path, name)
    assert [document.text for document in read] == [document.text for document in kept]
    if format.holds.places:
        assert [document.entities for document in read] == [document.entities for document in kept]
    if format.holds.ids:
        assert [document.id for document in read] == [document.id for document in kept]
    assert [document.weight for document in read] == [each.weight if format.holds.weights else 1 for each in kept]
    assert [document.unsure for document in read] == [each.unsure if format.holds.unsure else () for each in kept]
    scores = [entity.score for document in kept for entity in document.entities]
    found = [entity.score for document in read for entity in document.entities]
    assert found == (scores if format.holds.scores else [None] * len(scores))
    assert losses["scores"] == (0 if format.holds.scores else sum(score is not None for score in scores))
