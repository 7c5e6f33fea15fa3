"""Viterbi decoding against the enumeration of all paths."""

import itertools

import numpy as np
import pytest

from bert4ner.decode.viterbi import ViterbiDecoder

TAGS = 4


def all_paths(emissions, transitions, starts, ends):
    """Every allowed path with its score, best first."""
    length = len(emissions)
    scored = []
    for path in itertools.product(range(emissions.shape[1]), repeat=length):
        score = starts[path[0]] + ends[path[-1]] + sum(emissions[place, tag] for place, tag in enumerate(path))
        score += sum(transitions[before, after] for before, after in itertools.pairwise(path))
        if score > -np.inf:
            scored.append((score, list(path)))
    return sorted(scored, reverse=True)


def random_problem(rng, length, forbidden):
    """Emissions, transitions, starts, ends; a share of everything but the emissions forbidden, tag 0 always allowed."""
    scores = [rng.normal(size=(TAGS, TAGS)), rng.normal(size=TAGS), rng.normal(size=TAGS)]
    for score in scores:
        score[rng.random(score.shape) < forbidden] = -np.inf
        score[(0,) * score.ndim] = 0.1
    return (rng.normal(size=(length, TAGS)), *scores)


@pytest.mark.parametrize("forbidden", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_no_path_beats_the_one_found(rng, length, forbidden):
    for _ in range(10):
        emissions, transitions, starts, ends = random_problem(rng, length, forbidden)
        path = ViterbiDecoder(transitions, starts, ends).decode(emissions)
        assert path.tolist() == all_paths(emissions, transitions, starts, ends)[0][1]
        assert path.dtype == np.int32


@pytest.mark.parametrize("forbidden", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("n", [1, 3, 1000])
def test_the_n_best_are_the_first_of_all_paths(rng, n, forbidden):
    for length in (1, 2, 4):
        problem = random_problem(rng, length, forbidden)
        found = ViterbiDecoder(*problem[1:]).n_best(problem[0], n)
        expected = all_paths(*problem)[:n]
        assert [path.tolist() for path, _ in found] == [path for _, path in expected]
        np.testing.assert_allclose([score for _, score in found], [score for score, _ in expected])


def test_ties_do_not_make_paths_come_twice():
    found = ViterbiDecoder(np.zeros((2, 2))).n_best(np.zeros((3, 2)), 100)
    assert len({tuple(path.tolist()) for path, _ in found}) == len(found) == 8


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_batch_is_decoded_like_each_sequence_alone(rng, kind):
    lengths = np.array([3, 0, 7, 1, 7, 5])
    emissions, transitions, starts, ends = random_problem(rng, 6 * 9, 0.4)
    decoder = ViterbiDecoder(transitions.astype(kind), starts.astype(kind), ends.astype(kind))
    emissions = emissions.reshape(6, 9, TAGS).astype(kind)
    for garbage in (0.0, 1e30, -np.inf, np.inf, np.nan):
        for row, length in enumerate(lengths):
            emissions[row, length:] = garbage
        paths = decoder.decode_batch(emissions, lengths)
        assert [len(path) for path in paths] == lengths.tolist()
        for path, emission, length in zip(paths, emissions, lengths, strict=True):
            assert path.tolist() == decoder.decode(emission[:length]).tolist()
            assert path.dtype == np.int32


def test_empty_input_gives_empty_output():
    decoder = ViterbiDecoder(np.zeros((3, 3)))
    assert decoder.decode(np.zeros((0, 3))).tolist() == []
    assert decoder.decode_batch(np.zeros((0, 5, 3)), np.zeros(0, dtype=int)) == []
    assert [path.tolist() for path in decoder.decode_batch(np.zeros((2, 0, 3)), np.zeros(2, dtype=int))] == [[], []]
    assert [(path.tolist(), score) for path, score in decoder.n_best(np.zeros((0, 3)), 5)] == [([], 0.0)]


def test_inputs_are_neither_written_to_nor_kept(rng):
    emissions, transitions, starts, ends = random_problem(rng, 6, 0.3)
    copies = [array.copy() for array in (emissions, transitions, starts, ends)]
    decoder = ViterbiDecoder(transitions, starts, ends)
    before = decoder.decode(emissions).tolist()
    decoder.n_best(emissions, 3)
    decoder.decode_batch(emissions[None], np.array([4]))
    for array, copy in zip((emissions, transitions, starts, ends), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    for array in (transitions, starts, ends):
        array[...] = 100.0
    assert decoder.decode(emissions).tolist() == before
    with pytest.raises(ValueError, match="read-only"):
        decoder.transitions[0, 0] = 1.0


def test_starts_and_ends_count_nothing_unless_given(rng):
    emissions, transitions = rng.normal(size=(5, TAGS)), rng.normal(size=(TAGS, TAGS))
    best = all_paths(emissions, transitions, np.zeros(TAGS), np.zeros(TAGS))[0]
    assert ViterbiDecoder(transitions).decode(emissions).tolist() == best[1]


def test_half_precision_emissions_are_decoded(rng):
    emissions, transitions = rng.normal(size=(5, TAGS)).astype(np.float16), rng.normal(size=(TAGS, TAGS))
    decoder = ViterbiDecoder(transitions.astype(np.float32))
    assert decoder.decode(emissions).tolist() == decoder.decode(emissions.astype(np.float32)).tolist()


def test_a_subclass_can_add_its_own_construction():
    class Recognizer(ViterbiDecoder):
        def __init__(self, name):
            super().__init__(np.eye(2))
            self.name = name

    assert Recognizer("tcm").decode(np.array([[0.0, 1.0], [0.5, 0.0]])).tolist() == [1, 1]


def test_input_without_an_allowed_path_is_refused():
    decoder = ViterbiDecoder(np.full((2, 2), -np.inf))
    assert decoder.decode(np.array([[0.0, 1.0]])).tolist() == [1]
    for call in (lambda: decoder.decode(np.zeros((3, 2))), lambda: decoder.n_best(np.zeros((3, 2)), 2)):
        with pytest.raises(ValueError, match=r"no path has a finite score.*\(2, 2\)"):
            call()
    with pytest.raises(ValueError, match="no path has a finite score"):
        ViterbiDecoder(np.zeros((2, 2))).decode(np.full((3, 2), np.nan))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ViterbiDecoder(np.zeros((2, 3))), r"transitions must have shape \(tags, tags\), received \(2, 3\)"),
        (lambda: ViterbiDecoder(np.zeros(4)), r"transitions must have shape \(tags, tags\), received \(4,\)"),
        (lambda: ViterbiDecoder(np.zeros((2, 2)), starts=np.zeros(3)), r"starts must have .* \(2,\), received \(3,\)"),
        (lambda: ViterbiDecoder(np.zeros((2, 2)), ends=0.0), r"ends must have .* \(2,\), received \(\)"),
        (lambda: ViterbiDecoder(np.zeros((2, 2))).decode(np.zeros((5, 3))), r"with 2 tags, received \(5, 3\)"),
        (
            lambda: ViterbiDecoder(np.zeros((2, 2))).decode(np.zeros((1, 5, 2))),
            r"\(length, tags\).*received \(1, 5, 2\)",
        ),
        (lambda: ViterbiDecoder(np.zeros((2, 2))).decode_batch(np.zeros((5, 2)), [5]), r"\(batch, length, tags\)"),
        (lambda: ViterbiDecoder(np.zeros((2, 2))).decode_batch(np.zeros((1, 5, 2)), [5, 5]), r"received \(2,\)"),
        (lambda: ViterbiDecoder(np.zeros((2, 2))).decode_batch(np.zeros((1, 5, 2)), [6]), r"\[0, 5\], received 6 to 6"),
        (lambda: ViterbiDecoder(np.zeros((2, 2))).n_best(np.zeros((5, 2)), 0), r"n must be at least 1, received 0"),
    ],
)
def test_wrong_arguments_are_refused_with_what_was_expected_and_received(call, message):
    with pytest.raises(ValueError, match=message):
        call()
