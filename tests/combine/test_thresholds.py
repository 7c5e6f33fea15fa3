"""Thresholds and curves against all thresholds there are."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from bert4ner.combine import thresholds
from bert4ner.combine.thresholds import Aim, choose_thresholds, precision_recall_curves
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError, DataError
from bert4ner.runs.rules import Rule
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import evaluate
from tests.combine.selecting import select_all

TEXT = "人" * 40
RIGHT_OR_WRONG = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.4, 0.7, 0.9]), st.booleans()), min_size=1, max_size=9)


def documents(found, missed=1):
    """Gold and candidates of one document: entities side by side, of which some are right, and some not found."""
    entities = [Entity(2 * number, 2 * number + 2, "DRUG", score) for number, (score, _) in enumerate(found)]
    right = [entity for entity, (_, is_right) in zip(entities, found, strict=True) if is_right]
    missing = [Entity(30 + number, 31 + number, "DRUG") for number in range(missed)]
    return [Document("1", TEXT, (*right, *missing))], [Document("1", TEXT, tuple(entities))]


def counts_at(gold, candidates, threshold):
    return evaluate(gold, select_all(candidates, Rule(threshold), {})).total


def f_beta(counts: Counts, beta: float) -> float:
    return (1 + beta**2) * counts.hits / (beta**2 * counts.gold + counts.predicted)


def probabilities(gold: list[Document], candidates: list[Document]) -> dict[Entity, float]:
    """How likely each candidate of one document is right: by counting, or by a logistic regression over the scores."""
    entities, right = candidates[0].entities, [entity in gold[0].entities for entity in candidates[0].entities]
    if len(set(right)) == 1:
        return dict(zip(entities, map(float, right), strict=True))
    labels = sorted({entity.label for entity in entities})
    rows = [
        [math.log(entity.score / (1 - entity.score)), *(entity.label == label for label in labels)]
        for entity in entities
    ]
    fitted = LogisticRegression(max_iter=1000).fit(rows, right).predict_proba(rows)[:, 1]
    return dict(zip(entities, fitted.tolist(), strict=True))


def expected(gold, candidates, rule, thresholds) -> dict[str, Counts]:
    """What a selection finds of each label, with expected hits; labels without a right candidate have none."""
    likely, known = probabilities(gold, candidates), evaluate(gold, candidates).counts
    found = select_all(candidates, rule, thresholds)[0].entities
    return {
        label: Counts(
            hits=sum(likely[entity] for entity in found if entity.label == label and counts.hits),
            predicted=sum(entity.label == label for entity in found),
            gold=counts.gold,
        )
        for label, counts in known.items()
    }


@given(RIGHT_OR_WRONG, st.integers(0, 3), st.sampled_from([0.5, 1, 2]), st.sampled_from(["f", "macro-f"]))
def test_no_threshold_lets_one_expect_a_better_f(found, missed, beta, kind):
    gold, candidates = documents(found, missed)
    chosen = choose_thresholds(gold, candidates, Aim(kind, beta), Rule())
    if not any(is_right for _, is_right in found):
        assert chosen == {}
        return
    best = max(f_beta(expected(gold, candidates, Rule(score), {})["DRUG"], beta) for score, _ in found)
    assert f_beta(expected(gold, candidates, Rule(), chosen)["DRUG"], beta) == pytest.approx(best)


LABELLED = st.tuples(st.sampled_from(["DRUG", "HERB", "FOOD", "DOSE"]), st.sampled_from([0.1, 0.4, 0.7]), st.booleans())


WRONG_TOGETHER = [  # HERB: two wrong candidates at one score, which count as two
    ("DRUG", 0.1, False),
    *[("DRUG", 0.1, True)] * 5,
    *[("HERB", 0.4, False)] * 2,
    ("FOOD", 0.1, False),
    ("FOOD", 0.1, True),
    ("FOOD", 0.4, False),
]


@example(WRONG_TOGETHER, 0, 0.5)
@given(st.lists(LABELLED, min_size=1, max_size=12), st.integers(0, 3), st.sampled_from([0.5, 1, 2]))
def test_no_thresholds_of_all_labels_let_one_expect_a_better_f_together(found, missed, beta):
    entities = [Entity(2 * place, 2 * place + 1, label, score) for place, (label, score, _) in enumerate(found)]
    right = [entity for entity, (*_, is_right) in zip(entities, found, strict=True) if is_right]
    missing = [Entity(30 + number, 31 + number, "OTHER") for number in range(missed)]
    gold, candidates = [Document("1", TEXT, (*right, *missing))], [Document("1", TEXT, tuple(entities))]
    rule = Rule(threshold=0.3)  # of labels of which nothing is right
    chosen = choose_thresholds(gold, candidates, Aim("f", beta), rule)
    assert set(chosen) == {entity.label for entity in right}

    def reached(thresholds):
        return f_beta(sum(expected(gold, candidates, rule, thresholds).values(), start=Counts()), beta)

    scores = {label: {entity.score for entity in entities if entity.label == label} for label in chosen}
    every = [dict(zip(chosen, cuts, strict=True)) for cuts in itertools.product(*scores.values())]
    if chosen:
        assert reached(chosen) == pytest.approx(max(map(reached, every)))
        apart = choose_thresholds(gold, candidates, Aim("macro-f", beta), rule)
        macro = [
            sum(f_beta(expected(gold, candidates, rule, each)[label], beta) for label in chosen)
            for each in (apart, chosen)
        ]
        assert macro[0] >= macro[1] - 1e-9 and reached(chosen) >= reached(apart) - 1e-9


def test_thresholds_of_few_documents_reach_more_on_others_than_the_best_ones_of_those_few(rng):
    """Labels of different frequency and steepness, all scores too high: what is chosen on 60 candidates, on 20,000."""

    def drawn(number):
        labels = rng.choice(["DRUG", "HERB", "FOOD", "DOSE"], p=[0.5, 0.3, 0.15, 0.05], size=number).tolist()
        odds = rng.normal(-0.5, 1.5, size=number)
        right = rng.random(number) < 1 / (1 + np.exp(-odds + [label == "FOOD" for label in labels]))
        scores = 1 / (1 + np.exp(-1.5 * odds - 0.5))
        text = "人" * number
        entities = [Entity(n, n + 1, *each) for n, each in enumerate(zip(labels, scores.tolist(), strict=True))]
        hits = [entity for entity, is_right in zip(entities, right.tolist(), strict=True) if is_right]
        return [Document("1", text, tuple(hits))], [Document("1", text, tuple(entities))]

    others = drawn(20_000)
    counted, chosen = [], []
    for _ in range(40):
        few = drawn(60)
        cuts = thresholds.label_cuts(*few, Rule())
        best = {label: each.scores[thresholds._cut(each, Aim("macro-f", 1))] for label, each in cuts.items()}
        for found, by_label in ((counted, best), (chosen, choose_thresholds(*few, Aim("macro-f", 1), Rule()))):
            found.append(evaluate(others[0], select_all(others[1], Rule(), by_label)).macro.f1)
    assert np.mean(chosen) > np.mean(counted) + 0.02


@given(RIGHT_OR_WRONG.filter(lambda found: any(right for _, right in found)), st.sampled_from([0.3, 0.5, 0.8, 1.0]))
def test_a_target_recall_costs_as_little_as_possible_and_a_target_precision_finds_as_much(found, target):
    gold, candidates = documents(found)
    every = [counts_at(gold, candidates, score) for score, _ in found]
    at = {
        kind: counts_at(gold, candidates, choose_thresholds(gold, candidates, Aim(kind, target), Rule())["DRUG"])
        for kind in ("recall", "precision")
    }
    reached = [counts for counts in every if counts.recall >= target]
    assert at["recall"].predicted == (min(c.predicted for c in reached) if reached else len(found))
    sure = [counts for counts in every if counts.precision >= target]
    if sure:
        assert at["precision"].precision >= target and at["precision"].hits == max(c.hits for c in sure)
    else:
        assert at["precision"].precision == max(c.precision for c in every)


def test_each_label_has_a_threshold_of_its_own_halfway_between_two_scores():
    drugs = [Entity(n, n + 1, "DRUG", score) for n, score in enumerate([0.9] * 9 + [0.1] * 9)]
    herbs = [Entity(20, 21, "HERB", 0.8), Entity(21, 22, "HERB", 0.7)]
    other = [Entity(25, 26, "OTHER", 0.9)]
    gold = [Document("1", TEXT, (*drugs[:9], *herbs))]
    candidates = [Document("1", TEXT, (*drugs, *herbs, *other))]
    chosen = choose_thresholds(gold, candidates, Aim("f", 1), Rule(threshold=0.5))
    assert chosen == {"DRUG": pytest.approx(0.5), "HERB": 0.0}  # OTHER keeps the rule's: none of it is right
    assert select_all(candidates, Rule(threshold=0.5), chosen)[0].entities == (*drugs[:9], *herbs, *other)


def test_what_a_likelier_entity_covers_does_not_move_a_threshold_unless_both_may_stay():
    inner, outer, low = Entity(0, 2, "DRUG", 0.6), Entity(0, 4, "DRUG", 0.9), Entity(5, 7, "DRUG", 0.3)
    gold, candidates = [Document("1", TEXT, (outer, low))], [Document("1", TEXT, (inner, outer, low))]
    assert choose_thresholds(gold, candidates, Aim("precision", 1), Rule()) == {"DRUG": 0.0}
    both = choose_thresholds(gold, candidates, Aim("precision", 1), Rule(nesting="any"))
    assert both == {"DRUG": pytest.approx(0.75)}


@given(
    st.lists(
        st.tuples(
            st.integers(0, 12), st.integers(1, 5), st.sampled_from(["DRUG", "FOOD"]), st.sampled_from([0.1, 0.5, 0.9])
        ),
        max_size=9,
    ),
    st.sampled_from(["any", "labels", "none"]),
)
def test_the_likeliest_are_those_that_no_likelier_one_overlaps_where_they_may_not(drawn, nesting):
    entities = sorted({Entity(start, start + length, label, score) for start, length, label, score in drawn})
    kept = []
    for entity in sorted(entities, key=lambda each: (-each.score, each)):
        rivals = [] if nesting == "any" else [each for each in kept if nesting == "none" or each.label == entity.label]
        if not any(entity.start < other.end and other.start < entity.end for other in rivals):
            kept.append(entity)
    assert thresholds._likeliest(entities, nesting) == sorted(kept)


def test_documents_must_fit():
    candidates = documents([(0.5, True)])[1]
    with pytest.raises(DataError, match="paired by id"):
        choose_thresholds([Document("2", TEXT)], candidates, Aim("f", 1), Rule())


@given(RIGHT_OR_WRONG, st.integers(0, 3))
def test_a_curve_reports_what_each_threshold_gives(found, missed):
    gold, candidates = documents(found, missed)
    curves = precision_recall_curves(gold, candidates, Rule())
    curve = curves["DRUG"]
    assert set(curve["threshold"]) == {score for score, _ in found}
    assert curve["threshold"] == sorted(curve["threshold"], reverse=True)
    for threshold, precision, recall in zip(curve["threshold"], curve["precision"], curve["recall"], strict=True):
        counts = counts_at(gold, candidates, threshold)
        assert (precision, recall) == (pytest.approx(counts.precision), pytest.approx(counts.recall))


def test_a_curve_of_many_thresholds_keeps_its_ends():
    found = [Entity(0, 1, "DRUG", number / 1000) for number in range(1000)]
    candidates = [Document(str(number), TEXT, (entity,)) for number, entity in enumerate(found)]
    curve = precision_recall_curves(candidates, candidates, Rule())["DRUG"]
    assert len(curve["threshold"]) == 200 and (curve["threshold"][0], curve["threshold"][-1]) == (0.999, 0.0)
    assert curve["recall"][-1] == 1 and set(curve["precision"]) == {1.0}


@pytest.mark.parametrize(
    ("text", "aim"),
    [
        ("f1", Aim("f", 1)),
        ("f0.5", Aim("f", 0.5)),
        ("macro-f2", Aim("macro-f", 2)),
        ("recall=0.9", Aim("recall", 0.9)),
        ("precision=1", Aim("precision", 1)),
    ],
)
def test_an_aim_is_read(text, aim):
    assert Aim.parse(text) == aim


NO_AIMS = ["", "f", "f0", "F1", "macro-", "macro-recall=0.9", "recall", "recall=0", "recall=1.5", "precision=90", "f1 "]


@pytest.mark.parametrize("text", NO_AIMS)
def test_what_is_no_aim_is_reported(text):
    with pytest.raises(ConfigError, match=r"aim must be f1, .* got"):
        Aim.parse(text)
