"""Candidates with probabilities -> pseudo-labels, unsure spans, and the confidence in both. No models here."""

from collections.abc import Sequence
from dataclasses import dataclass

from bert4ner.entities import Document, Entity, Nesting, overlapping_entities
from bert4ner.unlabelled.options import PseudoOptions


@dataclass(frozen=True)
class Selected:
    """A document with its pseudo-labels and unsure spans, and its confidence."""

    document: Document
    confidence: float
    """The expected F1 of its labels; 1 if there was no candidate at all."""


def select_labels(found: Document, options: PseudoOptions, nesting: Nesting = "any") -> Selected:
    """Turn a document with all its candidates, whose scores are probabilities, into pseudo-labels.

    Let p be the probability of a candidate. Candidates with p of at least `sure` become labels. Those with p of at
    least `unsure` become unsure spans, and so do labels that overlap against `nesting`. The confidence is
    2 * (sum of p of the labels) / (number of labels + sum of all p): F1 with the expected numbers of hits and entities.

    Example:
        >>> from bert4ner.entities import Entity
        >>> spans = (Entity(0, 2, "A", 0.9), Entity(2, 4, "A", 0.5), Entity(4, 6, "A", 0.1))
        >>> result = select_labels(Document("d", "人参当归甘草", spans), PseudoOptions(sure=0.9))
        >>> [len(spans) for spans in (result.document.entities, result.document.unsure)], result.confidence
        ([1, 1], 0.72)
    """
    probabilities = {entity: entity.score or 0.0 for entity in found.entities}
    likely = [entity for entity, probability in probabilities.items() if probability >= options.sure]
    clashing = _clashing(likely, nesting)
    labels = tuple(entity for entity in likely if entity not in clashing)
    unsure = tuple(
        entity
        for entity, probability in probabilities.items()
        if probability >= options.unsure and entity not in labels and not entity.fragments
    )
    total = len(labels) + sum(probabilities.values())
    confidence = 2 * sum(probabilities[entity] for entity in labels) / total if total else 1.0
    return Selected(Document(found.id, found.text, labels, unsure=unsure), round(confidence, 6))


def _clashing(entities: Sequence[Entity], nesting: Nesting) -> set[Entity]:
    """Entities that overlap others although `nesting` forbids it."""
    if nesting == "any":
        return set()
    if nesting == "none":
        return overlapping_entities(entities)
    labels = {entity.label for entity in entities}
    of_labels = [overlapping_entities(entity for entity in entities if entity.label == label) for label in labels]
    return set().union(*of_labels)
