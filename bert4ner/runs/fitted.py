"""What was fitted for a combined run, as plain numbers: a logistic model over members, a calibration of scores.

No pickle, and no scikit-learn is needed to read them. `combine.learning` fits and applies them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, get_args

from bert4ner.errors import ConfigError

CalibrationKind = Literal["none", "temperature", "isotonic"]


@dataclass(frozen=True)
class Stacker:
    """A logistic model: the probability of a candidate from the log-odds of each member and from its label.

    References:
        Wolpert 1992, Stacked Generalization.
    """

    weights: tuple[float, ...]
    """Of each member's log-odds."""
    bias: float
    labels: Mapping[str, float]
    """What is added for candidates of a label; 0 for others."""

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Stacker":
        """The model of which `dataclasses.asdict` gave these values."""
        labels = {label: float(number) for label, number in values["labels"].items()}
        return cls(tuple(float(number) for number in values["weights"]), float(values["bias"]), labels)


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
        growing = all(one <= other for values in (self.scores, self.chances) for one, other in pairwise(values))
        if self.kind == "isotonic" and not (self.scores and len(self.scores) == len(self.chances) and growing):
            raise ConfigError("an isotonic calibration must have as many scores as chances, both growing")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Calibration":
        """The calibration of which `dataclasses.asdict` gave these values."""
        scores, chances = (tuple(float(number) for number in values[name]) for name in ("scores", "chances"))
        return cls(values["kind"], float(values["temperature"]), scores, chances)
