"""How likely a surface is an entity of each label, counted in annotated documents; a document may leave itself out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bert4ner.entities import Document
from bert4ner.text.surface_finder import SurfaceFinder

PRIOR = 0.5
"""Occurrences, none annotated, that every surface is credited with: what was seen once is believed less."""


@dataclass(frozen=True)
class Counts:
    """Counts of some surfaces in one text, or of all surfaces in all of them."""

    numbers: np.ndarray
    """Which surfaces, int64 (surfaces,)."""
    seen: np.ndarray
    """How often each occurs, annotated or not, float64 (surfaces,)."""
    annotated: np.ndarray
    """How often it is an entity of each label, float64 (surfaces, labels)."""

    def likelihood(self) -> np.ndarray:
        """The share of occurrences that are of each label, shrunk by `PRIOR`; float32 (surfaces, labels)."""
        share = self.annotated / (self.seen + PRIOR)[:, None]
        shares: np.ndarray = np.clip(share, 0, 1).astype(np.float32)
        return shares


@dataclass(frozen=True)
class Gazetteer:
    """The surfaces of the entities of some documents, with their counts.

    Attributes:
        surfaces: sorted; entities in several pieces have none.
        counts: of all surfaces, in all documents.
        by_text: of each text the surfaces in it; documents of the same text are one. Empty if it was read from a file.
    """

    labels: tuple[str, ...]
    surfaces: tuple[str, ...]
    counts: Counts
    by_text: dict[str, Counts] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, documents: Iterable[Document], labels: Sequence[str]) -> "Gazetteer":
        """Count in documents; one of weight w counts w times, one of weight 0 says of no surface what it is not."""
        documents = [document for document in documents if document.weight]
        surfaces = sorted({document.mention(e) for document in documents for e in document.entities if not e.fragments})
        finder = SurfaceFinder(surfaces)
        places = {surface: number for number, surface in enumerate(surfaces)}
        columns = {label: column for column, label in enumerate(labels)}
        seen: dict[str, Counter[int]] = defaultdict(Counter)
        annotated: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
        for document in documents:
            for _, _, number in finder.find(document.text):
                seen[document.text][number] += document.weight  # type: ignore[assignment]  # a Counter of floats
            for entity in document.entities:
                if not entity.fragments:
                    key = places[document.mention(entity)], columns[entity.label]
                    annotated[document.text][key] += document.weight  # type: ignore[assignment]
        by_text = {text: _counts(seen[text], annotated[text], len(columns)) for text in seen}
        return cls(tuple(labels), tuple(surfaces), _sum(by_text.values(), len(surfaces), len(columns)), by_text)

    def without(self, text: str) -> Counts | None:
        """The counts of the surfaces of a text in all other texts; None where the text was not among those counted."""
        own = self.by_text.get(text)
        if own is None:
            return None
        seen, annotated = self.counts.seen[own.numbers], self.counts.annotated[own.numbers]
        return Counts(own.numbers, seen - own.seen, annotated - own.annotated)

    def to_dict(self) -> dict[str, Any]:
        """What JSON holds of it: of each surface how often it occurs, and is an entity of which label."""
        rows = zip(self.surfaces, self.counts.seen.tolist(), self.counts.annotated.tolist(), strict=True)
        return {
            surface: [seen, {label: count for label, count in zip(self.labels, row, strict=True) if count}]
            for surface, seen, row in rows
        }

    @classmethod
    def from_dict(cls, described: dict[str, Any], labels: Sequence[str]) -> "Gazetteer":
        """What `to_dict` gave.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: it did not.
        """
        surfaces = sorted(described.keys())
        seen = np.array([float(described[surface][0]) for surface in surfaces])
        annotated = np.zeros((len(surfaces), len(labels)))
        for row, surface in zip(annotated, surfaces, strict=True):
            for label, count in described[surface][1].items():
                row[labels.index(label)] = float(count)
        return cls(tuple(labels), tuple(surfaces), Counts(np.arange(len(surfaces)), seen, annotated))


def _counts(seen: Counter[int], annotated: Counter[tuple[int, int]], labels: int) -> Counts:
    numbers = sorted(seen)
    rows = {number: row for row, number in enumerate(numbers)}
    table = np.zeros((len(numbers), labels))
    for (number, column), count in annotated.items():
        table[rows[number], column] = count
    return Counts(np.array(numbers, np.int64), np.array([seen[number] for number in numbers], np.float64), table)


def _sum(parts: Iterable[Counts], surfaces: int, labels: int) -> Counts:
    seen, annotated = np.zeros(surfaces), np.zeros((surfaces, labels))
    for part in parts:
        seen[part.numbers] += part.seen
        annotated[part.numbers] += part.annotated
    return Counts(np.arange(surfaces), seen, annotated)
