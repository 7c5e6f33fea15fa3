import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.entities import Document, Entity
from bert4ner.scoring.reliability import reliability, score_reliability, wilson_interval

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


def test_scores_that_say_the_truth_have_no_error():
    scores = [0.25] * 4 + [0.75] * 4
    right = [True, False, False, False, True, True, True, False]
    found = reliability(scores, right)
    assert found.error == 0
    assert [(each.low, each.high, each.count, each.share_right) for each in found.bins] == [
        (0.2, 0.3, 4, 0.25),
        (0.7, 0.8, 4, 0.75),
    ]


def test_scores_that_are_too_sure_are_off_by_what_they_promise_too_much():
    found = reliability([0.95] * 10, [True] * 6 + [False] * 4)
    assert found.error == pytest.approx(0.35)
    assert (found.mean_score, found.share_right, found.count) == (pytest.approx(0.95), 0.6, 10)


def test_a_score_of_one_lies_in_the_last_bin():
    assert [(each.low, each.high) for each in reliability([1.0, 0.0], [True, True]).bins] == [(0.0, 0.1), (0.9, 1.0)]


@given(JUDGED, st.integers(1, 12))
def test_error_is_what_a_loop_over_the_entities_finds(scored, num_bins):
    members = {}
    for score, right in scored:
        members.setdefault(min(int(score * num_bins), num_bins - 1), []).append((score, right))
    gaps = [abs(sum(score - right for score, right in group)) for group in members.values()]
    found = reliability(*zip(*scored, strict=True), num_bins=num_bins)
    assert found.error == pytest.approx(sum(gaps) / len(scored))
    assert sum(each.count for each in found.bins) == len(scored)
    assert all(each.interval[0] <= each.share_right <= each.interval[1] for each in found.bins)


def test_wilson_interval_is_the_published_one():
    assert wilson_interval(0.8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # Brown, Cai, DasGupta's formula
    assert wilson_interval(0.0, 10)[0] == 0 and wilson_interval(1.0, 10)[1] == pytest.approx(1)


@pytest.mark.parametrize(("scores", "right"), [([], []), ([0.5], []), ([1.5], [True]), ([-0.1], [True])])
def test_what_cannot_be_held_against_the_truth_is_refused(scores, right):
    with pytest.raises(ValueError, match="expected as many scores"):
        reliability(scores, right)


def test_entities_are_right_when_span_and_label_agree():
    gold = Document("1", "人参用于头痛。", (Entity(0, 2, "DRUG"), Entity(4, 6, "SYMPTOM")))
    entities = (Entity(0, 2, "DRUG", 0.9), Entity(4, 6, "DRUG", 0.4), Entity(3, 6, "SYMPTOM", 0.3))
    found = Document("1", gold.text, entities)
    result = score_reliability([(gold, found)])
    assert result is not None
    assert [each.share_right for each in result.bins] == [0, 0, 1]
    assert np.isclose(result.mean_score, 1.6 / 3)


def test_entities_without_scores_tell_nothing():
    document = Document("1", "人参", (Entity(0, 2, "DRUG"),))
    assert score_reliability([(document, document)]) is None
