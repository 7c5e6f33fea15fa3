"""List Viterbi over batches, against the enumeration of all paths, and how little of them it looks at."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert4ner.decode import nbest
from bert4ner.decode.lattice import Lattice, log_partition
from bert4ner.decode.marginals import span_probabilities
from bert4ner.decode.viterbi import ViterbiDecoder
from bert4ner.text.schemes import SCHEMES, TagSet


def enumerated(emissions, transitions, starts, ends):
    """Every allowed path of one sequence with its score, best first."""
    scored = []
    for path in itertools.product(range(emissions.shape[1]), repeat=len(emissions)):
        score = sum(emissions[place, tag] for place, tag in enumerate(path))
        score += sum(transitions[before, after] for before, after in itertools.pairwise(path))
        score += starts[path[0]] + ends[path[-1]] if path else 0.0
        if score > -np.inf:
            scored.append((score, path))
    return sorted(scored, reverse=True)


def random_chain(rng, tags, forbidden):
    parts = [rng.normal(size=(tags, tags)), rng.normal(size=tags), rng.normal(size=tags)]
    for part in parts:
        part[rng.random(part.shape) < forbidden] = -np.inf
        part[(0,) * part.ndim] = 0.1
    return parts


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    lengths=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    tags=st.integers(1, 4),
    forbidden=st.sampled_from([0.0, 0.4, 0.8]),
    n=st.sampled_from([1, 2, 5, 40, 1000]),
)
def test_a_batch_gives_each_sequence_the_first_of_all_its_paths(seed, lengths, tags, forbidden, n):
    rng = np.random.default_rng(seed)
    chain = random_chain(rng, tags, forbidden)
    emissions = rng.normal(size=(len(lengths), max(lengths) + 1, tags))
    for row, length in enumerate(lengths):
        emissions[row, length:] = np.nan  # padding
    found = ViterbiDecoder(*chain).n_best_batch(emissions, lengths, n)
    assert len(found) == len(lengths)
    for paths, emission, length in zip(found, emissions, lengths, strict=True):
        expected = enumerated(emission[:length], *chain)[:n]
        assert [tuple(path) for path, _ in paths] == [path for _, path in expected]
        np.testing.assert_allclose([score for _, score in paths], [score for score, _ in expected], atol=1e-9)
        assert all(path.dtype == np.int32 for path, _ in paths)


@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), scheme=st.sampled_from(sorted(SCHEMES)), length=st.integers(1, 5))
def test_the_probabilities_of_all_paths_sum_to_one_and_those_with_an_entity_to_its_marginal(seed, scheme, length):
    rng, tagset = np.random.default_rng(seed), TagSet(scheme, ["X"])
    legal = (tagset.transition_allowed, tagset.start_allowed, tagset.end_allowed)
    chain = [np.where(allowed, rng.normal(size=allowed.shape), -np.inf) for allowed in legal]
    emissions = rng.normal(scale=2, size=(1, length, len(tagset)))
    (paths,) = ViterbiDecoder(*chain).n_best_batch(emissions, [length], 10**4)
    total = log_partition(emissions, [length], *chain)[0]
    probabilities = [np.exp(score - total) for _, score in paths]
    assert sum(probabilities) == pytest.approx(1.0)
    sums = {}
    for (path, _), probability in zip(paths, probabilities, strict=True):
        for span in tagset.decode(path):
            sums[span] = sums.get(span, 0.0) + probability
    asked = [(i, j, tagset.encode([(i, j, label)], length)[0][i:j]) for i, j, label in sums]
    (marginals,) = span_probabilities(Lattice(emissions, [length], *chain), [asked], tagset.continues)
    np.testing.assert_allclose(list(sums.values()), marginals, rtol=1e-9)


def test_long_sequences_give_as_many_paths_as_asked_for_all_different_and_none_better_left_out(rng):
    transitions, emissions = rng.normal(size=(9, 9)), rng.normal(size=(3, 120, 9))
    decoder = ViterbiDecoder(transitions)
    many = decoder.n_best_batch(emissions, [120, 77, 120], 500)
    for row, (paths, length) in enumerate(zip(many, [120, 77, 120], strict=True)):
        scores = [score for _, score in paths]
        assert scores == sorted(scores, reverse=True)
        assert len({tuple(path) for path, _ in paths}) == 500
        again = [
            emissions[row, range(length), path].sum() + transitions[path[:-1], path[1:]].sum() for path, _ in paths
        ]
        np.testing.assert_allclose(scores, again)
        alone = decoder.n_best(emissions[row, :length], 500)
        np.testing.assert_allclose(scores, [score for _, score in alone])
        assert paths[0][0].tolist() == decoder.decode(emissions[row, :length]).tolist()
        few = decoder.n_best(emissions[row, :length], 20)
        assert [tuple(path) for path, _ in few] == [tuple(path) for path, _ in paths[:20]]


def test_no_more_endings_are_kept_than_paths_are_asked_for(rng, monkeypatch):
    kept, extended = [], []
    cut, extend = nbest._most_promising, nbest._extended

    def counting_cut(endings, n, least):
        kept.append(len((result := cut(endings, n, least)).rows))
        return result

    def counting_extend(*arguments):
        extended.append(len((result := extend(*arguments)).rows))
        return result

    monkeypatch.setattr(nbest, "_most_promising", counting_cut)
    monkeypatch.setattr(nbest, "_extended", counting_extend)
    ViterbiDecoder(rng.normal(size=(27, 27))).n_best(rng.normal(size=(256, 27)), 1000)
    assert max(kept) <= 1000
    assert np.mean(extended) < 4 * 1000  # of 27,000 that could be looked at in each step


def test_one_sequence_without_a_path_refuses_the_batch():
    emissions = np.zeros((2, 3, 2))
    emissions[1, 1] = -np.inf
    with pytest.raises(ValueError, match="no path has a finite score"):
        ViterbiDecoder(np.zeros((2, 2))).n_best_batch(emissions, [3, 3], 2)
    assert len(ViterbiDecoder(np.zeros((2, 2))).n_best_batch(emissions, [3, 1], 9)[1]) == 2
    with pytest.raises(ValueError, match="n must be at least 1"):
        ViterbiDecoder(np.zeros((2, 2))).n_best_batch(emissions, [3, 1], 0)
