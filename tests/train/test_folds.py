"""Folds: the same for the same seed, identical texts together, every label and every fold with its share."""

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.train.folds import assign_folds, draw_bags, split

LABELS = "ABCDEFG"


def document(number, text, labels):
    return Document(f"d{number}", text, tuple(Entity(place, place + 1, label) for place, label in enumerate(labels)))


def skewed(rng, number):
    """Documents of very different numbers of entities; the labels' frequencies fall by half from one to the next."""
    odds = 0.5 ** np.arange(len(LABELS))
    return [
        document(n, f"{n:012d}", rng.choice(list(LABELS), size=rng.integers(0, 9), p=odds / odds.sum()))
        for n in range(number)
    ]


def shares(documents, folds, num_folds):
    """How many entities of each label are in each fold: label -> (folds,)."""
    counts = {label: np.zeros(num_folds) for label in LABELS}
    for each, fold in zip(documents, folds, strict=True):
        for entity in each.entities:
            counts[entity.label][fold] += 1
    return counts


def unevenness(documents, folds, num_folds):
    """Summed distance of the labels' counts from equal shares, relative to the share."""
    found = shares(documents, folds, num_folds)
    return sum(np.abs(counts - counts.mean()).sum() / counts.mean() for counts in found.values() if counts.any())


def test_the_seed_decides(rng):
    documents = skewed(rng, 60)
    assert assign_folds(documents, 5, seed=1) == assign_folds(documents, 5, seed=1)
    assert assign_folds(documents, 5, seed=1) != assign_folds(documents, 5, seed=2)
    assert split(documents, 0.2, seed=1) == split(documents, 0.2, seed=1)
    assert split(documents, 0.2, seed=1) != split(documents, 0.2, seed=2)


def test_labels_are_spread_far_more_evenly_than_by_chance(rng):
    documents = skewed(rng, 300)
    dealt = unevenness(documents, assign_folds(documents, 5, seed=3), 5)
    by_chance = [unevenness(documents, rng.permutation(300) % 5, 5) for _ in range(20)]
    assert dealt < 0.3 * min(by_chance), (dealt, min(by_chance))


def test_every_label_and_the_folds_have_close_to_their_share(rng):
    documents = skewed(rng, 300)
    folds = assign_folds(documents, 5, seed=3)
    for label, counts in shares(documents, folds, 5).items():
        assert np.ptp(counts) <= max(2, 0.1 * counts.mean()), (label, counts)
    assert np.ptp(np.bincount(folds)) <= 2


def test_documents_of_one_entity_each_are_dealt_out_exactly(rng):
    documents = [document(n, f"{n:04d}", LABELS[n % 3]) for n in range(90)]
    folds = assign_folds(documents, 5, seed=0)
    assert np.bincount(folds).tolist() == [18] * 5
    assert all((counts == 6).all() for counts in list(shares(documents, folds, 5).values())[:3])


def test_documents_without_entities_fill_the_folds_up():
    documents = [document(n, f"{n:04d}", "A" if n < 7 else "") for n in range(52)]
    folds = assign_folds(documents, 5, seed=0)
    assert sorted(np.bincount(folds).tolist()) == [10, 10, 10, 11, 11]
    assert max(shares(documents, folds, 5)["A"]) == 2


