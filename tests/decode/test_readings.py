"""Readings of documents, against the enumeration of all choices of one reading for each window."""

import itertools
import math

import pytest

from bert4ner.decode.readings import Reading, join_readings, merge_readings
from bert4ner.entities import Entity
from bert4ner.text.windows import Window, stitch


def random_windows(rng, num_windows):
    """Windows that share four characters, and for each some readings of one or no entity."""
    bounds = [Window(6 * number, 6 * number + 10) for number in range(num_windows)]
    windows = []
    for bound in bounds:
        spans = {(int(rng.integers(bound.start, bound.end - 2)), int(rng.integers(1, 3))) for _ in range(3)}
        entities = [(), *[(Entity(start, start + size, "X"),) for start, size in sorted(spans)]]
        probabilities = rng.dirichlet([1.0] * len(entities))
        windows.append(
            [Reading(each, float(probability)) for each, probability in zip(entities, probabilities, strict=True)]
        )
    return bounds, windows


@pytest.mark.parametrize("num_windows", [1, 2, 4])
def test_joined_readings_are_sums_over_all_choices(rng, num_windows):
    bounds, windows = random_windows(rng, num_windows)
    expected: dict = {}
    for choice in itertools.product(*windows):
        whole = tuple(stitch(bounds, [each.entities for each in choice]))
        expected[whole] = expected.get(whole, 0.0) + math.prod(each.probability for each in choice)
    found = join_readings(bounds, windows, 10**6)
    assert {each.entities: each.probability for each in found} == pytest.approx(expected)
    assert sum(each.probability for each in found) == pytest.approx(1.0)
    assert [each.probability for each in found] == sorted((each.probability for each in found), reverse=True)
    few = join_readings(bounds, windows, 3)
    likeliest = sorted(math.prod(each.probability for each in choice) for choice in itertools.product(*windows))[-3:]
    assert 1 <= len(few) <= 3
    assert sum(each.probability for each in few) == pytest.approx(sum(likeliest))


def test_a_text_without_windows_has_one_reading_and_readings_without_entities_merge_to_nothing():
    assert join_readings([], [], 5) == [Reading((), 1.0)]
    assert merge_readings([Reading((), 0.7), Reading((), 0.2)]) == []


def test_many_unlikely_windows_do_not_vanish():
    bounds = [Window(2 * number, 2 * number + 2) for number in range(400)]
    windows = [[Reading((), 0.5), Reading((Entity(2 * n, 2 * n + 1, "X"),), 0.5)] for n in range(400)]
    (best, *_) = join_readings(bounds, windows, 4)
    assert best.probability > 0 and math.log(best.probability) == pytest.approx(400 * math.log(0.5))
