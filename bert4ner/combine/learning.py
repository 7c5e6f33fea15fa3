"""What is learned from candidates whose truth is known: a logistic model over members, and calibrations of scores.

Plain numbers that are saved as JSON; scikit-learn fits, and is not needed to apply. That candidates must come from
models that did not see their documents is the caller's to see to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from bert4ner.decode.chances import logistic
from bert4ner.errors import ConfigError, DataError

CalibrationKind = Literal["none", "temperature", "isotonic"]
_LEAST = 1e-4  # probabilities nearer to 0 or 1 count as this near: their log-odds must stay finite
_STEEPEST = 100.0  # of a temperature: its inverse is looked for in [1 / 100, 100]


def log_odds(chances: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), of probabilities that are kept off 0 and 1; same shape."""
    kept = np.clip(np.asarray(chances, dtype=np.float64), _LEAST, 1 - _LEAST)
    return np.log(kept) - np.log1p(-kept)


@dataclass(frozen=True)
class Stacker:
    """The probability of a candidate from the log-odds that each member gives it, and from its label.

    References:
        Wolpert 1992, Stacked Generalization.
    """

    weights: tuple[float, ...]
    """Of each member's log-odds."""
    bias: float
    labels: Mapping[str, float]
    """What is added for candidates of a label; 0 for others."""

    def __call__(self, labels: Sequence[str], chances: np.ndarray) -> np.ndarray:
        """Probabilities (candidates,), from labels (candidates,) and members' probabilities (members, candidates)."""
        added = np.array([self.labels.get(label, 0.0) for label in labels], dtype=np.float64)
        return logistic(np.array(self.weights) @ log_odds(chances) + self.bias + added)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Stacker":
        """The model that `to_dict` described."""
        labels = {label: float(number) for label, number in values["labels"].items()}
        return cls(tuple(float(number) for number in values["weights"]), float(values["bias"]), labels)


def fit_stacker(labels: Sequence[str], chances: np.ndarray, right: np.ndarray) -> Stacker:
    """Logistic regression with the usual penalty (C = 1) on weights and labels.

    Args:
        labels: of each candidate.
        chances: (members, candidates).
        right: bool (candidates,).

    Raises:
        DataError: all candidates are right, or none is.
    """
    from sklearn.linear_model import LogisticRegression  # deferred: predicting does not need it

    if not len(labels) or right.all() or not right.any():
        found = "none" if not len(labels) else "only right ones" if right.all() else "only wrong ones"
        raise DataError(f"stacking learns from right and wrong candidates, there are {found}; combine by probability")
    names = sorted(set(labels))
    numbers = {name: number for number, name in enumerate(names)}
    marks = np.eye(len(names))[[numbers[label] for label in labels]]  # (candidates, labels)
    features = np.column_stack([log_odds(chances).T, marks])  # (candidates, members + labels)
    fitted = LogisticRegression(C=1.0, max_iter=1000).fit(features, right)
    weights, added = np.split(fitted.coef_[0], [len(chances)])
    by_label = dict(zip(names, added.tolist(), strict=True))
    return Stacker(tuple(weights.tolist()), float(fitted.intercept_[0]), by_label)


@dataclass(frozen=True)
class Calibration:
    """A growing function from scores to probabilities: what share of candidates with such a score is right.

    Raises:
        ConfigError: an unknown kind, a temperature that is not above 0, or steps that do not grow.
    """

    kind: Literal["temperature", "isotonic"]
    temperature: float = 1.0
    """What log-odds are divided by."""
    scores: tuple[float, ...] = field(default=())
    """Of `isotonic` where its line bends, growing."""
    chances: tuple[float, ...] = field(default=())
    """And its value there."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(CalibrationKind)[1:]:
            raise ConfigError(f"calibration must be temperature or isotonic, got {self.kind!r}")
        if not self.temperature > 0:
            raise ConfigError(f"temperature must be above 0, got {self.temperature}")
        steps = [np.diff(values) for values in (self.scores, self.chances)]
        if self.kind == "isotonic" and (
            not self.scores or len(self.scores) != len(self.chances) or any((step < 0).any() for step in steps)
        ):
            raise ConfigError("an isotonic calibration must have as many scores as chances, both growing")

    def __call__(self, scores: np.ndarray) -> np.ndarray:
        """Calibrated scores; same shape."""
        if self.kind == "isotonic":
            return np.interp(scores, self.scores, self.chances)
        return logistic(log_odds(scores) / self.temperature)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Calibration":
        """The calibration that `to_dict` described."""
        scores, chances = (tuple(float(number) for number in values[name]) for name in ("scores", "chances"))
        return cls(values["kind"], float(values["temperature"]), scores, chances)


def fit_calibration(kind: CalibrationKind, scores: np.ndarray, right: np.ndarray) -> Calibration:
    """The calibration with the least log loss (temperature), or the least squared error of all that grow (isotonic).

    Args:
        scores: (candidates,), in [0, 1].
        right: bool (candidates,).

    Raises:
        DataError: there are no candidates.

    References:
        Guo et al. 2017, On Calibration of Modern Neural Networks; Zadrozny and Elkan 2002 (isotonic).
    """
    if not len(scores):
        raise DataError("nothing was found in the held-out documents; scores cannot be calibrated")
    if kind == "temperature":
        return Calibration("temperature", _best_temperature(log_odds(scores), right))
    from sklearn.isotonic import IsotonicRegression  # deferred: predicting does not need it

    fitted = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(scores, right)
    bends = (fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist())
    return Calibration("isotonic", scores=tuple(bends[0]), chances=tuple(bends[1]))


def _best_temperature(odds: np.ndarray, right: np.ndarray) -> float:
    """The log loss is convex in the inverse of the temperature: its slope is 0 where it is least."""
    low, high = 1 / _STEEPEST, _STEEPEST
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        slope = float(((logistic(middle * odds) - right) * odds).sum())
        low, high = (low, middle) if slope > 0 else (middle, high)
    return 1.0 / float(np.sqrt(low * high))
