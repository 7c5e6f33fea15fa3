"""Candidates with probabilities -> labels, spans that are left open, and how sure all of it is. No models here."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.entities import Document, Entity, Nesting, overlapping_entities
from bert4ner.unlabelled.options import PseudoOptions


@dataclass(frozen=True)
class Judged:
    """A document with its labels and unsure spans, and its confidence."""

    document: Document
    confidence: float
    """The F1 of its labels that is to be expected; 1 where there was no candidate at all."""


def judged(found: Document, options: PseudoOptions, nesting: Nesting = "any") -> Judged:
    """What is made of a document with all its candidates, whose scores are probabilities.

    With p the probabilities of the candidates, labels are those of at least `sure`. Spans from `unsure` up are left
    open, and so are labels that overlap where `nesting` has none that do. The confidence is 2 * (sum of p of the
    labels) / (number of labels + sum of all p): F1 with the expected numbers of hits and of entities.

    Example:
        >>> from bert4ner.entities import Entity
        >>> spans = (Entity(0, 2, "A", 0.9), Entity(2, 4, "A", 0.5), Entity(4, 6, "A", 0.1))
        >>> result = judged(Document("d", "人参当归甘草", spans), PseudoOptions())
        >>> [len(spans) for spans in (result.document.entities, result.document.unsure)], result.confidence
        ([1, 1], 0.72)
    """
    chances = {entity: entity.score or 0.0 for entity in found.entities}
    likely = [entity for entity, chance in chances.items() if chance >= options.sure]
    clashing = _clashing(likely, nesting)
    labels = tuple(entity for entity in likely if entity not in clashing)
    unsure = tuple(
        entity
        for entity, chance in chances.items()
        if chance >= options.unsure and entity not in labels and not entity.fragments
    )
    total = len(labels) + sum(chances.values())
    confidence = 2 * sum(chances[entity] for entity in labels) / total if total else 1.0
    return Judged(Document(found.id, found.text, labels, unsure=unsure), round(confidence, 6))


def _clashing(entities: Sequence[Entity], nesting: Nesting) -> set[Entity]:
    """Those that share characters with others which they may not share any with."""
    if nesting == "any":
        return set()
    if nesting == "none":
        return overlapping_entities(entities)
    labels = {entity.label for entity in entities}
    of_labels = [overlapping_entities(entity for entity in entities if entity.label == label) for label in labels]
    return set().union(*of_labels)
