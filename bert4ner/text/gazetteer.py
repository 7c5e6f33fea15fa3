"""The probability that a surface is an entity of each label, from annotated documents; one can be left out."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from bert4ner.entities import Document
from bert4ner.errors import shown
from bert4ner.schema import Finite, Misfit
from bert4ner.text.surface_finder import SurfaceFinder

Occurrences = tuple[Finite, Mapping[str, Finite]]
"""How often a surface occurs, and how often as an entity of each label; weights of documents count."""
PRIOR = 0.5
"""Additional occurrences of every surface that are not annotated: rare surfaces get lower probabilities."""


@dataclass(frozen=True)
class Counts:
    """Counts of some surfaces in one text, or of all surfaces in all texts."""

    numbers: np.ndarray
    """The numbers of the surfaces, int64 (surfaces,)."""
    seen: np.ndarray
    """The number of occurrences of each, annotated or not, float64 (surfaces,)."""
    annotated: np.ndarray
    """How often each is an entity of each label, float64 (surfaces, labels)."""

    def likelihood(self) -> np.ndarray:
        """The share of occurrences with each label, shrunk by `PRIOR`; float32 (surfaces, labels)."""
        share = self.annotated / (self.seen + PRIOR)[:, None]
        shares: np.ndarray = np.clip(share, 0, 1).astype(np.float32)
        return shares


@dataclass(frozen=True)
class Gazetteer:
    """The surfaces of the entities of some documents, with their counts.

    Attributes:
        surfaces: sorted; discontinuous entities have none.
        counts: of all surfaces, in all documents.
        by_text: the surfaces in each text; documents with the same text are one. Empty if it was read from a file.
    """

    labels: tuple[str, ...]
    surfaces: tuple[str, ...]
    counts: Counts
    by_text: dict[str, Counts] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, documents: Iterable[Document], labels: Sequence[str]) -> "Gazetteer":
        """Count documents; weight w counts w times, weight 0 does not count where a surface is not an entity."""
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

    @cached_property
    def finder(self) -> SurfaceFinder:
        """Finds the surfaces; their numbers are those of the counts."""
        return SurfaceFinder(self.surfaces)

    @cached_property
    def places(self) -> dict[str, int]:
        """The number of each surface."""
        return {surface: number for number, surface in enumerate(self.surfaces)}

    def without_texts(self, texts: Iterable[str]) -> "Gazetteer":
        """The same surfaces, counted in all other texts."""
        left_out = set(texts)
        by_text = {text: counts for text, counts in self.by_text.items() if text not in left_out}
        counts = _sum(by_text.values(), len(self.surfaces), len(self.labels))
        other = replace(self, counts=counts, by_text=by_text)
        other.__dict__.update(finder=self.finder, places=self.places)  # the surfaces are the same
        return other

    def without(self, text: str) -> Counts | None:
        """The counts of a text's surfaces in all other texts; None if the text was not counted."""
        own = self.by_text.get(text)
        if own is None:
            return None
        seen, annotated = self.counts.seen[own.numbers], self.counts.annotated[own.numbers]
        return Counts(own.numbers, seen - own.seen, annotated - own.annotated)

    def to_dict(self) -> dict[str, Occurrences]:
        """The content for JSON: how often each surface occurs, and how often it is an entity of each label."""
        rows = zip(self.surfaces, self.counts.seen.tolist(), self.counts.annotated.tolist(), strict=True)
        return {
            surface: (seen, {label: count for label, count in zip(self.labels, row, strict=True) if count})
            for surface, seen, row in rows
        }

    @classmethod
    def restore(cls, kept: Mapping[str, Occurrences], labels: Sequence[str]) -> "Gazetteer":
        """The gazetteer that `to_dict` described."""
        surfaces = sorted(kept)
        seen = np.array([float(kept[surface][0]) for surface in surfaces])
        annotated = np.zeros((len(surfaces), len(labels)))
        for row, surface in zip(annotated, surfaces, strict=True):
            for label, count in kept[surface][1].items():
                row[labels.index(label)] = float(count)
        return cls(tuple(labels), tuple(surfaces), Counts(np.arange(len(surfaces)), seen, annotated))


def check_occurrences(kept: Mapping[str, Occurrences], labels: Sequence[str]) -> None:
    """Refuse counts of other labels.

    Raises:
        Misfit: a label is not among those given.
    """
    known = set(labels)
    for surface, (_, annotated) in kept.items():
        if not annotated.keys() <= known:
            raise Misfit(
                f"{shown(surface)}: expected counts by label ({shown([*labels])}), found {shown([*annotated])}"
            )


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
