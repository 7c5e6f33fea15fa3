"""The rules of a combined run that users set: which entities are valid, and which are kept. Plain data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from bert4ner.entities import Nesting
from bert4ner.errors import ConfigError, shown
from bert4ner.options import option


@dataclass(frozen=True)
class SpanRules:
    """Rules for the mentions of entities, by label or for all labels (`*`); a label's own rule replaces that for all.

    Raises:
        ConfigError: a length is below 1, a set of characters is empty, or a regular expression is invalid.
    """

    longest: Mapping[str, int] = option(
        dict, "Maximum length of a mention, in characters; * is every label.", example="DRUG=1"
    )
    forbidden: Mapping[str, str] = option(
        dict,
        "Characters that a mention must not contain.",
        flag="forbid",
        metavar="LABEL=CHARACTERS",
        example="DRUG=。；",
    )
    contains: Mapping[str, str] = option(
        dict,
        "A regular expression that a mention must match somewhere.",
        flag="contain",
        metavar="LABEL=REGEX",
        example="DOSE=[0-9]",
    )

    def __post_init__(self) -> None:
        for label, length in self.longest.items():
            if type(length) is not int or length < 1:
                raise ConfigError(f"longest mention of {label} must be a whole number of at least 1, got {length!r}")
        for label, characters in self.forbidden.items():
            if not isinstance(characters, str) or not characters:
                raise ConfigError(f"forbidden characters of {label} must not be empty, got {characters!r}")
        for label, pattern in self.contains.items():
            try:
                re.compile(pattern)
            except (re.error, TypeError, OverflowError, RecursionError) as error:
                raise ConfigError(
                    f"the pattern that {label} must contain is not a valid regular expression: {shown(pattern)} "
                    f"({shown(str(error))})"
                ) from None

    def __bool__(self) -> bool:
        return bool(self.longest or self.forbidden or self.contains)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """The tables of its kinds, for JSON."""
        return {"longest": dict(self.longest), "forbidden": dict(self.forbidden), "contains": dict(self.contains)}


def check_threshold(threshold: float, of_label: str = "") -> None:
    """Refuse a threshold outside 0 to 1.

    Raises:
        ConfigError: the threshold is outside; names the label if there is one.
    """
    if not 0 <= threshold <= 1:
        raise ConfigError(f"threshold{of_label} must be in [0, 1], got {threshold}")


@dataclass(frozen=True)
class Rule:
    """How to find and select candidates, apart from the thresholds of single labels.

    Raises:
        ConfigError: a threshold is out of range, a nesting is unknown, or `nbest` is below 1.
    """

    threshold: float = 0.0
    """The threshold of labels without one of their own."""
    nesting: Nesting = "none"
    """Which entities may overlap."""
    nbest: int = 1
    """Above 1, members give more candidates than their answer; see `Recognizer.predict`."""
    spans: SpanRules = field(default_factory=SpanRules)

    def __post_init__(self) -> None:
        check_threshold(self.threshold)
        if self.nesting not in get_args(Nesting):
            raise ConfigError(f"nesting must be one of {', '.join(get_args(Nesting))}, got {self.nesting!r}")
        if type(self.nbest) is not int or self.nbest < 1:
            raise ConfigError(f"nbest must be a whole number of at least 1, got {self.nbest!r}")
