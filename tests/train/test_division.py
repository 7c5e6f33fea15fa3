"""Documents of a run and their folds: what is held out, what is learned from, what folds.json holds."""

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.runs.folds import Folds, fingerprint
from bert4ner.train.division import Division, check_held_out

DOCUMENTS = [Document(name, "人参", (Entity(0, 2, label),)) for name, label in zip("abc", "YXY", strict=True)]


def ids(documents):
    return [document.id for document in documents]


def test_a_fold_learns_from_all_but_what_it_holds_out():
    division = Division.of_folds(DOCUMENTS, [1, 0, 1], folds=2)
    assert [ids(division.held_out(fold)) for fold in range(2)] == [["b"], ["a", "c"]]
    assert [ids(division.training(fold)) for fold in range(2)] == [["a", "c"], ["b"]]
    assert ids(division.gold) == ["a", "b", "c"] and division.labels == ["X", "Y"]


def test_documents_that_are_never_held_out_are_learned_from_and_not_listed():
    division = Division.of_two(DOCUMENTS[:2], DOCUMENTS[2:])
    assert ids(division.training(0)) == ["a", "b"] and ids(division.gold) == ids(division.held_out(0)) == ["c"]
    assert division.described() == Folds(1, fingerprint(DOCUMENTS), {"c": (0,)}, further=2)


def test_documents_drawn_again_are_learned_again_and_those_not_drawn_are_held_out():
    division = Division(DOCUMENTS, [[0, 2, 1], [0, 1, 0], [1, 1, 1]])
    assert [ids(division.training(fold)) for fold in range(3)] == [["b", "b", "c"], ["b"], ["a", "b", "c"]]
    assert [ids(division.held_out(fold)) for fold in range(3)] == [["a"], ["a", "c"], []]
    assert ids(division.gold) == ["a", "c"]  # b is in all of them
    assert division.described((7, 8)) == Folds(3, fingerprint(DOCUMENTS), {"a": (0, 1), "c": (1,)}, (7, 8), further=1)


def test_folds_without_a_held_out_entity_are_reported_and_refused_where_all_are_so(caplog):
    empty = [Document("d", "当归"), Document("e", "甘草")]
    check_held_out(Division.of_folds(DOCUMENTS, [0, 1, 0], folds=2))
    assert caplog.messages == []
    check_held_out(Division.of_folds([*DOCUMENTS, *empty], [0, 0, 3, 1, 2], folds=4))
    assert len(caplog.messages) == 1 and "no document held out in fold 1, 2 has an entity" in caplog.text
    with pytest.raises(DataError, match="none of the 2 documents held out has an entity, so that no epoch is better"):
        check_held_out(Division.of_two(DOCUMENTS, empty))
