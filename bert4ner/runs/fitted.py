"""What was fitted for a combined run, as plain numbers: a logistic model over members, a calibration of scores.

Reading it needs neither pickle nor scikit-learn. `combine.learning` fits and applies it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, get_args

from bert4ner.errors import ConfigError
from bert4ner.schema import Share

CalibrationKind = Literal["none", "temperature", "isotonic"]


@dataclass(frozen=True)
class Stacker:
    """A logistic model: the probability of a candidate from the log-odds of each member and from its label.

    References:
        Wolpert 1992, Stacked Generalization.
    """

    weights: tuple[float, ...]
    """The weight of each member's log-odds."""
    bias: float
    labels: Mapping[str, float]
    """The addition for candidates of a label; 0 for others."""


@dataclass(frozen=True)
class Calibration:
    """A growing function from scores to probabilities: the share of right candidates among those with such a score.

    Raises:
        ConfigError: the kind is unknown, the temperature is not above 0, or values do not grow.
    """

    kind: Literal["temperature", "isotonic"]
    temperature: float = 1.0
    """The divisor of log-odds."""
    scores: tuple[Share, ...] = field(default=())
    """The scores at the bends of the `isotonic` curve, growing."""
    chances: tuple[Share, ...] = field(default=())
    """The probabilities there; `chances` is the key in combination.json."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(CalibrationKind)[1:]:
            raise ConfigError(f"calibration must be temperature or isotonic, got {self.kind!r}")
        if not self.temperature > 0:
            raise ConfigError(f"temperature must be above 0, got {self.temperature}")
        growing = all(one <= other for values in (self.scores, self.chances) for one, other in pairwise(values))
        if self.kind == "isotonic" and not (self.scores and len(self.scores) == len(self.chances) and growing):
            raise ConfigError("an isotonic calibration must have as many probabilities as scores, both growing")
