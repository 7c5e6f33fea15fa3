"""Every epoch has as many batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.train.evened import evened

BATCHES = st.lists(st.integers(1, 9), min_size=1, max_size=12).map(
    lambda sizes: np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
)


@given(BATCHES, st.integers(1, 40))
def test_there_are_so_many_and_windows_are_lost_or_repeated_only_where_need_be(batches, number):
    found = evened(batches, number)
    windows = np.concatenate(found).tolist()
    assert len(found) == number and all(len(batch) for batch in found)
    assert max(map(len, found)) <= max(map(len, batches))
    total = sum(map(len, batches))
    if len(batches) >= number:
        assert windows == np.concatenate(batches[:number]).tolist()
    elif number <= total:
        assert windows == list(range(total))
    else:
        assert windows == [place % total for place in range(number)]


def test_the_largest_are_halved():
    found = evened([np.arange(2), np.arange(2, 10), np.arange(10, 14)], 5)
    assert [batch.tolist() for batch in found] == [[0, 1], [2, 3], [4, 5], [6, 7, 8, 9], [10, 11, 12, 13]]
