"""Which of overlapping spans are kept, against all choices one by one."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.decode.spans import heaviest_disjoint

SPANS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 5), st.sampled_from("XY"), st.integers(0, 9)).map(
        lambda drawn: (drawn[0], drawn[0] + drawn[1], drawn[2], drawn[3] / 8)
    ),
    max_size=8,
)


def disjoint(spans):
    return all(one[1] <= two[0] or two[1] <= one[0] for one, two in itertools.combinations(spans, 2))


@given(SPANS)
def test_the_choice_is_disjoint_sorted_and_no_other_weighs_more(spans):
    found = heaviest_disjoint(spans)
    assert disjoint(found) and found == sorted(found) and set(found) <= set(spans)
    choices = (chosen for size in range(len(spans) + 1) for chosen in itertools.combinations(spans, size))
    best = max(sum(span[3] for span in chosen) for chosen in choices if disjoint(chosen))
    assert sum(span[3] for span in found) == pytest.approx(best)


def test_spans_that_touch_do_not_overlap():
    spans = [(0, 2, "X", 0.6), (2, 3, "Y", 0.6)]
    assert heaviest_disjoint(spans) == spans
    assert heaviest_disjoint([]) == []
