"""Batch plans: every window once, in the budget, with little padding."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.text.batches import plan_batches
from tests.padding import padding_share

LENGTHS = st.lists(st.integers(3, 260), max_size=200)


@given(
    lengths=LENGTHS,
    batch_tokens=st.integers(1, 5000),
    bucket=st.sampled_from([1, 8, 32]),
    seed=st.none() | st.integers(0, 99),
)
def test_each_window_is_in_one_batch_and_every_batch_in_the_budget(lengths, batch_tokens, bucket, seed):
    rng = None if seed is None else np.random.default_rng(seed)
    batches = plan_batches(lengths, batch_tokens=batch_tokens, bucket=bucket, rng=rng)
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = -(-max(lengths[number] for number in batch) // bucket) * bucket
        assert len(batch) == 1 or len(batch) * longest <= batch_tokens


@given(lengths=LENGTHS, batch_tokens=st.integers(64, 5000), seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_the_seed_decides_the_plan_but_not_the_sizes_of_its_batches(lengths, batch_tokens, seeds):
    plans = [
        plan_batches(lengths, batch_tokens=batch_tokens, rng=np.random.default_rng(seed))
        for seed in (seeds[0], seeds[0], seeds[1])
    ]
    assert [batch.tolist() for batch in plans[0]] == [batch.tolist() for batch in plans[1]]
    assert sorted(map(len, plans[0])) == sorted(map(len, plans[2]))
    assert len(plans[0]) == len(plan_batches(lengths, batch_tokens=batch_tokens))


def test_another_seed_is_another_plan():
    plans = [plan_batches([50] * 100, batch_tokens=512, rng=np.random.default_rng(seed)) for seed in (0, 1)]
    assert [batch.tolist() for batch in plans[0]] != [batch.tolist() for batch in plans[1]]


def test_without_randomness_windows_come_sorted_by_length(rng):
    lengths = rng.integers(3, 256, size=300)
    batches = plan_batches(lengths, batch_tokens=2048)
    for before, after in pairwise(batches):
        assert lengths[before].max() <= lengths[after].min()


@pytest.mark.parametrize("seed", [None, 7])
def test_little_of_what_is_fed_is_padding(rng, seed):
    # Windows of long documents cut at punctuation, and the rests of documents.
    lengths = np.concatenate([rng.integers(180, 257, size=1500), rng.integers(20, 257, size=300)])
    shuffling = None if seed is None else np.random.default_rng(seed)
    batches = plan_batches(lengths, batch_tokens=4096, rng=shuffling)
    assert padding_share(lengths, batches) < 0.08
    blind = np.array_split(rng.permutation(len(lengths)), len(batches))
    assert padding_share(lengths, batches) < 0.6 * padding_share(lengths, blind)


def test_short_sentences_are_not_mostly_padding(rng):
    lengths = rng.integers(5, 43, size=3000)
    assert padding_share(lengths, plan_batches(lengths, batch_tokens=4096, rng=rng)) < 0.3


def test_no_tiny_batch_is_left_over():
    sizes = [len(batch) for batch in plan_batches([256] * 16 + [30], batch_tokens=4096)]
    assert sorted(sizes) == [8, 9]


def test_padding_share_counts_what_is_fed():
    assert padding_share([10, 20, 32, 33], [np.array([0, 1]), np.array([2]), np.array([3])], 32) == pytest.approx(
        1 - 95 / (64 + 32 + 64)
    )
    assert padding_share([], []) == 0.0


def test_nothing_to_plan_is_no_batch():
    assert plan_batches([], batch_tokens=100) == []
