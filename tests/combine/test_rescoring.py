"""Rescoring: its numbers against slow definitions, its network against scikit-learn's, and what only it can learn."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier

from bert4ner.combine.candidates import Evidence
from bert4ner.combine.context import FEATURES, repeated, surroundings
from bert4ner.combine.fitting import Search, apply, cross_fit, fit
from bert4ner.combine.rescoring import fit_rescorer, known_words, network_output, rescore, words_of_other_folds
from bert4ner.combine.thresholds import Aim
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError, DataError
from bert4ner.runs.combination import Combination
from bert4ner.runs.rescorer import Rescorer
from bert4ner.schema import Misfit, build
from bert4ner.scoring.metrics import evaluate
from bert4ner.text.gazetteer import Gazetteer

ONE = Combination("rescoring", ("one",), (1.0,))
WORDS = ["人参", "当归", "气血", "血虚", "参当"]


@st.composite
def candidates(draw):
    text = "".join(draw(st.lists(st.sampled_from([*WORDS, "。", "参"]), min_size=1, max_size=25)))
    spans = st.tuples(st.integers(0, len(text) - 1), st.integers(1, 4), st.sampled_from(["DRUG", "HERB"]))
    entities = {Entity(s, min(s + n, len(text)), label) for s, n, label in draw(st.lists(spans, max_size=15))}
    document = Document("1", text, tuple(sorted(entities)))
    numbers = draw(st.lists(st.floats(0, 1), min_size=2 * len(entities), max_size=2 * len(entities)))
    return document, np.array(numbers).reshape(2, len(entities))


def slowly(document, probabilities):
    """The definitions, candidate by candidate and pair by pair."""
    text, entities, means = document.text, document.entities, probabilities.mean(axis=0)
    rows = []
    for one, entity in enumerate(entities):
        mention = text[entity.start : entity.end]
        starts = [place for place in range(len(text)) if text.startswith(mention, place)]
        others = [(other, means[place]) for place, other in enumerate(entities) if place != one]
        same = [(o, p) for o, p in others if text[o.start : o.end] == mention and o.label == entity.label]
        before, after = ([p for o, p in same if (o < entity) is earlier] for earlier in (True, False))
        over = [(o, p) for o, p in others if o.start < entity.end and entity.start < o.end]
        span = [p for o, p in over if (o.start, o.end) == (entity.start, entity.end)]
        wide = [
            p for o, p in over if o.start <= entity.start and entity.end <= o.end and o.end - o.start > len(mention)
        ]
        thin = [
            p for o, p in over if entity.start <= o.start and o.end <= entity.end and o.end - o.start < len(mention)
        ]
        likely = [
            *(value for side in (before, after) for value in (max(side, default=0), sum(side))),
            *(max(side, default=0) for side in (span, wide, thin, [p for _, p in over])),
        ]
        sums = [
            means.sum(),
            sum(p for o, p in others if abs(o.start - entity.start) <= 30),
            sum(p for o, p in others if o.label == entity.label),
        ]
        counts = [len(mention), len(starts), sum(start < entity.start for start in starts)]
        position = [entity.start / len(text), np.log1p(len(text))]
        rows.append([*np.log1p(counts), *np.log(np.array(likely) + 0.02), *position, *np.log(np.array(sums) + 0.02)])
    return np.array(rows).reshape(len(entities), len(FEATURES))


@given(candidates())
def test_the_surroundings_are_what_their_names_say(drawn):
    np.testing.assert_allclose(surroundings(*drawn), slowly(*drawn), atol=1e-9)


@given(candidates())
def test_a_candidate_repeats_wherever_its_text_occurs(drawn):
    document, _ = drawn
    wanted = {
        Entity(place, place + entity.end - entity.start, entity.label)
        for entity in document.entities
        for place in range(len(document.text))
        if document.text.startswith(document.text[entity.start : entity.end], place)
    }
    assert repeated(document, document.entities) == wanted


def test_discontinuous_entities_do_not_repeat():
    document = Document("1", "气虚血虚。气血虚", (Entity(0, 4, "SYMPTOM", fragments=((0, 1), (2, 4))),))
    assert repeated(document, document.entities) == set(document.entities)


def test_annotated_texts_are_candidates_with_each_of_their_labels():
    taught = [Document("1", "人参", (Entity(0, 2, "DRUG"),)), Document("2", "人参参", (Entity(0, 2, "HERB"),))]
    whole = Gazetteer.of(taught, ("DRUG", "HERB"))
    assert known_words(whole, "人参参") == {Entity(0, 2, "DRUG"), Entity(0, 2, "HERB")}
    assert known_words(whole.without_texts({"人参"}), "人参参") == {Entity(0, 2, "HERB")}
    of_each = words_of_other_folds(taught, [0, 1], [Document("3", "参", (Entity(0, 1, "DRUG"),))])
    assert known_words(of_each[0], "人参") == {Entity(0, 2, "HERB"), Entity(1, 2, "DRUG")}
    assert known_words(of_each[1], "人参") == {Entity(0, 2, "DRUG"), Entity(1, 2, "DRUG")}


def first_occurrences(rng, num_documents=60):
    """Only the first occurrence of each word is annotated, and one member cannot see which it is."""
    gold, evidence = [], []
    for number in range(num_documents):
        words = rng.permutation(WORDS[:3]).tolist() * 3
        document = Document(str(number), "。".join(words))
        entities = [Entity(3 * place, 3 * place + 2, "DRUG") for place in range(len(words))]
        gold.append(replace(document, entities=tuple(entities[:3])))
        probabilities = np.clip(0.5 + 0.1 * rng.normal(size=(1, 9)), 0.05, 0.95)
        evidence.append(Evidence(replace(document, entities=tuple(entities)), probabilities))
    return gold, evidence, [number % 3 for number in range(num_documents)]


def test_it_learns_that_only_the_first_occurrence_is_annotated(rng):
    gold, evidence, folds = first_occurrences(rng)
    found = cross_fit(gold, evidence, folds, ONE, Search(Aim("f", 1)))
    stacked = cross_fit(gold, evidence, folds, replace(ONE, method="stacking"), Search(Aim("f", 1)))
    assert evaluate(gold, found.selected).micro.f1 > 0.95
    assert evaluate(gold, stacked.selected).micro.f1 < 0.6


def test_the_network_is_scikit_learn_s_and_is_plain_numbers(rng, monkeypatch):
    fitted = []
    learn = MLPClassifier.partial_fit
    monkeypatch.setattr(MLPClassifier, "partial_fit", lambda *given, **by: fitted.append(given) or learn(*given, **by))
    gold, evidence, _ = first_occurrences(rng, 10)
    right = [
        np.array([e in one.entities for e in each.document.entities]) for one, each in zip(gold, evidence, strict=True)
    ]
    rescorer = fit_rescorer(gold, evidence, right)
    network, table, target = fitted[-1]
    assert len(target) == 90 and target.sum() == 30
    raw = table * rescorer.scales + rescorer.centres
    np.testing.assert_allclose(network_output(rescorer, raw), network.predict_proba(table)[:, 1], atol=1e-9)
    again = build(Rescorer, json.loads(json.dumps(asdict(rescorer))))
    assert again == rescorer
    np.testing.assert_array_equal(rescore(again, evidence[0])[1], rescore(rescorer, evidence[0])[1])
    assert fit_rescorer(gold, evidence, right) == rescorer  # the same documents give the same network


def test_what_only_an_unknown_word_proposes_is_no_candidate(rng):
    gold, evidence, _ = first_occurrences(rng, 10)
    rescorer = fit(gold, evidence, ONE, Search()).rescorer
    document = Document("x", "人参。附子。当归", (Entity(0, 2, "DRUG"), Entity(3, 5, "DRUG"), Entity(6, 8, "NEW")))
    proposed = np.array([False, False, True])
    entities, scores = rescore(rescorer, Evidence(document, np.full((1, 3), 0.5), proposed))
    assert entities == [Entity(0, 2, "DRUG"), Entity(6, 8, "NEW")] and np.isfinite(scores).all()
    nothing = rescore(rescorer, Evidence(Document("y", "附子"), np.zeros((1, 0))))
    assert nothing[0] == [] and nothing[1].shape == (0,)


def test_it_needs_right_and_wrong_candidates(rng):
    gold, evidence, _ = first_occurrences(rng, 6)
    with pytest.raises(DataError, match="rescoring learns from right and wrong candidates, found only wrong ones"):
        fit([Document(each.id, each.text) for each in gold], evidence, ONE, Search())
    with pytest.raises(ConfigError, match="rescoring needs a fitted model"):
        apply(ONE, evidence)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scales": [1.0]}, "as many weights"),
        ({"output": []}, "as many weights"),
        ({"bias": float("nan")}, "expected bias to be a number, found nan"),
        ({"words": {"人参": [1.0]}}, "to be a list of 2"),
        ({"words": {"人参": [1.0, {"NEW": 1}]}}, "counts by label"),
        ({"words": {"": [1.0, {"DRUG": 1}]}}, "a text that is not empty"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(change, message, rng):
    gold, evidence, _ = first_occurrences(rng, 6)
    values = asdict(fit(gold, evidence, ONE, Search()).rescorer)
    with pytest.raises(Misfit, match=message):
        build(Rescorer, json.loads(json.dumps(values | change)))
