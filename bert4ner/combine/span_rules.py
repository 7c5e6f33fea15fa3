"""Applies a user's rules for entities: how long they may be, which characters they must or must not contain.

It does not know scores or models; an entity that breaks a rule is no candidate.
"""

import re
from collections.abc import Collection, Iterable

from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.runs.rules import SpanRules

EVERY = "*"
"""Stands for all labels without a rule of their own of that kind."""


def allows(rules: SpanRules, mention: str, label: str) -> bool:
    """Whether an entity may have this mention and label.

    Example:
        >>> rules = SpanRules(longest={"*": 20, "DOSE": 8}, forbidden={"*": "。；"}, contains={"DOSE": "[0-9一二三]"})
        >>> allows(rules, "三丸", "DOSE"), allows(rules, "一次三丸，一日三次", "DOSE"), allows(rules, "丸。", "DRUG")
        (True, False, False)
    """
    longest = rules.longest.get(label, rules.longest.get(EVERY))
    forbidden = rules.forbidden.get(label, rules.forbidden.get(EVERY))
    pattern = rules.contains.get(label, rules.contains.get(EVERY))
    if longest is not None and len(mention) > longest:
        return False
    if forbidden is not None and not set(forbidden).isdisjoint(mention):
        return False
    return pattern is None or re.search(pattern, mention) is not None


def allowed(rules: SpanRules, document: Document, entities: Iterable[Entity]) -> list[Entity]:
    """The entities of a document that satisfy the rules."""
    if not rules:
        return list(entities)
    return [entity for entity in entities if allows(rules, document.mention(entity), entity.label)]


def check_labels(rules: SpanRules, labels: Collection[str]) -> None:
    """Refuse rules for unknown labels.

    Raises:
        ConfigError: a label is unknown; the message names it.
    """
    for named in (rules.longest, rules.forbidden, rules.contains):
        unknown = sorted(set(named) - {EVERY, *labels})
        if unknown:
            raise ConfigError(
                f"a rule for the unknown label {unknown[0]!r}; known: {', '.join(labels)}, or * for all labels"
            )
