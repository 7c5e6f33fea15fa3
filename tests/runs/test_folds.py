"""The fingerprint changes with the annotation, all of it, and is for ever the same for the same."""

import json
from dataclasses import replace

import pytest

from bert4ner.data.left_out import LeftOut
from bert4ner.entities import Document, Entity
from bert4ner.errors import RunError
from bert4ner.runs.folds import Folds, Training, fingerprint, read_folds

DOCUMENTS = [
    Document("a", "头晕，用人参", (Entity(0, 2, "SYMPTOM"), Entity(4, 6, "DRUG"))),
    Document("b", "口服"),
    Document("c", "当归", (Entity(0, 2, "DRUG"),)),
]
# Of DOCUMENTS, as it was computed before the pieces of entities were in it.
BEFORE_PIECES = "8a49c50963b34d8e437a77b0608ef3d236d2fb8db5e8cde2736de2afb4637132"


def test_folds_round_trip_and_name_their_format(tmp_path):
    folds = Folds(2, fingerprint(DOCUMENTS), {"a": (0,), "b": (1,), "c": (1,)})
    (tmp_path / "folds.json").write_text(folds.to_json(), encoding="utf-8")
    assert read_folds(tmp_path) == folds and json.loads(folds.to_json())["format"] == 1
    assert "further" not in json.loads(folds.to_json())
    assert read_folds_of(replace(folds, further=7), tmp_path).further == 7


def test_annotation_left_out_is_kept_with_its_places_and_changes_nothing_of_the_division(tmp_path):
    plain = Folds(2, "f", {"a": (0,), "b": (1,)})
    left_out = (LeftOut("mentions left out because their text does not contain them", 3, ("a.csv:2", "a.csv:5: '气'")),)
    assert "left_out" not in json.loads(plain.to_json()) and read_folds_of(plain, tmp_path).left_out == ()
    assert read_folds_of(replace(plain, left_out=left_out), tmp_path).left_out == left_out
    assert replace(plain, left_out=left_out).division == plain.division


SEVERAL = Folds(3, "f", {"a": (0, 2), "b": (1,)}, seeds=(7, 8))


def test_seeds_and_documents_of_several_folds_round_trip_in_a_newer_format(tmp_path):
    for folds in (SEVERAL, replace(SEVERAL, seeds=()), Folds(1, "f", {"a": (0,)}, seeds=(7, 8))):
        (tmp_path / "folds.json").write_text(folds.to_json(), encoding="utf-8")
        assert read_folds(tmp_path) == folds and json.loads(folds.to_json())["format"] == 2 and folds.averaged


def test_what_was_taught_beside_is_reported_where_it_is_and_changes_nothing_of_the_division(tmp_path):
    plain, taught = replace(SEVERAL, seeds=()), replace(SEVERAL, taught="t")
    assert "taught" not in json.loads(plain.to_json()) and read_folds_of(plain, tmp_path).taught == ""
    assert read_folds_of(taught, tmp_path) == taught and taught.division == plain.division
    for other in (replace(plain, fingerprint="g"), replace(plain, number=4), Folds(3, "f", {"a": (0, 1), "b": (1,)})):
        assert other.division != plain.division
    assert Folds(3, "f", {"b": (1,), "a": (0, 2)}).division == plain.division


def read_folds_of(folds, path):
    (path / "folds.json").write_text(folds.to_json(), encoding="utf-8")
    return read_folds(path)


def test_each_fold_has_a_training_for_each_seed_and_documents_are_unseen_by_those_of_their_folds():
    names = [training.name for training in SEVERAL.trainings]
    assert names[:3] == ["fold-0-seed-7", "fold-0-seed-8", "fold-1-seed-7"] and len(names) == 6
    unseen = {id: {names[place] for place in SEVERAL.unseen_by(id)} for id in "ab"}
    assert unseen["a"] == {f"fold-{fold}-seed-{seed}" for fold in (0, 2) for seed in (7, 8)}
    assert unseen["b"] == {"fold-1-seed-7", "fold-1-seed-8"}
    plain = Folds(2, "f", {"a": (1,)})
    assert plain.trainings == [Training(0), Training(1)] and plain.unseen_by("a") == (1,) and not plain.averaged
    assert [training.name for training in plain.trainings] == ["fold-0", "fold-1"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"documents": {"a": [0, 3]}}, r"'a' is in fold 0, 3 of 3"),
        ({"documents": {"a": [0, 0]}}, r"'a' is in fold 0, 0 of 3"),
        ({"documents": {"a": [0, -1]}}, r"expected documents.a\[1\] to be a whole number of at least 0, found -1"),
        ({"documents": {"a": True}}, "expected documents.a to be a list or a whole number, found True"),
        ({"seeds": [7, 7]}, "expected different seeds"),
        ({"seeds": 7}, "expected seeds to be a list, found 7"),
        ({"seeds": [0.5]}, r"expected seeds\[0\] to be a whole number, found 0.5"),
        ({"format": 3}, "has format 3, this version of bert4ner reads formats up to 2"),
    ],
)
def test_folds_that_cannot_be_are_refused(changed, message, tmp_path):
    values = {**json.loads(SEVERAL.to_json()), **changed}
    (tmp_path / "folds.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(RunError, match=message):
        read_folds(tmp_path)


def test_no_folds_are_no_run(tmp_path):
    with pytest.raises(RunError, match=r"not a run, folds\.json is missing"):
        read_folds(tmp_path)


ALTERED = {
    "id": replace(DOCUMENTS[0], id="A"),
    "text": replace(DOCUMENTS[0], text="头晕，用人身"),
    "longer": replace(DOCUMENTS[0], text="头晕，用人参。"),
    "no entity": replace(DOCUMENTS[0], entities=()),
    "start": replace(DOCUMENTS[0], entities=(Entity(1, 2, "SYMPTOM"), Entity(4, 6, "DRUG"))),
    "end": replace(DOCUMENTS[0], entities=(Entity(0, 2, "SYMPTOM"), Entity(4, 5, "DRUG"))),
    "pieces": replace(DOCUMENTS[0], entities=(Entity(0, 2, "SYMPTOM"), Entity(2, 6, "DRUG", None, ((2, 3), (4, 6))))),
    "unsure": replace(DOCUMENTS[0], unsure=(Entity(2, 4, "DRUG"),)),
    "weight": replace(DOCUMENTS[0], weight=0.5),
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
