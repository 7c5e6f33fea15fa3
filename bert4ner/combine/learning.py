"""Learns from candidates that are known to be right or wrong: a logistic model over members, and calibrations.

Only fitting needs scikit-learn; the fitted values are plain data of `runs`. The caller makes sure that candidates come
from out-of-fold models.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bert4ner.decode.activations import logistic
from bert4ner.errors import DataError
from bert4ner.runs.fitted import Calibration, CalibrationKind, Stacker

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_LEAST = 1e-4  # probabilities are clipped this far from 0 and 1: their log-odds must stay finite
_STEEPEST = 100.0  # temperatures are searched in [1 / 100, 100]


def log_odds(probabilities: FloatArray) -> FloatArray:
    """log(p / (1 - p)) of probabilities clipped away from 0 and 1; same shape."""
    kept = np.clip(np.asarray(probabilities, dtype=np.float64), _LEAST, 1 - _LEAST)
    return np.log(kept) - np.log1p(-kept)


def stack(stacker: Stacker, labels: Sequence[str], probabilities: FloatArray) -> FloatArray:
    """Probabilities (candidates,), from labels (candidates,) and members' probabilities (members, candidates)."""
    added = np.array([stacker.labels.get(label, 0.0) for label in labels], dtype=np.float64)
    return logistic(np.array(stacker.weights) @ log_odds(probabilities) + stacker.bias + added)


def fit_stacker(labels: Sequence[str], probabilities: FloatArray, right: BoolArray) -> Stacker:
    """Logistic regression with the usual penalty (C = 1) on weights and labels.

    Args:
        labels: the label of each candidate.
        probabilities: (members, candidates).
        right: bool (candidates,).

    Raises:
        DataError: all candidates are right, or none is.
    """
    from scipy import sparse  # deferred: predicting does not need them
    from sklearn.linear_model import LogisticRegression

    check_learnable(right, "stacking")
    names = sorted(set(labels))
    numbers = {name: number for number, name in enumerate(names)}
    places = (np.arange(len(labels)), [numbers[label] for label in labels])
    marks = sparse.csr_matrix((np.ones(len(labels)), places))  # (candidates, labels); dense, it could fill the memory
    features = sparse.hstack([log_odds(probabilities).T, marks], format="csr")  # (candidates, members + labels)
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(features, right)
    weights, added = np.split(fitted.coef_[0], [len(probabilities)])
    by_label = dict(zip(names, added.tolist(), strict=True))
    return Stacker(tuple(weights.tolist()), float(fitted.intercept_[0]), by_label)


def check_learnable(right: BoolArray, method: str) -> None:
    """Refuse candidates (candidates,) if all are right, or none is.

    Raises:
        DataError: there is nothing to tell apart.
    """
    if not len(right) or right.all() or not right.any():
        found = "none" if not len(right) else "only right ones" if right.all() else "only wrong ones"
        raise DataError(f"{method} learns from right and wrong candidates, found {found}; combine by probability")


def calibrate(calibration: Calibration, scores: FloatArray) -> FloatArray:
    """Calibrated scores; same shape."""
    if calibration.kind == "isotonic":
        return np.interp(scores, calibration.scores, calibration.chances)
    return logistic(log_odds(scores) / calibration.temperature)


def fit_calibration(kind: CalibrationKind, scores: FloatArray, right: BoolArray) -> Calibration:
    """The calibration with the lowest log loss (temperature) or squared error (isotonic, that is, monotonic).

    Args:
        kind: which of the two.
        scores: (candidates,), in [0, 1].
        right: bool (candidates,).

    Raises:
        DataError: there are no candidates.

    References:
        Guo et al. 2017, On Calibration of Modern Neural Networks; Zadrozny and Elkan 2002 (isotonic).
    """
    if not len(scores):
        raise DataError("no entities were found in the held-out documents, so scores cannot be calibrated")
    if kind == "temperature":
        return Calibration("temperature", _best_temperature(log_odds(scores), right))
    from sklearn.isotonic import IsotonicRegression  # deferred: predicting does not need it

    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, right)
    bends = (fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist())
    return Calibration("isotonic", scores=tuple(bends[0]), chances=tuple(bends[1]))


def _best_temperature(odds: FloatArray, right: BoolArray) -> float:
    """The log loss is convex in the inverse of the temperature: at its minimum the slope is 0."""
    low, high = 1 / _STEEPEST, _STEEPEST
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        slope = float(((logistic(middle * odds) - right) * odds).sum())
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 1.0 / float(np.sqrt(low * high))
