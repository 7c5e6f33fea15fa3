"""What is learned from candidates, against scikit-learn applied directly and against searches by brute force."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from bert4ner.combine.learning import Calibration, Stacker, fit_calibration, fit_stacker, log_odds
from bert4ner.decode.chances import logistic
from bert4ner.errors import ConfigError, DataError

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)


def drawn(rng, num=400, members=3):
    """Candidates of which the first member knows most, the last nothing; DRUG is right more often."""
    labels = rng.choice(["DRUG", "HERB"], size=num).tolist()
    truth = rng.random(num) < np.where(np.array(labels) == "DRUG", 0.7, 0.3)
    noise = np.array([0.5, 1.5, 9.0])[:members, None]
    chances = logistic(np.where(truth, 1.5, -1.5) + rng.normal(size=(members, num)) * noise)
    return labels, chances, truth


def log_loss(chances, right):
    return -np.mean(np.where(right, np.log(chances), np.log1p(-chances)))


def test_stacking_is_the_logistic_regression_it_says_and_is_plain_numbers(rng):
    labels, chances, right = drawn(rng)
    stacker = fit_stacker(labels, chances, right)
    marks = np.array([[label == "DRUG", label == "HERB"] for label in labels], dtype=float)
    features = np.column_stack([np.log(chances / (1 - chances)).clip(-9.2102, 9.2102).T, marks])
    expected = LogisticRegression(max_iter=1000).fit(features, right).predict_proba(features)[:, 1]
    np.testing.assert_allclose(stacker(labels, chances), expected, atol=1e-3)
    assert stacker.weights[0] > stacker.weights[1] > abs(stacker.weights[2])
    assert log_loss(stacker(labels, chances), right) < log_loss(chances.mean(axis=0), right)
    again = Stacker.from_dict(json.loads(json.dumps(stacker.to_dict())))
    assert again == stacker


def test_stacking_takes_what_no_member_may_hold_and_labels_it_never_saw(rng):
    stacker = fit_stacker(*drawn(rng))
    given = stacker(["DRUG", "DRUG", "NEW"], np.array([[0.0, 1.0, 0.5]] * 3))
    assert np.isfinite(given).all() and 0 < given[0] < given[2] < given[1] <= 1
    assert stacker([], np.zeros((3, 0))).shape == (0,)


@pytest.mark.parametrize(("right", "told"), [([True, True], "only right"), ([False], "only wrong"), ([], "none")])
def test_stacking_needs_right_and_wrong_candidates(right, told):
    with pytest.raises(DataError, match=f"there are {told}"):
        fit_stacker(["X"] * len(right), np.full((1, len(right)), 0.5), np.array(right, dtype=bool))


@given(JUDGED)
def test_no_temperature_has_a_smaller_log_loss(judged):
    scores, right = (np.array(column) for column in zip(*judged, strict=True))
    found = fit_calibration("temperature", scores, right)
    loss = log_loss(np.clip(found(scores), 1e-12, 1 - 1e-12), right)
    for other in np.geomspace(0.02, 90, 40):
        assert loss <= log_loss(np.clip(logistic(log_odds(scores) / other), 1e-12, 1 - 1e-12), right) + 1e-9


def test_a_temperature_finds_the_one_that_made_scores_too_sure(rng):
    truth = rng.random(20_000)
    right = rng.random(20_000) < truth
    too_sure = logistic(3 * log_odds(truth))
    assert fit_calibration("temperature", too_sure, right).temperature == pytest.approx(3, rel=0.1)


@given(JUDGED)
def test_isotonic_is_scikit_learn_s_and_never_falls(judged):
    scores, right = (np.array(column) for column in zip(*judged, strict=True))
    found = fit_calibration("isotonic", scores, right)
    asked = np.linspace(0, 1, 33)
    expected = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, right).predict(asked)
    np.testing.assert_allclose(found(asked), expected, atol=1e-12)
    assert (np.diff(found(asked)) >= 0).all() and found(asked).min() >= 0 and found(asked).max() <= 1
    assert Calibration.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_calibration_keeps_the_order_of_scores_and_needs_some(kind, rng):
    scores = rng.random(300)
    calibrated = fit_calibration(kind, scores, rng.random(300) < scores**2)(np.sort(scores))
    assert (np.diff(calibrated) >= 0).all()
    with pytest.raises(DataError, match="nothing was found"):
        fit_calibration(kind, np.zeros(0), np.zeros(0, dtype=bool))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"kind": "platt"}, "temperature or isotonic, got 'platt'"),
        ({"kind": "temperature", "temperature": 0.0}, "temperature must be above 0"),
        ({"kind": "isotonic"}, "as many scores as chances"),
        ({"kind": "isotonic", "scores": (0.1, 0.2), "chances": (0.5, 0.1)}, "both growing"),
    ],
)
def test_impossible_calibrations_are_refused(arguments, told):
    with pytest.raises(ConfigError, match=told):
        Calibration(**arguments)
