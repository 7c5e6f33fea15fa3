"""Ids that a reader numbers are strings to everyone who asks, and take no memory until then."""

import copy
import pickle
import sys
from dataclasses import FrozenInstanceError, asdict, replace

import pytest

from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document, Entity

ENTITIES = (Entity(0, 1, "A"),)


@pytest.mark.parametrize("number", [0, 1, 255, 256, 257, 123_456])
def test_a_numbered_document_is_the_one_with_that_string(number):
    numbered, named = Document(NumberedId("set", number), "气血", ENTITIES), Document(f"set-{number}", "气血", ENTITIES)
    assert numbered.id == f"set-{number}"
    assert (numbered, hash(numbered), repr(numbered)) == (named, hash(named), repr(named))
    assert replace(numbered, text="气") == replace(named, text="气")
    assert asdict(numbered) == asdict(named)


@pytest.mark.parametrize("id", ["a", NumberedId("set", 300)])
def test_documents_are_copied_and_sent_to_other_processes(id):
    document = Document(id, "气血", ENTITIES, weight=0.5, unsure=(Entity(1, 2, "B"),))
    for other in (copy.copy(document), copy.deepcopy(document), pickle.loads(pickle.dumps(document))):
        assert other == document
        assert (other.weight, other.unsure) == (0.5, (Entity(1, 2, "B"),))


def test_documents_stay_frozen_and_without_further_attributes():
    document = Document(NumberedId("set", 1), "气血")
    for name in ("id", "text", "weight", "other"):
        with pytest.raises(FrozenInstanceError):
            setattr(document, name, "b")
    assert not hasattr(document, "__dict__")


def test_a_numbered_id_takes_no_memory_of_its_own():
    document = Document(NumberedId("set", 123_456), "a")
    assert document._id < 256  # Python keeps these numbers
    assert document._block is Document(NumberedId("set", 123_457), "a")._block
    assert sys.getsizeof(document) <= 80
