"""Probabilities of a linear-chain CRF against the enumeration of all paths."""

import itertools
import math
import warnings

import numpy as np
import pytest

from bert4ner.decode.marginals import Lattice, log_partition, span_probabilities
from bert4ner.text.schemes import SCHEMES, TagSet


def path_score(path, emissions, transitions, starts, ends):
    score = starts[path[0]] + ends[path[-1]] + sum(emissions[place, tag] for place, tag in enumerate(path))
    return score + sum(transitions[before, after] for before, after in itertools.pairwise(path))


def weights_of_paths(*problem):
    """Every path with the exponential of its score."""
    length, tags = problem[0].shape
    return {path: math.exp(path_score(path, *problem)) for path in itertools.product(range(tags), repeat=length)}


def random_scores(rng, tags, forbidden):
    scores = [rng.normal(size=(tags, tags)), rng.normal(size=tags), rng.normal(size=tags)]
    for score in scores:
        score[rng.random(score.shape) < forbidden] = -np.inf
        score[(0,) * score.ndim] = 0.1
    return scores


@pytest.mark.parametrize("forbidden", [0.0, 0.5, 0.8])
def test_the_partition_sums_over_all_paths(rng, forbidden):
    lengths = np.array([2, 5, 1, 0, 4])
    emissions = rng.normal(size=(5, 6, 4))
    for garbage in (0.0, 1e30, -np.inf, np.nan):
        scores = random_scores(rng, 4, forbidden)
        for row, length in enumerate(lengths):
            emissions[row, length:] = garbage
        found = log_partition(emissions, lengths, *scores)
        for value, emission, length in zip(found, emissions, lengths, strict=True):
            paths = weights_of_paths(emission[:length], *scores) if length else {(): 1.0}
            assert value == pytest.approx(math.log(sum(paths.values())), abs=1e-9)
        assert found.dtype == np.float64


@pytest.mark.parametrize("forbidden", [0.0, 0.5])
def test_forwards_and_backwards_agree_at_every_place(rng, forbidden):
    lengths = np.array([9, 3, 6])
    lattice = Lattice(rng.normal(size=(3, 9, 5)), lengths, *random_scores(rng, 5, forbidden))
    for row, length in enumerate(lengths):
        rows, steps = np.full(length, row), np.arange(length)
        through = np.exp(lattice.alpha(rows, steps) + lattice.beta(rows, steps) - lattice.log_partition[row])
        np.testing.assert_allclose(through.sum(axis=-1), 1.0)
        third = np.full(length, 2)
        np.testing.assert_array_equal(lattice.alpha(rows, steps, third), lattice.alpha(rows, steps)[:, 2])
        np.testing.assert_array_equal(lattice.beta(rows, steps, third), lattice.beta(rows, steps)[:, 2])


def goes_on(path, start, end, tag_ids, continues):
    """Does this path have these tags, and the entity not end there?"""
    return tuple(path[start:end]) == tuple(tag_ids) and not (end < len(path) and continues[path[end - 1], path[end]])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("constrained", [False, True])
def test_span_probabilities_are_sums_over_all_paths(rng, scheme, constrained):
    tag_set = TagSet(scheme, ["X"])
    tags = len(tag_set)
    scores = random_scores(rng, tags, 0.0)
    if constrained:
        for score, allowed in zip(
            scores, (tag_set.transition_allowed, tag_set.start_allowed, tag_set.end_allowed), strict=True
        ):
            score[~allowed] = -np.inf
    lengths = np.array([4, 0, 2, 5])
    emissions = rng.normal(size=(4, 5, tags))
    spans = [
        [
            (start, end, tag_set.encode([(0, end - start, "X")], end - start)[0])
            for start in range(length)
            for end in range(start + 1, length + 1)
        ]
        for length in lengths
    ]
    spans[3].append((1, 4, np.array([0, 0, 1])))  # any tags may be asked for
    found = span_probabilities(Lattice(emissions, lengths, *scores), spans, tag_set.continues)
    for emission, length, asked, answers in zip(emissions, lengths, spans, found, strict=True):
        paths = weights_of_paths(emission[:length], *scores) if length else {}
        expected = [
            sum(weight for path, weight in paths.items() if goes_on(path, *span, tag_set.continues))
            / sum(paths.values())
            for span in asked
        ]
        np.testing.assert_allclose(answers, expected, rtol=1e-9, atol=1e-12)


