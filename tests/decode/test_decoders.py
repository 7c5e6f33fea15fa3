"""Decoders against all tag sequences one by one, and against what a window says of each span."""

import itertools

import numpy as np
import pytest

from bert4ner.decode.decoders import Chain, PathDecoder, ThresholdDecoder, mean_chain
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.errors import ConfigError
from bert4ner.text.schemes import TagSet
from bert4ner.text.token_spans import TokenSpan

TAGS = TagSet("bios", ["X", "Y"])


def chain_of(rng):
    """Random scores, -inf where the scheme forbids."""
    legal = (TAGS.transition_allowed, TAGS.start_allowed, TAGS.end_allowed)
    return Chain(*(np.where(allowed, rng.normal(size=allowed.shape), -np.inf) for allowed in legal))


def weighed(emissions, chain):
    """All paths with a finite score, the best first, and their probabilities."""
    paths = list(itertools.product(range(len(TAGS)), repeat=len(emissions)))
    scores = np.array(
        [
            chain.starts[path[0]]
            + sum(emissions[place, tag] for place, tag in enumerate(path))
            + sum(chain.transitions[move] for move in itertools.pairwise(path))
            + chain.ends[path[-1]]
            for path in paths
        ]
    )
    powers = np.exp(scores - scores.max())
    order = np.argsort(-powers)[: np.count_nonzero(powers)]
    return [(paths[place], powers[place] / powers.sum()) for place in order]


@pytest.mark.parametrize("seed", range(5))
def test_paths_give_spans_candidates_and_readings_with_exact_probabilities(seed):
    rng = np.random.default_rng(seed)
    chain, lengths = chain_of(rng), np.array([3, 1])
    emissions = rng.normal(scale=2, size=(2, 4, len(TAGS)))
    decoder = PathDecoder(TAGS, chain)
    assert isinstance(decoder, ViterbiDecoder) and np.array_equal(decoder.transitions, chain.transitions)
    every = [weighed(emissions[row, :length], chain) for row, length in enumerate(lengths)]
    spans = decoder.spans(emissions, lengths)
    candidates = decoder.candidates(emissions, lengths, 3)
    assert decoder.candidates(emissions, lengths, 1) == spans
    readings = decoder.readings(emissions, lengths, 3)
    for row, paths in enumerate(every):
        held = [(set(TAGS.decode(np.array(path))), probability) for path, probability in paths]
        assert {span.place[:3] for span in spans[row]} == held[0][0]
        assert {span.place[:3] for span in candidates[row]} == set.union(*(each for each, _ in held[:3]))
        for span in (*spans[row], *candidates[row]):
            expected = sum(probability for each, probability in held if span.place[:3] in each)
            assert span.score == pytest.approx(expected) and span.pieces == ()
        for (found, score), (wanted, probability) in zip(readings[row], held, strict=False):
            assert {span.place[:3] for span in found} == wanted and score == pytest.approx(probability)
            assert all(span.score is None for span in found)
    assert len(readings[0]) == 3


def test_chains_are_averaged_and_what_one_forbids_stays_forbidden(rng):
    one, other = chain_of(rng), chain_of(rng)
    other.starts[0] = -np.inf
    found = mean_chain([one, other])
    legal = TAGS.transition_allowed
    np.testing.assert_allclose(found.transitions[legal], ((one.transitions + other.transitions) / 2)[legal])
    assert np.isneginf(found.transitions[~legal]).all() and np.isneginf(found.starts[0])


def test_spans_above_a_threshold_are_found_window_by_window():
    asked = []

    def find(least, window, length):
        asked.append((least, length))
        spans = [TokenSpan(0, 2, "X", 0.6), TokenSpan(0, 1, "Y", 0.9), TokenSpan(1, 2, "X", 0.3)]
        return [span for span in spans if span.score > least and span.end <= length]

    decoder, lengths = ThresholdDecoder(find, "none", "spans"), np.array([2, 1])
    assert not isinstance(decoder, ViterbiDecoder)
    windows = np.zeros((2, 3))
    assert decoder.spans(windows, lengths) == [[TokenSpan(0, 1, "Y", 0.9)], [TokenSpan(0, 1, "Y", 0.9)]]
    assert [len(found) for found in decoder.candidates(windows, lengths, 2)] == [3, 1]
    assert asked == [(0.5, 2), (0.5, 1), (0.25, 2), (0.25, 1)]
    with pytest.raises(ConfigError, match=r"heads that decode sequences, such as crf and span; spans have none"):
        decoder.readings(windows, lengths, 2)
