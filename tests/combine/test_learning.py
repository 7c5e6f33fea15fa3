"""What is learned from candidates, against scikit-learn applied directly and against searches by brute force."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from bert4ner.combine.learning import calibrate, fit_calibration, fit_stacker, log_odds, logistic, stack
from bert4ner.errors import DataError
from bert4ner.runs.fitted import Calibration, Stacker
from bert4ner.schema import build

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)


def drawn(rng, num=400, members=3):
    """Candidates of which the first member knows most, the last nothing; DRUG is right more often."""
    labels = rng.choice(["DRUG", "HERB"], size=num).tolist()
    truth = rng.random(num) < np.where(np.array(labels) == "DRUG", 0.7, 0.3)
    noise = np.array([0.5, 1.5, 9.0])[:members, None]
    probabilities = logistic(np.where(truth, 1.5, -1.5) + rng.normal(size=(members, num)) * noise)
    return labels, probabilities, truth


def log_loss(probabilities, right):
    return -np.mean(np.where(right, np.log(probabilities), np.log1p(-probabilities)))


def test_stacking_is_the_logistic_regression_it_says_and_is_plain_numbers(rng):
    labels, probabilities, right = drawn(rng)
    stacker = fit_stacker(labels, probabilities, right)
    marks = np.array([[label == "DRUG", label == "HERB"] for label in labels], dtype=float)
    features = np.column_stack([np.log(probabilities / (1 - probabilities)).clip(-9.2102, 9.2102).T, marks])
    expected = LogisticRegression(max_iter=1000).fit(features, right).predict_proba(features)[:, 1]
    np.testing.assert_allclose(stack(stacker, labels, probabilities), expected, atol=1e-3)
    assert stacker.weights[0] > stacker.weights[1] > abs(stacker.weights[2])
    assert log_loss(stack(stacker, labels, probabilities), right) < log_loss(probabilities.mean(axis=0), right)
    again = build(Stacker, json.loads(json.dumps(asdict(stacker))))
    assert again == stacker


def test_stacking_takes_what_no_member_may_hold_and_labels_it_never_saw(rng):
    stacker = fit_stacker(*drawn(rng))
    given = stack(stacker, ["DRUG", "DRUG", "NEW"], np.array([[0.0, 1.0, 0.5]] * 3))
    assert np.isfinite(given).all() and 0 < given[0] < given[2] < given[1] <= 1
    assert stack(stacker, [], np.zeros((3, 0))).shape == (0,)


@pytest.mark.parametrize(("right", "message"), [([True, True], "only right"), ([False], "only wrong"), ([], "none")])
def test_stacking_needs_right_and_wrong_candidates(right, message):
    with pytest.raises(DataError, match=f"found {message}"):
        fit_stacker(["X"] * len(right), np.full((1, len(right)), 0.5), np.array(right, dtype=bool))


@given(JUDGED)
def test_no_temperature_has_a_smaller_log_loss(scored):
    scores, right = (np.array(column) for column in zip(*scored, strict=True))
    found = fit_calibration("temperature", scores, right)
    loss = log_loss(np.clip(calibrate(found, scores), 1e-12, 1 - 1e-12), right)
    for other in np.geomspace(0.02, 90, 40):
        assert loss <= log_loss(np.clip(logistic(log_odds(scores) / other), 1e-12, 1 - 1e-12), right) + 1e-9


def test_a_temperature_finds_the_one_that_made_scores_too_sure(rng):
    truth = rng.random(20_000)
    right = rng.random(20_000) < truth
    too_sure = logistic(3 * log_odds(truth))
    assert fit_calibration("temperature", too_sure, right).temperature == pytest.approx(3, rel=0.1)


@given(JUDGED)
def test_isotonic_is_scikit_learn_s_and_never_falls(scored):
    scores, right = (np.array(column) for column in zip(*scored, strict=True))
    found = fit_calibration("isotonic", scores, right)
    asked = np.linspace(0, 1, 33)
    expected = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, right).predict(asked)
    given = calibrate(found, asked)
    np.testing.assert_allclose(given, expected, atol=1e-12)
    assert (np.diff(given) >= 0).all() and given.min() >= 0 and given.max() <= 1
    assert build(Calibration, json.loads(json.dumps(asdict(found)))) == found


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_calibration_keeps_the_order_of_scores_and_needs_some(kind, rng):
    scores = rng.random(300)
    calibration = fit_calibration(kind, scores, rng.random(300) < scores**2)
    calibrated = calibrate(calibration, np.sort(scores))
    assert (np.diff(calibrated) >= 0).all()
    with pytest.raises(DataError, match="no entities were found"):
        fit_calibration(kind, np.zeros(0), np.zeros(0, dtype=bool))
