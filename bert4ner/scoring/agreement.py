"""What models agree on against the annotation: entities that all find and nobody annotated, and those that none finds.

The rule by which annotation is changed without anybody looking; `scoring.suspicion` ranks what somebody should see.
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
    """One entity to be added or removed, and what models say about it."""

    id: str
    """Of the document."""
    action: Literal["added", "removed"]
    entity: Entity
    """Without a score."""
    votes: int
    """How many models find it, on their own."""
    models: int
    """How many models did not learn from the document, and could find it."""
    probability: float
    """The mean of theirs."""


def agreed_changes(opinions: Iterable[Opinions], *, least_models: int) -> list[Change]:
    """What all models find that is not annotated is added, what none finds of the annotation is removed.

    Asked are all models that did not learn from the document and can find such an entity; where these are fewer than
    `least_models`, the annotation stays.
    """
    return [change for each in opinions for change in _changes_in(each, least_models)]


def _changes_in(opinions: Opinions, least_models: int) -> Iterable[Change]:
    annotated = set(opinions.document.entities)
    able = ~np.isnan(opinions.chances)  # (models, candidates)
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
    """The documents as changed, in their order; those without a change are the same objects."""
    by_id: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        by_id[change.id].append(change)
    return [_changed(document, by_id[document.id]) if document.id in by_id else document for document in documents]


def _changed(document: Document, changes: Sequence[Change]) -> Document:
    removed = {change.entity for change in changes if change.action == "removed"}
    added = [change.entity for change in changes if change.action == "added"]
    return replace(document, entities=(*(each for each in document.entities if each not in removed), *added))
