"""The rules of a combined run that a user gives: what entities must be like, and which are kept. Plain data."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from bert4ner.entities import Nesting
from bert4ner.errors import ConfigError
from bert4ner.options import option

RuleKind = Literal["longest", "forbidden", "contains"]


@dataclass(frozen=True)
class SpanRules:
    """What the mentions of entities must be like, by label or for all labels (`*`); a label's own rule stands alone.

    Raises:
        ConfigError: a length below 1, no characters, or what is no regular expression.
    """

    longest: Mapping[str, int] = option(dict, "Characters that an entity may have; * is every label.", example="DRUG=1")
    forbidden: Mapping[str, str] = option(
        dict,
        "Characters of which an entity must hold none.",
        flag="forbid",
        metavar="LABEL=CHARACTERS",
        example="DRUG=。；",
    )
    contains: Mapping[str, str] = option(
        dict,
        "A regular expression of which an entity must hold a match.",
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
                raise ConfigError(f"forbidden characters of {label} must be some characters, got {characters!r}")
        for label, pattern in self.contains.items():
            try:
                re.compile(pattern)
            except (re.error, TypeError) as error:
                raise ConfigError(
                    f"what {label} must contain is no regular expression: {pattern!r} ({error})"
                ) from None

    def __bool__(self) -> bool:
        return bool(self.longest or self.forbidden or self.contains)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """What `from_dict` reads, for JSON."""
        return {"longest": dict(self.longest), "forbidden": dict(self.forbidden), "contains": dict(self.contains)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SpanRules":
        """The rules that `to_dict` described.

        Raises:
            ConfigError: an unknown kind of rule, one that is no table of labels, or see the class.
        """
        kinds = get_args(RuleKind)
        for kind, rules in values.items():
            if kind not in kinds:
                raise ConfigError(f"unknown kind of rule {kind!r}; known: {', '.join(kinds)}")
            if not isinstance(rules, Mapping):
                raise ConfigError(f"rules of the kind {kind} must be a table of labels (* for all), got {rules!r}")
        return cls(**values)


def check_threshold(threshold: float, of_label: str = "") -> None:
    """Refuse a threshold outside 0 to 1.

    Raises:
        ConfigError: saying of which label, where that is given.
    """
    if not 0 <= threshold <= 1:
        raise ConfigError(f"threshold{of_label} must be in [0, 1], got {threshold}")


@dataclass(frozen=True)
class Rule:
    """How candidates are found and selected apart from the thresholds of single labels.

    Raises:
        ConfigError: a threshold out of range, an unknown nesting, or `nbest` below 1.
    """

    threshold: float = 0.0
    """That of labels without one of their own."""
    nesting: Nesting = "none"
    """Which entities may overlap."""
    nbest: int = 1
    """Above 1, members give more candidates than they would find; see `Recognizer.predict`."""
    spans: SpanRules = field(default_factory=SpanRules)

    def __post_init__(self) -> None:
        check_threshold(self.threshold)
        if self.nesting not in get_args(Nesting):
            raise ConfigError(f"nesting must be one of {', '.join(get_args(Nesting))}, got {self.nesting!r}")
        if type(self.nbest) is not int or self.nbest < 1:
            raise ConfigError(f"nbest must be a whole number of at least 1, got {self.nbest!r}")
