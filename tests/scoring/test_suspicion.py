"""Doubts about annotation: kinds and suspicions computed by hand, and planted errors found through scripted models."""

import sys
from itertools import pairwise

import numpy as np
import pytest

from bert4ner.data.documents import read_documents
from bert4ner.entities import Document, Entity
from bert4ner.scoring.suspicion import KINDS, Opinions, find_doubts, mean_probabilities
from tests.conftest import ROOT

TEXT = "人参片用于头痛发热。"
DRUG, SYMPTOM = Entity(0, 2, "DRUG"), Entity(5, 7, "SYMPTOM")
LONGER, CALLED_DRUG, MISSING = Entity(0, 3, "DRUG"), Entity(5, 7, "DRUG"), Entity(7, 9, "SYMPTOM")


def opinions(gold, *models, id="d"):
    """Opinions of models, each a table of entities and probabilities."""
    candidates = tuple(sorted({*gold, *(entity for model in models for entity in model)}))
    probabilities = np.array([[model.get(entity, 0.0) for entity in candidates] for model in models], dtype=np.float64)
    return Opinions(Document(id, TEXT, tuple(gold)), candidates, probabilities, probabilities > 0.5)


def summary(found):
    return [(each.kind, pytest.approx(each.suspicion), each.annotated, each.suggested) for _, each in found]


def test_a_candidate_that_touches_nothing_is_missing_with_its_mean_probability():
    found = find_doubts([opinions([], {MISSING: 0.9}, {MISSING: 0.7})])
    assert summary(found) == [("missing", 0.8, None, MISSING)]
    assert found[0][1].suggested.score == pytest.approx(0.8)


def test_rivals_tell_wrong_labels_and_wrong_boundaries_with_their_probability():
    found = find_doubts([opinions([DRUG, SYMPTOM], {DRUG: 0.1, LONGER: 0.7, SYMPTOM: 0.2, CALLED_DRUG: 0.6})])
    assert summary(found) == [("wrong boundary", 0.7, DRUG, LONGER), ("wrong label", 0.6, SYMPTOM, CALLED_DRUG)]
    assert [each.annotated.score for _, each in found] == [pytest.approx(0.1), pytest.approx(0.2)]


def test_where_nothing_is_likelier_than_any_rival_an_entity_is_spurious_as_far_as_its_label_is_known():
    sure = opinions([DRUG], {DRUG: 0.9}, id="sure")
    unsure = opinions([DRUG], {DRUG: 0.1, LONGER: 0.2}, id="unsure")
    assert mean_probabilities([sure, unsure]) == {"DRUG": pytest.approx(0.5)}
    ((document, first), (_, second)) = find_doubts([sure, unsure])
    assert (document.id, first.kind, first.suggested) == ("unsure", "spurious", None)
    assert first.suspicion == pytest.approx((1 - 0.1 - 0.2) * 0.5)
    assert second.suspicion == pytest.approx((1 - 0.9) * 0.5)


def test_what_can_stand_beside_an_annotated_entity_is_missing_not_its_rival():
    inner = Entity(0, 1, "DRUG")
    found = find_doubts([opinions([DRUG], {DRUG: 0.9, inner: 0.8})])
    assert summary(found)[0] == ("missing", 0.8, None, inner)


def test_what_no_model_could_find_is_not_doubted_and_means_are_of_those_that_could():
    said = opinions([DRUG, SYMPTOM], {DRUG: 0.0, SYMPTOM: 0.4}, {DRUG: 0.0, SYMPTOM: 0.8})
    said.scores[:, 0] = np.nan
    said.scores[1, 1] = np.nan
    assert said.probabilities() == {SYMPTOM: pytest.approx(0.4)}
    assert summary(find_doubts([said])) == [("spurious", 0.6 * 0.4, SYMPTOM, None)]
    touching = opinions([DRUG], {DRUG: 0.0, LONGER: 0.9})
    touching.scores[0, touching.candidates.index(DRUG)] = np.nan
    assert find_doubts([touching]) == []


def test_annotation_that_models_are_sure_of_has_no_doubt_and_likely_is_what_they_would_have():
    said = opinions([DRUG, SYMPTOM], {DRUG: 1.0, SYMPTOM: 0.3, CALLED_DRUG: 0.7})
    assert [each.annotated for _, each in find_doubts([said])] == [SYMPTOM]
    assert said.likely().entities == (DRUG, CALLED_DRUG)
    assert [entity.score for entity in said.likely().entities] == [1.0, pytest.approx(0.7)]


def test_doubts_describe_themselves():
    ((document, doubt),) = find_doubts([opinions([DRUG], {DRUG: 0.25, LONGER: 0.75})])
    assert doubt.describe(document) == (
        "wrong boundary, suspicion 0.750: annotated '人参' DRUG [0, 2) of probability 0.250, "
        "suggested '人参片' DRUG [0, 3) of probability 0.750"
    )


# --- planted errors ---


@pytest.fixture
def planting(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import planting

    yield planting
    del sys.modules["planting"]


@pytest.fixture(scope="module")
def sample():
    return read_documents(ROOT / "examples/data/leaflets.jsonl")


def test_a_tenth_is_planted_as_many_of_each_kind_and_reported_exactly(planting, sample):
    wrong, planted = planting.plant_errors(sample, seed=1)
    assert planting.plant_errors(sample, seed=1) == (wrong, planted) != planting.plant_errors(sample, seed=2)
    assert len(planted) == 279 and {each.kind for each in planted} == set(planting.KINDS)
    before = {(d.id, e) for d in sample for e in d.entities}
    after = {(d.id, e) for d in wrong for e in d.entities}
    assert before - after == {(each.id, each.original) for each in planted}
    assert after - before == {(each.id, each.corrupted) for each in planted if each.corrupted}
    assert [d.text for d in wrong] == [d.text for d in sample]
    assert all(one.end <= other.start for d in wrong for one, other in pairwise(d.entities))


def scripted(wrong, right, rng):
    """A model as far from right as a real one: fairly sure of four entities in five, and wrong about the rest."""
    probabilities = {}
    for entity in right.entities:
        sure = rng.beta(6, 2) if rng.random() < 0.8 else rng.beta(2, 6)
        probabilities[entity] = sure
        if entity.end < len(right.text):
            probabilities[Entity(entity.start, entity.end + 1, entity.label)] = (1 - sure) * rng.random()
    for start in range(0, len(right.text) - 3, 20):  # what it imagines
        probabilities.setdefault(Entity(start, start + 2, "FOOD"), rng.beta(1, 6))
    candidates = tuple(sorted({*wrong.entities, *probabilities}))
    row = np.array([[probabilities.get(entity, 0.01) for entity in candidates]])
    return Opinions(wrong, candidates, row, row > 0.5)


def test_planted_errors_are_among_the_first_doubts_of_a_scripted_model(planting, sample):
    wrong, planted = planting.plant_errors(sample, seed=0)
    rng = np.random.default_rng(0)
    doubts = find_doubts([scripted(one, other, rng) for one, other in zip(wrong, sample, strict=True)])
    assert {doubt.kind for _, doubt in doubts} == set(KINDS)
    assert all(0 < other[1].suspicion <= one[1].suspicion <= 1 for one, other in pairwise(doubts))
    found = planting.count_found(planted, doubts[: 2 * len(planted)]).total()
    assert found >= 0.6 * len(planted)
    rng.shuffle(shuffled := list(doubts))
    assert planting.count_found(planted, shuffled[: 2 * len(planted)]).total() < 0.4 * len(planted)
