"""What an annotated data set holds, and everything in it that looks like a mistake: `audit`.

Counts and examples only. What is impossible rather than suspicious, the readers have refused before.
"""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from bert4ner.data.examples import first_of_each
from bert4ner.data.records import flat_entities
from bert4ner.data.surfaces import Consistency, Leakage, find_leakage, surface_consistency
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError

QUANTILES = {"min": 0.0, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9, "p99": 0.99, "max": 1.0}
EDGE_PUNCTUATION = "，。；、：,;:"
EXAMPLES = 20


@dataclass(frozen=True)
class Duplicates:
    """Documents whose text stands in an earlier one too, and texts among them that are annotated in several ways."""

    repeats: int
    conflicting: int
    conflicting_examples: list[list[str]]
    """Ids of documents with the same text and different entities."""


@dataclass(frozen=True)
class Overlaps:
    """Entities that share characters; one layer of tags must drop `lost_by_flat_tags` of them."""

    nested: int
    crossing: int
    same_span: int
    """Entities whose very span carries another label too."""
    depth: int
    """0 where nothing is nested, 1 for entities in an entity, ..."""
    lost_by_flat_tags: int
    discontinuous: int = 0
    """Entities in several pieces."""


@dataclass(frozen=True)
class Oddities:
    """Mentions and characters that are seldom meant; `mentions` by what is odd, `characters` by code point."""

    mentions: dict[str, int]
    mention_examples: dict[str, list[str]]
    characters: dict[str, int]


@dataclass(frozen=True)
class VocabularyGaps:
    """Characters of the texts that a vocabulary lacks; white space is counted apart, no vocabulary holds it."""

    characters: int
    white_space: int
    lacking: int
    entities_touched: int
    most_frequent: list[tuple[str, int]]

    @property
    def share(self) -> float:
        """Share of the characters, white space left out, that are unknown."""
        return self.lacking / self.characters if self.characters else 0.0


@dataclass(frozen=True)
class Sizes:
    """How much there is."""

    documents: int
    entities: int
    characters: int
    lengths: dict[str, int]
    """Quantiles of document length, in characters."""
    mention_lengths: dict[str, int]
    window_size: int
    longer_than_window: int


