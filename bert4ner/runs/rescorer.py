"""The fitted model of the method `rescoring`, as plain numbers; `combine.rescoring` fits and applies it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from bert4ner.errors import ConfigError
from bert4ner.schema import Name
from bert4ner.text.gazetteer import Gazetteer, Occurrences, check_occurrences

FloatArray = NDArray[np.float64]

MEMBER = "member "
"""How the names of the features begin that are members' probabilities."""


@dataclass(frozen=True)
class Rescorer:
    """A network with one hidden layer (ReLU) that gives each candidate a probability.

    Raises:
        ConfigError: the numbers are not as many as features and hidden units, not finite, or a word has no counts.
    """

    labels: tuple[str, ...]
    words: Mapping[Name, Occurrences]
    """The annotated texts of the documents that it was fitted to, as `Gazetteer.to_dict` gives them."""
    features: tuple[str, ...]
    """The names of the columns, in their order: members, numbers, labels, characters before and after."""
    centres: tuple[float, ...]
    """Subtracted from the features."""
    scales: tuple[float, ...]
    """What they are then divided by."""
    hidden: tuple[tuple[float, ...], ...]
    """(features, units)."""
    hidden_bias: tuple[float, ...]
    output: tuple[float, ...]
    """(units,)."""
    bias: float
    before: tuple[str, ...] = ()
    """Characters with a column that says whether a candidate stands behind one; "" is the start of the text."""
    after: tuple[str, ...] = ()
    """Likewise, in front of one; "" is the end of the text."""

    def __post_init__(self) -> None:
        features, units = len(self.features), len(self.output)
        shapes = [len(self.centres), len(self.scales), len(self.hidden), *map(len, self.hidden), len(self.hidden_bias)]
        if not units or shapes != [features] * 3 + [units] * (features + 1):
            raise ConfigError(f"a network of {features} features and {units} units needs as many weights, got {shapes}")
        if not self.members + self.marks <= features:
            raise ConfigError(f"{features} features are fewer than members, labels and characters together")
        numbers = [*self.centres, *self.scales, *self.hidden_bias, *self.output, self.bias, *sum(self.hidden, ())]
        if not np.isfinite(numbers).all() or 0 in self.scales:
            raise ConfigError("the weights of rescoring must be finite, its scales not 0")
        check_occurrences(self.words, self.labels)

    @property
    def members(self) -> int:
        """How many members' probabilities are among the features: the first ones."""
        return sum(1 for _ in takewhile(lambda name: name.startswith(MEMBER), self.features))

    @property
    def marks(self) -> int:
        """How many features, the last ones, are 1 or 0: for labels and characters."""
        return len(self.labels) + len(self.before) + len(self.after)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the features between those of members and marks."""
        return self.features[self.members : len(self.features) - self.marks]

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The counts of `words`."""
        return Gazetteer.restore(self.words, self.labels)

    def hidden_layer(self) -> tuple[FloatArray, FloatArray]:
        """Weights (features, units) and bias (units,)."""
        return np.array(self.hidden), np.array(self.hidden_bias)
