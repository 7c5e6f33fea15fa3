"""The fingerprint changes with the annotation, all of it, and is for ever the same for the same."""

import json
from dataclasses import replace

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.runs.folds import Folds, fingerprint, read_folds

DOCUMENTS = [
    Document("a", "头晕，用人参", (Entity(0, 2, "SYMPTOM"), Entity(4, 6, "DRUG"))),
    Document("b", "口服"),
    Document("c", "当归", (Entity(0, 2, "DRUG"),)),
]
# Of DOCUMENTS, as it was computed before the pieces of entities were in it.
BEFORE_PIECES = "8a49c50963b34d8e437a77b0608ef3d236d2fb8db5e8cde2736de2afb4637132"


def test_folds_round_trip_and_name_their_format(tmp_path):
    folds = Folds(2, fingerprint(DOCUMENTS), {"a": 0, "b": 1, "c": 1})
    (tmp_path / "folds.json").write_text(folds.to_json(), encoding="utf-8")
    assert read_folds(tmp_path) == folds and json.loads(folds.to_json())["format"] == 1


def test_no_folds_are_no_run(tmp_path):
    with pytest.raises(RunError, match=r"no run, folds\.json is missing"):
        read_folds(tmp_path)


ALTERED = {
    "id": replace(DOCUMENTS[0], id="A"),
    "text": replace(DOCUMENTS[0], text="头晕，用人身"),
    "longer": replace(DOCUMENTS[0], text="头晕，用人参。"),
    "no entity": replace(DOCUMENTS[0], entities=()),
    "start": replace(DOCUMENTS[0], entities=(Entity(1, 2, "SYMPTOM"), Entity(4, 6, "DRUG"))),
    "end": replace(DOCUMENTS[0], entities=(Entity(0, 2, "SYMPTOM"), Entity(4, 5, "DRUG"))),
    "pieces": replace(DOCUMENTS[0], entities=(Entity(0, 2, "SYMPTOM"), Entity(2, 6, "DRUG", None, ((2, 3), (4, 6))))),
    "label": replace(DOCUMENTS[0], entities=(Entity(0, 2, "DRUG"), Entity(4, 6, "DRUG"))),
}


@pytest.mark.parametrize("what", ALTERED)
def test_the_fingerprint_changes_with(what):
    assert fingerprint([ALTERED[what], *DOCUMENTS[1:]]) != fingerprint(DOCUMENTS)


def test_the_fingerprint_is_the_same_for_the_same_and_changes_with_number_and_order():
    scored = (Entity(0, 2, "SYMPTOM", 0.5), Entity(4, 6, "DRUG"))
    assert fingerprint([replace(DOCUMENTS[0], entities=scored), *DOCUMENTS[1:]]) == fingerprint(DOCUMENTS)
    others = [DOCUMENTS[:2], DOCUMENTS[::-1], [*DOCUMENTS, DOCUMENTS[0]], []]
    assert len({fingerprint(other) for other in [DOCUMENTS, *others]}) == 5


def test_documents_without_what_is_rare_keep_their_fingerprint():
    assert fingerprint(DOCUMENTS) == BEFORE_PIECES


def test_the_fingerprint_changes_with_the_pieces_of_an_entity_alone():
    one, other = (
        replace(DOCUMENTS[0], entities=(Entity(0, 6, "DRUG", None, pieces),))
        for pieces in (((0, 2), (4, 6)), ((0, 1), (4, 6)))
    )
    assert len({fingerprint([each]) for each in (one, other, replace(one, entities=(Entity(0, 6, "DRUG"),)))}) == 3
