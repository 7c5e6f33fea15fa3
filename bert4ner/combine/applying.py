"""Applies a combination to what the members found in one text: which entities to keep, with which scores."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bert4ner.combine.candidates import Evidence
from bert4ner.combine.learning import FloatArray, calibrate, stack
from bert4ner.combine.rescoring import rescore
from bert4ner.combine.selection import select
from bert4ner.combine.span_rules import allowed
from bert4ner.combine.voting import vote, with_score
from bert4ner.entities import Document, Entity
from bert4ner.errors import ConfigError
from bert4ner.runs.combination import Combination
from bert4ner.runs.rescorer import Rescorer


def score_candidates(combination: Combination, evidence: Evidence) -> Document:
    """The text with the candidates that have enough votes and satisfy the rules, each with its score."""
    document = evidence.document
    entities, scores = _voted(combination, evidence) if combination.method == "vote" else _fused(combination, evidence)
    if combination.calibration is not None:
        scores = calibrate(combination.calibration, scores)
    scored = [with_score(entity, score) for entity, score in zip(entities, scores.tolist(), strict=True)]
    return replace(document, entities=tuple(allowed(combination.rule.spans, document, scored)))


def _voted(combination: Combination, evidence: Evidence) -> tuple[Sequence[Entity], FloatArray]:
    """Entities with enough votes, and their scores (entities,)."""
    found = [
        [with_score(entity, score) for entity, score in zip(evidence.document.entities, row, strict=True) if score >= 0]
        for row in evidence.probabilities.tolist()
    ]
    entities = vote(
        found, quorum=combination.quorum, weights=combination.weights, label_quorum=combination.label_quorum
    )
    return entities, np.array([entity.score for entity in entities], dtype=np.float64)


def _fused(combination: Combination, evidence: Evidence) -> tuple[Sequence[Entity], FloatArray]:
    """All candidates and their probabilities (candidates,)."""
    entities, probabilities = evidence.document.entities, evidence.probabilities
    if combination.method == "probability":
        return entities, np.average(probabilities, axis=0, weights=combination.weights)
    model = combination.rescorer if combination.method == "rescoring" else combination.stacker
    if model is None:
        raise ConfigError(
            f"{combination.method} needs a fitted model; combine the runs with the documents they were made from"
        )
    if isinstance(model, Rescorer):
        return rescore(model, evidence)
    return entities, stack(model, [entity.label for entity in entities], probabilities)


def select_entities(combination: Combination, scored: Document) -> Document:
    """The text with the scored candidates that are selected as its entities."""
    rule = combination.rule
    kept = select(scored.entities, threshold=rule.threshold, thresholds=combination.thresholds, nesting=rule.nesting)
    return replace(scored, entities=tuple(kept))
