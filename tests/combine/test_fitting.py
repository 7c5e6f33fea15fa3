"""What is fitted to a fold never saw it: against fits by hand, and a fold that would give itself away."""

from dataclasses import replace

import numpy as np
import pytest

from bert4ner.combine import rescoring
from bert4ner.combine.applying import score_candidates
from bert4ner.combine.candidates import Evidence, voiced
from bert4ner.combine.fitting import Search, apply, cross_fit, describe_calibration, fit
from bert4ner.combine.learning import fit_calibration
from bert4ner.combine.selection import select
from bert4ner.combine.thresholds import Aim, choose_thresholds
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.runs.combination import Combination
from bert4ner.runs.rules import Rule
from bert4ner.scoring.metrics import evaluate
from bert4ner.scoring.reliability import reliability
from tests.combine.selecting import select_all

TEXT = "人" * 40
ONE = Combination("probability", ("one",), (1.0,))
F1 = Aim("f", 1)


def evidence_of(entities, *, id="1"):
    """What one member says, its probabilities being the entities' scores."""
    document = Document(id, TEXT, tuple(entities))
    return Evidence(document, np.array([[entity.score for entity in document.entities]]))


def random_evidence(rng, num_documents=40, members=3):
    """Candidates side by side in every document; the first member knows best what is right, and all are too sure."""
    gold, evidence = [], []
    for number in range(num_documents):
        spans = [Entity(3 * place, 3 * place + 2, rng.choice(["DRUG", "HERB"])) for place in range(10)]
        right = rng.random(10) < 0.5
        odds = np.where(right, 1.0, -1.0) + rng.normal(size=(members, 10)) * np.arange(1, members + 1)[:, None]
        gold.append(Document(str(number), TEXT, tuple(e for e, is_right in zip(spans, right, strict=True) if is_right)))
        evidence.append(Evidence(Document(str(number), TEXT, tuple(spans)), 1 / (1 + np.exp(-3 * odds))))
    return gold, evidence, [number % 5 for number in range(num_documents)]


def test_a_fold_is_selected_by_the_thresholds_of_the_others():
    # In fold 0 wrong entities score 0.5 and right ones 0.9, in fold 1 right ones 0.5 and wrong ones 0.2.
    gold, evidence, folds = [], [], []
    for number in range(8):
        fold = number % 2
        right, wrong = Entity(0, 2, "DRUG", 0.5 if fold else 0.9), Entity(4, 6, "DRUG", 0.2 if fold else 0.5)
        gold.append(Document(str(number), TEXT, (right,)))
        evidence.append(evidence_of((right, wrong), id=str(number)))
        folds.append(fold)
    found = cross_fit(gold, evidence, folds, ONE, Search(F1))
    scored = apply(ONE, evidence).scored
    assert [document.id for document in found.selected] == [document.id for document in gold]
    for document, candidate, fold in zip(found.selected, scored, folds, strict=True):
        others = [place != fold for place in folds]
        chosen = choose_thresholds(
            [each for each, other in zip(gold, others, strict=True) if other],
            [each for each, other in zip(scored, others, strict=True) if other],
            F1,
            Rule(),
        )
        assert list(document.entities) == select(candidate.entities, thresholds=chosen)
    on_itself = select_all(scored, Rule(), choose_thresholds(gold, scored, F1, Rule()))
    assert evaluate(gold, found.selected).micro.f1 < evaluate(gold, on_itself).micro.f1


@pytest.mark.parametrize(
    "search", [Search(F1), Search(None, "temperature"), Search(None, "isotonic"), Search(F1, "isotonic")]
)
@pytest.mark.parametrize("method", ["probability", "stacking", "rescoring"])
def test_what_a_fold_is_given_does_not_depend_on_its_own_annotation(search, method, rng, monkeypatch):
    monkeypatch.setattr(rescoring, "_EPOCHS", 1)
    gold, evidence, folds = random_evidence(rng)
    combination = replace(ONE, method=method, names=("a", "b", "c"), weights=(1.0,) * 3)
    found = cross_fit(gold, evidence, folds, combination, search)
    lied = [Document(each.id, each.text) if fold == 2 else each for each, fold in zip(gold, folds, strict=True)]
    again = cross_fit(lied, evidence, folds, combination, search)
    same = [
        [e.score for e in one.entities] == [e.score for e in other.entities]
        for one, other in zip(found.scored + found.selected, again.scored + again.selected, strict=True)
    ]
    held = [fold == 2 for fold in folds] * 2
    assert all(is_same for is_same, is_held in zip(same, held, strict=True) if is_held)
    assert not all(is_same for is_same, is_held in zip(same, held, strict=True) if not is_held)


