"""Applies a combination to what the members say about one text: which entities, with which scores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bert4ner.combine.learning import FloatArray, calibrate, stack
from bert4ner.combine.selection import select
from bert4ner.combine.span_rules import allowed
from bert4ner.combine.voting import vote, with_score
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.runs.combination import Combination


@dataclass(frozen=True)
class Evidence:
    """What the members say about one text."""

    document: Document
    """The text with all candidates."""
    chances: FloatArray
    """(members, candidates): the probability that each member gives them. Where members vote, the score of what each
    found itself, and NaN for what it did not find."""


def voiced(document: Document, found: Sequence[Sequence[Entity]]) -> Evidence:
    """The evidence to vote on: what each member found in a text."""
    candidates = sorted({entity for entities in found for entity in entities})
    numbers = {entity: number for number, entity in enumerate(candidates)}
    chances = np.full((len(found), len(candidates)), np.nan)
    for row, entities in zip(chances, found, strict=True):
        for entity in entities:
            row[numbers[entity]] = 1.0 if entity.score is None else entity.score
    return Evidence(Document(document.id, document.text, tuple(candidates)), chances)


def score_candidates(combination: Combination, evidence: Evidence) -> Document:
    """The text with those candidates that have votes enough and keep the rules, each with its score."""
    document = evidence.document
    entities, scores = _voted(combination, evidence) if combination.method == "vote" else _fused(combination, evidence)
    if combination.calibration is not None:
        scores = calibrate(combination.calibration, scores)
    scored = [with_score(entity, score) for entity, score in zip(entities, scores.tolist(), strict=True)]
    return replace(document, entities=tuple(allowed(combination.rule.spans, document, scored)))


def _voted(combination: Combination, evidence: Evidence) -> tuple[Sequence[Entity], FloatArray]:
    """Entities with votes enough and their scores (entities,)."""
    found = [
        [with_score(entity, score) for entity, score in zip(evidence.document.entities, row, strict=True) if score >= 0]
        for row in evidence.chances.tolist()
    ]
    entities = vote(
        found, quorum=combination.quorum, weights=combination.weights, label_quorum=combination.label_quorum
    )
    return entities, np.array([entity.score for entity in entities], dtype=np.float64)


def _fused(combination: Combination, evidence: Evidence) -> tuple[Sequence[Entity], FloatArray]:
    """All candidates and their probabilities (candidates,)."""
    entities, chances = evidence.document.entities, evidence.chances
    if combination.method == "probability":
        return entities, np.average(chances, axis=0, weights=combination.weights)
    if combination.stacker is None:
        raise ConfigError("stacking needs a fitted model; combine the runs with the documents they were made from")
    return entities, stack(combination.stacker, [entity.label for entity in entities], chances)


def select_entities(combination: Combination, scored: Document) -> Document:
    """The text with those of its scored candidates that are the result."""
    rule = combination.rule
    kept = select(scored.entities, threshold=rule.threshold, thresholds=combination.thresholds, nesting=rule.nesting)
    return replace(scored, entities=tuple(kept))