@dataclass(frozen=True)
class AuditReport:
    """Everything `audit` found."""

    sizes: Sizes
    labels: dict[str, int]
    """Entities per label, the most frequent first."""
    rare_labels: dict[str, int]
    """Labels that occur in fewer documents than there are folds, with the number of documents."""
    duplicates: Duplicates
    consistency: Consistency
    overlaps: Overlaps
    oddities: Oddities
    vocabulary: VocabularyGaps | None = None
    leakage: Leakage | None = None

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, for JSON."""
        result = asdict(self)
        result["consistency"]["share"] = self.consistency.share
        if self.vocabulary is not None:
            result["vocabulary"]["share"] = self.vocabulary.share
        return result

    def findings(self) -> list[str]:
        """One line, with its count, for everything suspicious; none where all is well."""
        candidates = [
            (self.sizes.longer_than_window, f"documents longer than a window of {self.sizes.window_size} characters"),
            (self.duplicates.repeats, "documents that repeat the text of an earlier one"),
            (self.duplicates.conflicting, "texts annotated in different ways"),
            (
                self.consistency.bare,
                f"occurrences of annotated mentions without annotation, {1 - self.consistency.share:.1%} of all",
            ),
            (self.consistency.num_ambiguous, "mentions with more than one label"),
            (
                self.overlaps.lost_by_flat_tags,
                "entities that one layer of tags cannot hold (nested, crossing or in several pieces)",
            ),
            *((count, f"mentions with {what}") for what, count in self.oddities.mentions.items()),
            (sum(self.oddities.characters.values()), "invisible or broken characters in the texts"),
            (len(self.rare_labels), "labels in fewer documents than there are folds"),
        ]
        if self.vocabulary is not None:
            lacking = f"characters that the vocabulary lacks, {self.vocabulary.share:.2%} of all"
            candidates.append((self.vocabulary.lacking, lacking))
        if self.leakage is not None:
            candidates.append((self.leakage.shared_texts, "texts of the second set that are in the first one too"))
        return [f"{what}: {count}" for count, what in candidates if count]


def audit(
    documents: Sequence[Document],
    *,
    window_size: int = 254,
    num_folds: int = 5,
    vocabulary: Collection[str] | None = None,
    other: Sequence[Document] | None = None,
) -> AuditReport:
    """Statistics of `documents` and everything suspicious in them.

    Args:
        documents: the data set.
        window_size: characters that the encoder takes at once.
        num_folds: folds of the cross-validation to come.
        vocabulary: tokens of the encoder; a character counts as known when it, or its small letter, is among them.
        other: a second set, held out say, to look for what the two share.

    Raises:
        DataError: there are no documents.
    """
    if not documents:
        raise DataError("empty data set; expected at least one document to audit, found none")
    labels = Counter(entity.label for document in documents for entity in document.entities)
    spread = Counter(label for document in documents for label in {entity.label for entity in document.entities})
    return AuditReport(
        sizes=_sizes(documents, window_size),
        labels=dict(sorted(labels.items(), key=lambda item: (-item[1], item[0]))),
        rare_labels={label: spread[label] for label in sorted(spread) if spread[label] < num_folds},
        duplicates=_duplicates(documents),
        consistency=surface_consistency(documents, num_examples=EXAMPLES),
        overlaps=_overlaps(documents),
        oddities=_oddities(documents),
        vocabulary=None if vocabulary is None else vocabulary_gaps(documents, vocabulary),
        leakage=None if other is None else find_leakage(documents, other),
    )


def _sizes(documents: Sequence[Document], window_size: int) -> Sizes:
    lengths = [len(document.text) for document in documents]
    mentions = [entity.end - entity.start for document in documents for entity in document.entities]
    return Sizes(
        documents=len(documents),
        entities=len(mentions),
        characters=sum(lengths),
        lengths=_quantiles(lengths),
        mention_lengths=_quantiles(mentions),
        window_size=window_size,
        longer_than_window=sum(length > window_size for length in lengths),
    )


def _quantiles(values: list[int]) -> dict[str, int]:
    if not values:
        return {}
    found = np.quantile(values, list(QUANTILES.values()), method="nearest")  # (quantiles,)
    return dict(zip(QUANTILES, map(int, found), strict=True))


def _duplicates(documents: Iterable[Document]) -> Duplicates:
    same_text: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        same_text[document.text].append(document)
    groups = [group for group in same_text.values() if len(group) > 1]
    conflicting = [group for group in groups if len({document.entities for document in group}) > 1]
    return Duplicates(
        repeats=sum(len(group) - 1 for group in groups),
        conflicting=len(conflicting),
        conflicting_examples=[[document.id for document in group] for group in conflicting[:EXAMPLES]],
    )


def _overlaps(documents: Sequence[Document]) -> Overlaps:
    nested = crossing = same_span = depth = lost = 0
    for document in documents:
        lost += len(flat_entities(document.entities)[1])
        spans = Counter((entity.start, entity.end) for entity in document.entities)
        same_span += sum(count for count in spans.values() if count > 1)
        open_spans: list[tuple[int, int, int]] = []  # start, end, depth
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            open_spans = [span for span in open_spans if span[1] > start]
            around = [span[2] for span in open_spans if span[1] >= end]
            crossed = len(around) < len(open_spans)
            own_depth = max(around) + 1 if around else 0
            nested += bool(around) * spans[start, end]
            crossing += crossed * spans[start, end]
            depth = max(depth, own_depth)
            open_spans.append((start, end, own_depth))
    pieces = sum(bool(entity.fragments) for document in documents for entity in document.entities)
    return Overlaps(nested, crossing, same_span, depth, lost, pieces)


def _oddities(documents: Iterable[Document]) -> Oddities:
    characters: Counter[str] = Counter()
    mentions: list[tuple[str, str]] = []  # what is odd, and where
    for document in documents:
        for character, count in Counter(document.text).items():
            if _is_suspicious(character):
                characters[f"U+{ord(character):04X}"] += count
        for entity in document.entities:
            shown = f"{document.id}: {document.mention(entity)!r}"
            mentions += [(what, shown) for what in _odd_about(document, entity)]
    counts = Counter(what for what, _ in mentions)
    return Oddities(dict(counts), first_of_each(mentions, limit=EXAMPLES), dict(characters.most_common()))


def _odd_about(document: Document, entity: Entity) -> Iterable[str]:
    mention = document.mention(entity)
    if mention != mention.strip():
        yield "white space at the edge"
    if mention[0] in EDGE_PUNCTUATION or mention[-1] in EDGE_PUNCTUATION:
        yield "punctuation at the edge"
    if "\n" in mention or "\r" in mention:
        yield "a line break"
    if any(map(_is_suspicious, mention)):
        yield "invisible or broken characters"


def _is_suspicious(character: str) -> bool:
    """Control, format (zero-width), private-use and unassigned characters, and the sign for a broken one."""
    if character in "\t\r\n":
        return False
    return character == "\ufffd" or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn")


def vocabulary_gaps(documents: Iterable[Document], vocabulary: Collection[str]) -> VocabularyGaps:
    """What `vocabulary` lacks of the characters in `documents`."""
    known = vocabulary if isinstance(vocabulary, set | frozenset | dict) else set(vocabulary)
    counts: Counter[str] = Counter()
    touched = 0
    for document in documents:
        counts.update(document.text)
        here = {c for c in set(document.text) if not c.isspace() and c not in known and c.lower() not in known}
        if here:
            touched += sum(not here.isdisjoint(document.mention(entity)) for entity in document.entities)
    white_space = sum(count for character, count in counts.items() if character.isspace())
    lacking = Counter(
        {c: n for c, n in counts.items() if not c.isspace() and c not in known and c.lower() not in known}
    )
    return VocabularyGaps(
        characters=counts.total() - white_space,
        white_space=white_space,
        lacking=lacking.total(),
        entities_touched=touched,
        most_frequent=lacking.most_common(EXAMPLES),
    )
