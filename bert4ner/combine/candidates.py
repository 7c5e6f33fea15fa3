"""The candidates in one text, and what the members of a combination say of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bert4ner.combine import context
from bert4ner.combine.learning import BoolArray, FloatArray
from bert4ner.entities import Document, Entity


@dataclass(frozen=True)
class Evidence:
    """What the members found in one text."""

    document: Document
    """The text with all candidates."""
    probabilities: FloatArray
    """(members, candidates): the probability that each member gives to each candidate. If members vote: the score
    of each candidate that a member found, and NaN for those it did not find."""
    proposed: BoolArray = field(default_factory=lambda: np.array(True))
    """Which candidates members found, or would be such at another occurrence of the same text, bool (candidates,);
    others are annotated texts. By default all."""

    @cached_property
    def surroundings(self) -> FloatArray:
        """What the document says about each candidate, (candidates, features); see `context`."""
        return context.surroundings(self.document, self.probabilities)


def voiced(document: Document, found: Sequence[Sequence[Entity]]) -> Evidence:
    """The evidence to vote on: what each member found in a text."""
    candidates = sorted({entity for entities in found for entity in entities})
    numbers = {entity: number for number, entity in enumerate(candidates)}
    probabilities = np.full((len(found), len(candidates)), np.nan)
    for row, entities in zip(probabilities, found, strict=True):
        for entity in entities:
            row[numbers[entity]] = 1.0 if entity.score is None else entity.score
    return Evidence(Document(document.id, document.text, tuple(candidates)), probabilities)