def test_stacking_finds_the_member_that_knows_most(rng):
    gold, evidence, folds = random_evidence(rng, num_documents=80)
    mean = Combination("probability", ("a", "b", "c"), (1.0,) * 3, rule=Rule(0.5))
    stacked = cross_fit(gold, evidence, folds, replace(mean, method="stacking"), Search())
    averaged = apply(mean, evidence)
    assert evaluate(gold, stacked.selected).micro.f1 > evaluate(gold, averaged.selected).micro.f1
    whole = fit(gold, evidence, replace(mean, method="stacking"), Search())
    assert whole.stacker.weights[0] > whole.stacker.weights[2] and set(whole.stacker.labels) == {"DRUG", "HERB"}


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_calibration_makes_sure_scores_honest_on_folds_it_did_not_see(kind, rng):
    gold, evidence, folds = random_evidence(rng, num_documents=120, members=1)
    raw = apply(ONE, evidence).scored
    found = cross_fit(gold, evidence, folds, ONE, Search(None, kind)).scored
    result = describe_calibration(gold, raw, found, kind)
    assert result["candidates"] == 1200 and result["ece_after"] < 0.6 * result["ece_before"]
    truth = [entity in one.entities for one, each in zip(gold, raw, strict=True) for entity in each.entities]
    by_hand = reliability([entity.score for each in raw for entity in each.entities], truth).error
    assert result["ece_before"] == pytest.approx(by_hand)
    whole = fit(gold, evidence, ONE, Search(None, kind))
    scores = np.concatenate([each.probabilities[0] for each in evidence])
    assert whole.calibration == fit_calibration(kind, scores, np.array(truth))


def test_the_quorum_with_the_best_f_is_found_and_of_equals_the_lowest():
    drug, herb = Entity(0, 2, "DRUG"), Entity(4, 6, "HERB")
    votes = Combination("vote", ("a", "b", "c"), (1.0,) * 3, quorum=2)
    gold = [Document("1", TEXT, (drug,))]
    evidence = [voiced(gold[0], [[drug, herb], [drug, herb], [drug]])]
    assert fit(gold, evidence, votes, Search(quorum=True)).quorum == 3
    assert fit([Document("1", TEXT, (drug, herb))], evidence, votes, Search(quorum=True)).quorum == 1
    assert fit(gold, evidence, votes, Search()).quorum == 2


def test_votes_are_what_the_members_said():
    drug, herb = Entity(0, 2, "DRUG", 0.75), Entity(4, 6, "HERB")
    evidence = voiced(Document("1", TEXT, (Entity(7, 9, "OLD"),)), [[drug, herb], [drug], []])
    assert list(evidence.document.entities) == [drug, herb]
    np.testing.assert_array_equal(evidence.probabilities, [[0.75, 1.0], [0.75, np.nan], [np.nan, np.nan]])
    found = score_candidates(Combination("vote", ("a", "b", "c"), (1.0,) * 3, quorum=2), evidence).entities
    assert list(found) == [drug] and found[0].score == pytest.approx(0.5)


def test_with_nothing_to_fit_nothing_is_fitted_and_folds_do_not_matter():
    evidence = [evidence_of((Entity(0, 2, "DRUG", 0.7),))]
    gold = [Document("1", TEXT, ())]
    assert cross_fit(gold, evidence, [0], ONE, Search()) == apply(ONE, evidence)
    with pytest.raises(ValueError, match="two different ones"):
        cross_fit(gold, evidence, [0], ONE, Search(F1))
    with pytest.raises(DataError, match="only wrong ones"):
        fit(gold, evidence, replace(ONE, method="stacking"), Search())
