"""Rules that a user gives for entities: how long they may be, which characters they must not or must hold.

Knows neither scores nor models; what breaks a rule is no candidate at all.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.options import option

EVERY = "*"
"""Stands for all labels that have no rule of their own of that kind."""


@dataclass(frozen=True)
class SpanRules:
    """What the mentions of entities must be like, by label or for all labels (`*`); a label's own rule stands alone.

    Raises:
        ConfigError: a length below 1, no characters, or what is no regular expression.

    Example:
        >>> rules = SpanRules(longest={"*": 20, "DOSE": 8}, forbidden={"*": "。；"}, contains={"DOSE": "[0-9一二三]"})
        >>> rules.allow("三丸", "DOSE"), rules.allow("一次三丸，一日三次", "DOSE"), rules.allow("丸。", "DRUG")
        (True, False, False)
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

    def allow(self, mention: str, label: str) -> bool:
        """Whether an entity may have this mention and label."""
        longest = self.longest.get(label, self.longest.get(EVERY))
        forbidden = self.forbidden.get(label, self.forbidden.get(EVERY))
        pattern = self.contains.get(label, self.contains.get(EVERY))
        if longest is not None and len(mention) > longest:
            return False
        if forbidden is not None and not set(forbidden).isdisjoint(mention):
            return False
        return pattern is None or re.search(pattern, mention) is not None

    def allowed(self, document: Document, entities: Iterable[Entity]) -> list[Entity]:
        """Those of some entities of a document that keep the rules."""
        if not self:
            return list(entities)
        return [entity for entity in entities if self.allow(document.mention(entity), entity.label)]

    def check_labels(self, labels: Collection[str]) -> None:
        """Refuse rules for labels that nobody knows.

        Raises:
            ConfigError: naming the label.
        """
        for rules in (self.longest, self.forbidden, self.contains):
            unknown = sorted(set(rules) - {EVERY, *labels})
            if unknown:
                raise ConfigError(
                    f"a rule for the unknown label {unknown[0]!r}; known: {', '.join(labels)}, or * for all"
                )

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """What `from_dict` reads, for JSON."""
        return {"longest": dict(self.longest), "forbidden": dict(self.forbidden), "contains": dict(self.contains)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "SpanRules":
        """The rules that `to_dict` described.

        Raises:
            ConfigError: an unknown kind of rule, one that is no table of labels, or see the class.
        """
        for kind, rules in values.items():
            if kind not in ("longest", "forbidden", "contains"):
                raise ConfigError(f"unknown kind of rule {kind!r}; known: longest, forbidden, contains")
            if not isinstance(rules, Mapping):
                raise ConfigError(f"rules of the kind {kind} must be a table of labels (* for all), got {rules!r}")
        return cls(**values)
