"""Paired differences: against all draws of a few documents, and what must come out whatever the numbers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.scoring.metrics import evaluate
from bert4ner.scoring.significance import paired_bootstrap

TEXT = "人参用于头痛"


def documents(pattern):
    """One document for each number: so many of its three entities."""
    return [
        Document(str(number), TEXT, tuple(Entity(2 * n, 2 * n + 2, "X") for n in range(count)))
        for number, count in enumerate(pattern)
    ]


def test_the_p_value_is_the_share_of_all_draws_that_are_as_far_off():
    gold, one, other = documents([3, 3, 3, 3]), documents([3, 2, 3, 1]), documents([2, 2, 1, 3])

    def difference(draw):
        return (
            evaluate(*(pick(draw, each) for each in (gold, one))).micro.f1
            - evaluate(*(pick(draw, each) for each in (gold, other))).micro.f1
        )

    def pick(draw, each):
        return [Document(f"{place}", TEXT, each[number].entities) for place, number in enumerate(draw)]

    found = difference(range(4))
    draws = list(itertools.product(range(4), repeat=4))
    share = sum(abs(difference(draw) - found) >= abs(found) for draw in draws) / len(draws)
    result = paired_bootstrap(gold, one, other, samples=4000)
    assert (result.documents, result.f1) == (4, pytest.approx(found))
    assert result.p_value == pytest.approx(share, abs=0.03)


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=6))
def test_the_sides_can_be_exchanged_and_a_side_does_not_differ_from_itself(rows):
    gold, one, other = (documents(pattern) for pattern in zip(*rows, strict=True))
    there, back = (paired_bootstrap(gold, *pair, samples=50) for pair in ((one, other), (other, one)))
    assert there.f1 == pytest.approx(-back.f1) and there.p_value == back.p_value
    assert 0 < there.p_value <= 1
    assert paired_bootstrap(gold, one, one).p_value == 1


def test_many_documents_make_a_difference_certain():
    gold, one, other = documents([3] * 100), documents([3, 3, 3, 2] * 25), documents([2, 2, 3, 2] * 25)
    assert paired_bootstrap(gold, one, other).p_value < 0.01


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(DataError, match="paired by id"):
        paired_bootstrap(documents([1]), documents([1]), documents([1, 1]))
    with pytest.raises(ValueError, match="samples >= 1"):
        paired_bootstrap([], [], [], samples=0)
    assert paired_bootstrap([], [], []).p_value == 1