def test_a_label_with_fewer_entities_than_folds_goes_to_different_folds():
    documents = [document(n, f"{n:04d}", "AAAB" if n in (3, 4, 5) else "A" * (n % 5)) for n in range(40)]
    folds = assign_folds(documents, 5, seed=0)
    assert len({folds[n] for n in (3, 4, 5)}) == 3


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.text(LABELS, max_size=4)), min_size=2, max_size=40),
    st.integers(2, 6),
    st.integers(0, 5),
)
def test_identical_texts_stay_together_and_no_fold_is_empty(rows, num_folds, seed):
    documents = [document(n, f"text {text:02d}", labels) for n, (text, labels) in enumerate(rows)]
    texts = {each.text for each in documents}
    if num_folds > len(texts):
        with pytest.raises(DataError, match=f"{num_folds} folds, but only {len(texts)} different texts"):
            assign_folds(documents, num_folds, seed=seed)
        return
    folds = assign_folds(documents, num_folds, seed=seed)
    assert len(folds) == len(documents)
    assert set(folds) == set(range(num_folds))
    assert len({(each.text, fold) for each, fold in zip(documents, folds, strict=True)}) == len(texts)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.text(LABELS, max_size=4)), min_size=1, max_size=40),
    st.floats(0.01, 0.9),
    st.integers(0, 5),
)
def test_a_split_has_two_sides_and_no_text_on_both(rows, share, seed):
    documents = [document(n, f"text {text:02d}", labels) for n, (text, labels) in enumerate(rows)]
    if len({each.text for each in documents}) < 2:
        with pytest.raises(DataError, match="cannot be split"):
            split(documents, share, seed=seed)
        return
    training, held_out = split(documents, share, seed=seed)
    assert training and held_out
    assert not {each.text for each in training} & {each.text for each in held_out}
    assert sorted([*training, *held_out], key=lambda each: each.id) == sorted(documents, key=lambda each: each.id)
    assert [each for each in documents if each in training] == training


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_a_split_holds_out_the_share_that_was_asked_for(rng, share):
    documents = skewed(rng, 200)
    _, held_out = split(documents, share, seed=4)
    assert len(held_out) == pytest.approx(share * 200, abs=2)
    total, found = (Counter(e.label for each in part for e in each.entities) for part in (documents, held_out))
    for label, count in total.items():
        assert found[label] == pytest.approx(share * count, abs=max(2, 0.1 * share * count)), label


def test_a_large_set_is_dealt_out_at_once():
    documents = [document(n, f"{n:06d}", LABELS[n % 7] * (n % 4)) for n in range(30_000)]
    started = time.process_time()
    folds = assign_folds(documents, 5, seed=0)
    assert time.process_time() - started < 6  # a second or less; quadratic work took 15
    assert np.bincount(folds).tolist() == [6000] * 5


@pytest.mark.parametrize("num_folds", [1, 0, -3])
def test_less_than_two_folds_are_refused_with_the_cure(num_folds):
    with pytest.raises(DataError, match=f"folds must be at least 2, got {num_folds}; `bert4ner train`"):
        assign_folds([document(0, "a", ""), document(1, "b", "")], num_folds, seed=0)


class TestBags:
    def test_as_many_texts_are_drawn_as_there_are_and_over_a_third_is_left_out(self, rng):
        documents = skewed(rng, 300)
        bags = draw_bags(documents, 20, seed=1)
        assert {sum(bag) for bag in bags} == {300}
        assert np.mean([bag.count(0) for bag in bags]) / 300 == pytest.approx((1 - 1 / 300) ** 300, abs=0.02)
        drawn = np.sum(bags, axis=0)  # (documents,)
        assert drawn.mean() == 20 and drawn.std() == pytest.approx(20**0.5, rel=0.2)

    def test_bags_follow_from_the_seed_and_their_number(self, rng):
        documents = skewed(rng, 40)
        assert draw_bags(documents, 3, seed=1) == draw_bags(documents, 5, seed=1)[:3]
        assert len({tuple(bag) for seed in (1, 2) for bag in draw_bags(documents, 3, seed=seed)}) == 6

    def test_identical_texts_are_drawn_together(self, rng):
        documents = [document(number, str(number % 10), "A") for number in range(30)]
        for bag in draw_bags(documents, 5, seed=0):
            assert bag[:10] == bag[10:20] == bag[20:] and sum(bag) == 30

    @pytest.mark.parametrize("seed", range(20))
    def test_something_is_always_left_out(self, seed):
        documents = [document(number, str(number), "A") for number in range(2)]
        assert {tuple(bag) for bag in draw_bags(documents, 4, seed=seed)} <= {(0, 2), (2, 0)}
