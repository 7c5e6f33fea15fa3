"""Which of overlapping spans are kept, against all choices one by one."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.decode.spans import heaviest, heaviest_disjoint
from bert4ner.text.token_spans import TokenSpan

SPANS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 5), st.sampled_from("XY"), st.integers(0, 9)).map(
        lambda drawn: TokenSpan(drawn[0], drawn[0] + drawn[1], drawn[2], drawn[3] / 8)
    ),
    max_size=8,
)


def disjoint(spans):
    return all(one.end <= two.start or two.end <= one.start for one, two in itertools.combinations(spans, 2))


@given(SPANS)
def test_the_choice_is_disjoint_sorted_and_no_other_weighs_more(spans):
    found = heaviest_disjoint(spans)
    assert disjoint(found) and found == sorted(found) and set(found) <= set(spans)
    choices = (chosen for size in range(len(spans) + 1) for chosen in itertools.combinations(spans, size))
    best = max(sum(span.score for span in chosen) for chosen in choices if disjoint(chosen))
    assert sum(span.score for span in found) == pytest.approx(best)


@given(SPANS, st.sampled_from(["any", "labels", "none"]))
def test_no_other_choice_that_may_stand_together_weighs_more(spans, nesting):
    def stands(chosen):
        pairs = itertools.combinations(chosen, 2)
        return nesting == "any" or all(
            disjoint(pair) or (nesting == "labels" and pair[0].label != pair[1].label) for pair in pairs
        )

    found = heaviest(spans, nesting)
    assert stands(found) and [span.place for span in found] == sorted(span.place for span in found)
    choices = (chosen for size in range(len(spans) + 1) for chosen in itertools.combinations(spans, size))
    assert sum(span.score for span in found) == pytest.approx(
        max(sum(s.score for s in c) for c in choices if stands(c))
    )


def test_spans_that_touch_do_not_overlap():
    spans = [TokenSpan(0, 2, "X", 0.6), TokenSpan(2, 3, "Y", 0.6)]
    assert heaviest_disjoint(spans) == spans
    assert heaviest_disjoint([]) == []
