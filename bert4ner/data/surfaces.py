"""Whether the same text is annotated consistently: everywhere, with one label, and not in two sets at once.

A surface is the text of a mention. Pure functions over documents, for `audit`; nothing here changes annotation.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bert4ner.entities import Document

CLAUSE = re.compile(r"[^。！？；，,;!?\r\n]+")
CLAUSE_LENGTH = 8  # characters; shorter clauses occur in any two texts
CJK = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+")


@dataclass(frozen=True)
class Surface:
    """How often a surface is annotated, and how often it occurs in a text where no entity touches it."""

    surface: str
    annotated: int
    bare: int
    labels: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Consistency:
    """Annotated and bare occurrences, and the worst surfaces; `ambiguous` counts surfaces with several labels."""

    num_surfaces: int
    annotated: int
    bare: int
    bare_examples: list[Surface]
    num_ambiguous: int
    ambiguous_examples: list[Surface]

    @property
    def share(self) -> float:
        """Share of the occurrences that are annotated, 1 if there are none."""
        return self.annotated / (self.annotated + self.bare) if self.annotated + self.bare else 1.0


@dataclass(frozen=True)
class Leakage:
    """What a second set (e.g. held out) shares with the first one; all shares are between 0 and 1."""

    num_documents: int
    shared_texts: int
    num_clauses: int
    shared_clauses: int
    num_entities: int
    known_entities: int
    """Entities whose mention has the same label in the first set."""


def surface_consistency(documents: Sequence[Document], *, num_examples: int = 20) -> Consistency:
    """Surfaces annotated here and not there, and surfaces with several labels.

    Only surfaces of at least three characters, or two Chinese ones, are searched for: shorter ones occur by accident.
    An occurrence is bare if no entity touches it; if several surfaces fit, the longest one counts.
    """
    labels = labels_of_surfaces(documents)
    bare = Counter(surface for _, _, surface in bare_occurrences(documents, labels))
    watched = {surface: sum(labels[surface].values()) for surface in labels if _is_long(surface)}
    ambiguous = [surface for surface in labels if len(labels[surface]) > 1]

    def describe(surfaces: list[str]) -> list[Surface]:
        return [Surface(s, labels[s].total(), bare[s], dict(labels[s].most_common())) for s in surfaces[:num_examples]]

    ambiguous.sort(key=lambda surface: (-_minority(labels[surface]), surface))
    return Consistency(
        num_surfaces=len(labels),
        annotated=sum(watched.values()),
        bare=bare.total(),
        bare_examples=describe(sorted(bare, key=lambda surface: (-bare[surface], surface))),
        num_ambiguous=len(ambiguous),
        ambiguous_examples=describe(ambiguous),
    )


def labels_of_surfaces(documents: Iterable[Document]) -> dict[str, Counter[str]]:
    """For each surface, how often it is annotated with each label."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for entity in document.entities:
            labels[document.mention(entity)][entity.label] += 1
    return labels


def _minority(counts: Counter[str]) -> int:
    """Annotations with another label than the usual one."""
    return counts.total() - max(counts.values())


def _is_long(surface: str) -> bool:
    return len(surface) >= 3 or (len(surface) == 2 and CJK.fullmatch(surface) is not None)


def _index(surfaces: Iterable[str]) -> dict[str, list[str]]:
    """Surfaces by their first two characters, the longest first: one look-up shows that none begins here."""
    index: dict[str, list[str]] = defaultdict(list)
    for surface in sorted(surfaces, key=lambda each: (-len(each), each)):
        if _is_long(surface):
            index[surface[:2]].append(surface)
    return dict(index)


def bare_occurrences(documents: Iterable[Document], surfaces: Iterable[str]) -> Iterator[tuple[Document, int, str]]:
    """Occurrences of a surface that no entity touches: document, start, surface."""
    index = _index(surfaces)
    return ((document, *found) for document in documents for found in _bare_in(document, index))


def _bare_in(document: Document, index: dict[str, list[str]]) -> Iterator[tuple[int, str]]:
    for start, end in _gaps(document):
        position = start
        while position < end - 1:
            step = 1
            for surface in index.get(document.text[position : position + 2], ()):
                if position + len(surface) <= end and document.text.startswith(surface, position):
                    yield position, surface
                    step = len(surface)
                    break
            position += step


def _gaps(document: Document) -> Iterator[tuple[int, int]]:
    """The parts of the text that no entity covers."""
    reached = 0
    for entity in document.entities:
        if entity.start > reached:
            yield reached, entity.start
        reached = max(reached, entity.end)
    yield reached, len(document.text)


def find_leakage(documents: Sequence[Document], other: Sequence[Document]) -> Leakage:
    """What `other` shares with `documents`: whole texts, clauses of at least eight characters, labelled mentions."""
    texts = {document.text for document in documents}
    clauses = {clause for document in documents for clause in _clauses(document.text)}
    known = {(document.mention(entity), entity.label) for document in documents for entity in document.entities}
    other_clauses = [clause for document in other for clause in _clauses(document.text)]
    mentions = [(document.mention(entity), entity.label) for document in other for entity in document.entities]
    return Leakage(
        num_documents=len(other),
        shared_texts=sum(document.text in texts for document in other),
        num_clauses=len(other_clauses),
        shared_clauses=sum(clause in clauses for clause in other_clauses),
        num_entities=len(mentions),
        known_entities=sum(mention in known for mention in mentions),
    )


def _clauses(text: str) -> Iterator[str]:
    for match in CLAUSE.finditer(text):
        clause = match.group().strip()
        if len(clause) >= CLAUSE_LENGTH:
            yield clause
