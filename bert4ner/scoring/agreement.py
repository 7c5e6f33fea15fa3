"""Where models agree against the annotation: entities that all find and nobody annotated, and those that none finds.

This rule changes annotation without review; `scoring.suspicion` ranks what people should review.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from bert4ner.entities import Document, Entity
from bert4ner.scoring.suspicion import Opinions


@dataclass(frozen=True)
class Change:
    """One entity to add or remove, with the votes of the models."""

    id: str
    """The id of the document."""
    action: Literal["added", "removed"]
    entity: Entity
    """Without a score."""
    votes: int
    """The number of models that find it, each on its own."""
    models: int
    """The number of models that did not learn from the document, and could find it."""
    probability: float
    """The mean of their probabilities."""


def agreed_changes(opinions: Iterable[Opinions], *, least_models: int) -> list[Change]:
    """Adds entities that all models find but are not annotated, removes annotated entities that none finds.

    The models are those that did not learn from the document and can find such an entity; if they are fewer than
    `least_models`, the annotation stays.
    """
    return [change for each in opinions for change in _changes_in(each, least_models)]


def _changes_in(opinions: Opinions, least_models: int) -> Iterable[Change]:
    annotated = set(opinions.document.entities)
    able = ~np.isnan(opinions.scores)  # (models, candidates)
    asked = able.sum(axis=0).tolist()
    votes = (opinions.found & able).sum(axis=0).tolist()
    given = opinions.probabilities()
    for entity, models, count in zip(opinions.candidates, asked, votes, strict=True):
        if models < least_models or count != (0 if entity in annotated else models):
            continue
        action: Literal["added", "removed"] = "removed" if entity in annotated else "added"
        bare = replace(entity, score=None)
        yield Change(opinions.document.id, action, bare, count, models, given[entity])


def apply_changes(documents: Sequence[Document], changes: Iterable[Change]) -> list[Document]:
    """The documents with the changes, in order; documents without a change are the same objects."""
    by_id: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_id[change.id].append(change)
    return [_changed(document, by_id[document.id]) if document.id in by_id else document for document in documents]


def _changed(document: Document, changes: Sequence[Change]) -> Document:
    removed = {change.entity for change in changes if change.action == "removed"}
    added = [change.entity for change in changes if change.action == "added"]
    return replace(document, entities=(*(each for each in document.entities if each not in removed), *added))
