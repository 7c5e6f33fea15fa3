"""Probabilities of spans under a linear-chain CRF against the enumeration of all paths."""

import warnings

import numpy as np
import pytest

from bert4ner.decode.lattice import Lattice
from bert4ner.decode.marginals import span_probabilities
from bert4ner.text.schemes import SCHEMES, TagSet
from tests.decode.paths import random_scores, weights_of_paths


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
