"""Bootstrap intervals against drawing documents one by one."""

import random

import numpy as np
import pytest

from bert4ner.entities import Document, Entity
from bert4ner.scoring.bootstrap import bootstrap_interval, interval_of_counts
from bert4ner.scoring.counts import Counts
from bert4ner.scoring.metrics import evaluate

TEXT = "气血两亏引起的月经量少"


def random_counts(rng, size):
    result = []
    for _ in range(size):
        gold, predicted = rng.randint(0, 9), rng.randint(0, 9)
        result.append(Counts(rng.randint(0, min(gold, predicted)), gold, predicted))
    return result


def test_the_interval_agrees_with_drawing_documents_one_by_one():
    counts = random_counts(random.Random(3), 60)
    rng = random.Random(5)
    drawn = sorted(sum(rng.choices(counts, k=60), start=Counts()).f1 for _ in range(4000))
    low, high = interval_of_counts(counts, samples=4000, seed=1)
    assert low == pytest.approx(drawn[100], abs=0.01)
    assert high == pytest.approx(drawn[3900], abs=0.01)


def test_the_interval_is_the_same_for_the_same_seed_and_wider_for_a_higher_level():
    rng = np.random.default_rng(0)
    gold = [Document(str(n), TEXT, (Entity(0, 2, "A"),)) for n in range(50)]
    predicted = [each if rng.random() < 0.6 else Document(each.id, TEXT) for each in gold]
    interval = bootstrap_interval(gold, predicted, samples=200)
    assert interval == bootstrap_interval(gold, predicted, samples=200)
    assert interval != bootstrap_interval(gold, predicted, samples=200, seed=1)
    low, high = bootstrap_interval(gold, predicted, samples=200, level=0.5)
    assert interval[0] < low < evaluate(gold, predicted).micro.f1 < high < interval[1]


def test_the_interval_of_a_perfect_or_empty_set_is_a_point():
    gold = [Document("0", TEXT, (Entity(0, 2, "A"),))]
    assert bootstrap_interval(gold, gold, samples=10) == (1.0, 1.0)
    assert bootstrap_interval([], []) == (0.0, 0.0)
    with pytest.raises(ValueError, match="level=2"):
        bootstrap_interval(gold, gold, level=2)