def test_probabilities_of_all_readings_of_a_place_sum_to_one(rng):
    tag_set = TagSet("bios", ["X", "Y"])
    transitions = np.where(tag_set.transition_allowed, 0.0, -np.inf)
    starts, ends = (np.where(allowed, 0.0, -np.inf) for allowed in (tag_set.start_allowed, tag_set.end_allowed))
    lattice = Lattice(rng.normal(size=(1, 6, len(tag_set))), [6], transitions, starts, ends)
    spans = [
        (start, end, tag_set.encode([(0, end - start, label)], end - start)[0])
        for label in "XY"
        for start in range(4)
        for end in range(4, 7)
    ]
    outside = (3, 4, [0])
    total = sum(span_probabilities(lattice, [[*spans, outside]], tag_set.continues)[0])
    assert total == pytest.approx(1.0)


def test_scores_of_any_size_give_numbers_and_no_warnings(rng):
    tag_set = TagSet("bios", ["X"])
    transitions = np.where(tag_set.transition_allowed, 5000.0, -np.inf)
    emissions = rng.normal(size=(2, 300, len(tag_set))) * 2000.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lattice = Lattice(emissions, [300, 200], transitions, np.where(tag_set.start_allowed, 0.0, -np.inf))
        found = span_probabilities(lattice, [[(5, 6, [3])], [(0, 2, [1, 2])]], tag_set.continues)
    assert np.isfinite(lattice.log_partition).all()
    assert all(0.0 <= probability <= 1.0 for row in found for probability in row)


def test_a_path_that_hangs_on_a_tiny_score_is_not_lost():
    transitions = np.array([[0.0, -np.inf], [-np.inf, 0.0]])  # whoever starts with a tag keeps it
    emissions = np.array([[[0.0, -2000.0], [-9000.0, 0.0], [0.0, 0.0]]])
    assert log_partition(emissions, [3], transitions)[0] == pytest.approx(-2000.0)
    assert log_partition(emissions, [3], [[0.0, -1e4], [-1e4, 0.0]])[0] == pytest.approx(-2000.0)


def test_where_everything_is_forbidden_probabilities_are_zero():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lattice = Lattice(np.zeros((1, 3, 2)), [3], np.full((2, 2), -np.inf))
        assert lattice.log_partition[0] == -np.inf
        assert span_probabilities(lattice, [[(0, 2, [0, 0]), (1, 2, [1])]], np.zeros((2, 2), bool)) == [[0.0, 0.0]]


def test_arguments_are_not_written_to(rng):
    emissions, scores = rng.normal(size=(2, 4, 3)), random_scores(rng, 3, 0.3)
    copies = [array.copy() for array in (emissions, *scores)]
    span_probabilities(Lattice(emissions, [4, 2], *scores), [[(0, 2, [0, 1])], []], np.eye(3, dtype=bool))
    for array, copy in zip((emissions, *scores), copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_nothing_asked_is_nothing_answered():
    empty = Lattice(np.zeros((0, 3, 2)), np.zeros(0, dtype=int), np.zeros((2, 2)))
    assert span_probabilities(empty, [], np.zeros((2, 2), bool)) == []
    assert span_probabilities(
        Lattice(np.zeros((2, 3, 2)), [3, 0], np.zeros((2, 2))), [[], []], np.zeros((2, 2), bool)
    ) == [[], []]


@pytest.mark.parametrize(
    ("spans", "message"),
    [
        ([[]], "2 lists, one for each sequence, received 1"),
        ([[], [(1, 3, [0, 0])]], r"\[0, 2\) with one tag each, received \[1, 3\)"),
        ([[(0, 2, [0])], []], "with 1 tags in sequence 0"),
        ([[(1, 1, [])], []], r"received \[1, 1\)"),
    ],
)
def test_wrong_spans_are_refused(spans, message):
    lattice = Lattice(np.zeros((2, 3, 2)), [3, 2], np.zeros((2, 2)))
    with pytest.raises(ValueError, match=message):
        span_probabilities(lattice, spans, np.zeros((2, 2), bool))


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"received \(2, 3\)"):
        Lattice(np.zeros((1, 3, 2)), [3], np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"with 2 tags, received \(1, 3, 4\)"):
        Lattice(np.zeros((1, 3, 4)), [3], np.zeros((2, 2)))
