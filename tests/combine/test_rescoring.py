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
from bert4ner.combine.features import NUMBERS, Columns, common_neighbours, feature_names, features
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


def known(gazetteer, entity, text):
    """Share annotated of a candidate, by hand; 0 for a text that is never annotated."""
    number = gazetteer.places.get(text[entity.start : entity.end])
    if number is None:
        return 0.0
    so = gazetteer.counts.annotated[number][gazetteer.labels.index(entity.label)]
    return (so + 0.3) / (gazetteer.counts.seen[number] + 1)


@given(candidates())
def test_every_other_column_is_what_its_name_says(drawn):
    document, probabilities = drawn
    taught = [
        Document("1", "人参。当归气血", (Entity(0, 2, "DRUG"), Entity(3, 5, "HERB"), Entity(5, 7, "DRUG"))),
        Document("2", "气血。人参血虚", (Entity(3, 5, "HERB"), Entity(5, 7, "DRUG"))),
    ]
    gazetteer = Gazetteer.of(taught, ("DRUG", "HERB"))
    columns = Columns(NUMBERS, ("", "。"), ("参", ""))
    names = feature_names(2, gazetteer.labels, columns)
    assert names[-6:] == ("DRUG", "HERB", "before ", "before 。", "after 参", "after ")
    table = features(Evidence(document, probabilities), gazetteer, columns)
    assert table.shape == (len(document.entities), len(names))
    for entity, row in zip(document.entities, table, strict=True):
        found, text = dict(zip(names, row.tolist(), strict=True)), document.text
        before, after = text[: entity.start][-1:], text[entity.end :][:1]
        assert [found[f"before {each}"] for each in ("", "。")] == [before == "", before == "。"]
        assert [found[f"after {each}"] for each in ("", "参")] == [after == "", after == "参"]
        assert [found[label] for label in gazetteer.labels] == [entity.label == "DRUG", entity.label == "HERB"]
        over = [o for o in document.entities if o != entity and o.start < entity.end and entity.start < o.end]
        spans = {
            "this span": [o for o in over if (o.start, o.end) == (entity.start, entity.end)],
            "containing": [o for o in over if {*range(o.start, o.end)} > {*range(entity.start, entity.end)}],
            "contained": [o for o in over if {*range(o.start, o.end)} < {*range(entity.start, entity.end)}],
            "overlapping": over,
        }
        for name, rivals in spans.items():
            greatest = max((known(gazetteer, other, text) for other in rivals), default=0)
            shown = "share of this span" if name == "this span" else f"share {name}"
            assert found[shown] == pytest.approx(np.log(greatest + 0.02))


def test_characters_beside_many_proposed_candidates_have_a_column():
    ends = [Entity(0, 2, "DRUG"), Entity(3, 5, "DRUG")]
    often = [Evidence(Document(str(n), "人参、当归", tuple(ends)), np.full((1, 2), 0.5)) for n in range(10)]
    rarely = [Evidence(Document(str(n), "人参。当归", tuple(ends)), np.full((1, 2), 0.5)) for n in range(10, 19)]
    unproposed = [replace(each, proposed=np.array([False, False])) for each in rarely]
    assert common_neighbours([*often, *rarely]) == (("", "、"), ("", "、"))
    assert common_neighbours([*often, *unproposed, *unproposed]) == (("", "、"), ("", "、"))
    assert common_neighbours([*often, *rarely, *rarely]) == (("", "、", "。"), ("", "、", "。"))
    assert common_neighbours(often[:9]) == ((), ())


def after_a_comma(rng):
    """Words are annotated where a comma follows, whatever they are; the member is indifferent."""
    gold, evidence = [], []
    for number in range(40):
        signs = rng.permutation(list("，，，。。。")).tolist()
        text = "".join(word + sign for word, sign in zip(rng.choice(WORDS[:4], 6).tolist(), signs, strict=True))
        entities = tuple(Entity(3 * place, 3 * place + 2, "DRUG") for place in range(6))
        gold.append(Document(str(number), text, tuple(e for e in entities if text[e.end] == "，")))
        evidence.append(Evidence(Document(str(number), text, entities), np.full((1, 6), 0.5)))
    return gold, evidence, [number % 3 for number in range(40)]


def test_it_learns_what_stands_beside_an_entity(rng):
    gold, evidence, folds = after_a_comma(rng)
    found = cross_fit(gold, evidence, folds, ONE, Search(Aim("f", 1)))
    assert evaluate(gold, found.selected).micro.f1 > 0.95


def test_a_model_from_before_these_columns_is_applied_as_it_was(rng):
    gold, evidence, _ = first_occurrences(rng, 10)
    new = fit(gold, evidence, ONE, Search()).rescorer
    kept = [n for n, name in enumerate(new.features) if not name.startswith(("share ", "before ", "after "))]
    kept = sorted({*kept, *(n for n, name in enumerate(new.features) if name in NUMBERS[:-4])})
    values = asdict(new)
    del values["before"], values["after"]  # as a file of format 3 has it
    for name in ("features", "centres", "scales", "hidden"):
        values[name] = [values[name][n] for n in kept]
    old = build(Rescorer, json.loads(json.dumps(values)))
    assert (old.before, old.after, old.numbers) == ((), (), NUMBERS[:-4])
    raw = features(evidence[0], new.gazetteer, Columns(new.numbers, new.before, new.after))
    np.testing.assert_allclose(rescore(old, evidence[0])[1], network_output(old, raw[:, kept]), atol=1e-12)


def test_a_number_that_is_unknown_is_refused(rng):
    gold, evidence, _ = first_occurrences(rng, 6)
    rescorer = fit(gold, evidence, ONE, Search()).rescorer
    odd = replace(rescorer, features=tuple("weather" if name == "seen" else name for name in rescorer.features))
    with pytest.raises(ConfigError, match="rescoring computes no number 'weather'; combine the runs again"):
        rescore(odd, evidence[0])


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


def test_the_network_is_the_mean_of_scikit_learn_s_and_is_plain_numbers(rng, monkeypatch):
    fitted = []
    learn = MLPClassifier.partial_fit
    monkeypatch.setattr(MLPClassifier, "partial_fit", lambda *given, **by: fitted.append(given) or learn(*given, **by))
    gold, evidence, _ = first_occurrences(rng, 10)
    right = [
        np.array([e in one.entities for e in each.document.entities]) for one, each in zip(gold, evidence, strict=True)
    ]
    rescorer = fit_rescorer(gold, evidence, right)
    networks, (table, target) = {id(network): network for network, *_ in fitted}.values(), fitted[-1][1:]
    assert len(target) == 90 and target.sum() == 30 and len(networks) == 4
    raw = table * rescorer.scales + rescorer.centres
    probabilities = np.array([network.predict_proba(table)[:, 1] for network in networks])
    assert (probabilities[0] != probabilities[1]).any()
    mean = np.log(probabilities / (1 - probabilities)).mean(axis=0)
    np.testing.assert_allclose(network_output(rescorer, raw), 1 / (1 + np.exp(-mean)), atol=1e-9)
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
        ({"before": ["。"] * 200}, "fewer than members, labels and characters together"),
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
