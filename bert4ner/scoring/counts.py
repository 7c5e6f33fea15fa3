"""Counts of entities: hits, gold and predicted ones of a text by label, and nested gold ones.

Counts are added, ratios are computed last, and 0/0 is 0.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from bert4ner.entities import Entity, overlapping_entities


def ratio(part: float, whole: float) -> float:
    """A share; 0/0 is 0."""
    return part / whole if whole else 0.0


@dataclass(frozen=True)
class Counts:
    """The numbers of predicted entities, of gold entities, and of hits; added over documents."""

    hits: int = 0
    gold: int = 0
    predicted: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.hits + other.hits, self.gold + other.gold, self.predicted + other.predicted)

    @property
    def precision(self) -> float:
        """Share of the predicted entities that are gold."""
        return ratio(self.hits, self.predicted)

    @property
    def recall(self) -> float:
        """Share of the gold entities that were predicted."""
        return ratio(self.hits, self.gold)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return ratio(2 * self.hits, self.gold + self.predicted)


def count_matches(gold: Iterable[Entity], predicted: Iterable[Entity]) -> dict[str, Counts]:
    """Counts of each label on either side, for the entities of one text.

    Examples:
        >>> count_matches([Entity(0, 2, "DRUG")], [Entity(0, 2, "DRUG"), Entity(0, 2, "DRUG"), Entity(3, 4, "DRUG")])
        {'DRUG': Counts(hits=1, gold=1, predicted=2)}
    """
    gold, predicted = set(gold), set(predicted)
    hits = Counter(entity.label for entity in gold & predicted)
    wanted = Counter(entity.label for entity in gold)
    found = Counter(entity.label for entity in predicted)
    return {label: Counts(hits[label], wanted[label], found[label]) for label in sorted(wanted | found)}


@dataclass(frozen=True)
class NestedRecall:
    """Gold entities inside, around or across another gold entity: their number, and how many were found.

    There is no precision: a prediction does not show whether it is meant as nested.
    """

    hits: int = 0
    gold: int = 0

    def __add__(self, other: "NestedRecall") -> "NestedRecall":
        return NestedRecall(self.hits + other.hits, self.gold + other.gold)

    @property
    def recall(self) -> float:
        """Share of these gold entities that were predicted."""
        return ratio(self.hits, self.gold)


def count_nested(gold: Iterable[Entity], predicted: Iterable[Entity]) -> NestedRecall:
    """Recall of the entities of one text that share characters with another gold entity.

    Examples:
        >>> count_nested([Entity(0, 4, "SYM"), Entity(0, 2, "BODY"), Entity(5, 6, "SYM")], [Entity(0, 2, "BODY")])
        NestedRecall(hits=1, gold=2)
    """
    nested = overlapping_entities(gold)
    return NestedRecall(len(nested & set(predicted)), len(nested))
