"""Votes: against a count by hand, and what quorums of one and of all members must give."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bert4ner.combine.selection import select
from bert4ner.combine.voting import vote
from bert4ner.entities import Entity, overlapping_entities
from bert4ner.errors import ConfigError

ENTITY = st.builds(
    lambda start, length, label, score: Entity(start, start + length, label, score),
    st.integers(0, 8),
    st.integers(1, 4),
    st.sampled_from(["DRUG", "HERB"]),
    st.sampled_from([None, 0.0, 0.25, 1.0]),
)
ENTITIES = st.lists(ENTITY, max_size=6)
MEMBERS = st.lists(ENTITIES, min_size=1, max_size=4)
A, B = Entity(0, 2, "DRUG", 0.8), Entity(3, 5, "HERB", 0.6)


@given(MEMBERS)
def test_a_quorum_of_all_is_the_intersection_and_of_one_the_union(members):
    assert set(vote(members, quorum=len(members))) == set.intersection(*map(set, members))
    assert set(vote(members, quorum=1)) == set.union(*map(set, members))


@given(ENTITIES, st.integers(1, 5), st.data())
def test_copies_of_one_member_vote_as_it_does(entities, copies, data):
    own = list(dict.fromkeys(entities))
    voted = vote([own] * copies, quorum=data.draw(st.integers(1, copies)))
    assert voted == sorted(own)
    expected = [1.0 if entity.score is None else entity.score for entity in sorted(own)]
    assert [entity.score for entity in voted] == pytest.approx(expected)


@given(MEMBERS, st.data())
def test_votes_are_counted_label_by_label(members, data):
    quorum, herbs = (data.draw(st.integers(1, len(members))) for _ in range(2))
    voted = vote(members, quorum=quorum, label_quorum={"HERB": herbs})
    everything = {entity for entities in members for entity in entities}
    needed = {"DRUG": quorum, "HERB": herbs}
    assert set(voted) == {e for e in everything if sum(e in found for found in members) >= needed[e.label]}
    assert voted == sorted(voted)
    assert all(0 <= entity.score <= 1 + 1e-9 for entity in voted)


@given(MEMBERS, st.floats(0.01, 100), st.data())
def test_only_the_proportion_of_weights_counts_and_the_order_of_members_does_not(members, factor, data):
    quorum = data.draw(st.integers(1, len(members)))
    weights = [float(number + 1) for number in range(len(members))]
    voted = vote(members, quorum=quorum, weights=weights)
    assert voted == vote(members, quorum=quorum, weights=[factor * weight for weight in weights])
    assert voted == vote(members[::-1], quorum=quorum, weights=weights[::-1])


def test_a_heavy_member_outvotes_two_light_ones():
    assert vote([[A], [B], [B]], quorum=2, weights=[2, 0.5, 0.5]) == [A]
    assert vote([[A], [B], [B]], quorum=2) == [B]


def test_pieces_are_part_of_what_is_voted_on():
    pieces = Entity(0, 5, "DRUG", 0.5, ((0, 2), (3, 5)))
    assert vote([[pieces], [Entity(0, 5, "DRUG")]], quorum=2) == []
    assert vote([[pieces], [pieces]], quorum=2)[0].fragments == pieces.fragments


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quorum": 0}, r"quorum must be in \[1, 2\], the number of members, got 0"),
        ({"quorum": 3}, "got 3"),
        ({"quorum": 1, "label_quorum": {"HERB": 3}}, "quorum of label HERB"),
        ({"quorum": 1, "weights": [1]}, "one weight for each of 2 members, got 1"),
        ({"quorum": 1, "weights": [1, 0]}, "above 0 and finite, got 0"),
        ({"quorum": 1, "weights": [1, float("nan")]}, "above 0 and finite, got nan"),
    ],
)
def test_an_impossible_rule_is_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        vote([[A], [B]], **options)
    with pytest.raises(ConfigError, match="nothing to combine"):
        vote([], quorum=1)


@given(ENTITIES, st.sampled_from([0.0, 0.25, 0.5]))
def test_selection_keeps_what_reaches_its_threshold_and_overlaps_nothing(entities, threshold):
    own = list(dict.fromkeys(entities))
    kept = select(own, threshold=threshold, thresholds={"HERB": 0.0})
    reaching = {e for e in own if e.label == "HERB" or e.score is None or e.score >= threshold}
    assert set(select(own, threshold=threshold, thresholds={"HERB": 0.0}, nesting="any")) == reaching
    assert set(kept) <= reaching and not overlapping_entities(kept)
    assume(reaching)
    assert kept  # an entity of score 0 is kept, too, where nothing better is


def test_of_overlapping_entities_the_greatest_sum_of_scores_stays():
    whole, halves = Entity(0, 4, "DRUG", 0.9), [Entity(0, 2, "HERB", 0.5), Entity(2, 4, "HERB", 0.6)]
    assert select([whole, *halves]) == halves
    assert select([whole, *halves], thresholds={"HERB": 0.55}) == [whole]
