"""The results of `audit` as plain records, and the sentences that report suspicious ones. Computes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

from bert4ner.data.audit_mentions import ShortEnds
from bert4ner.data.audit_places import Place
from bert4ner.data.examples import first_of_each
from bert4ner.data.surfaces import Consistency, Leakage
from bert4ner.errors import shown
from bert4ner.phrases import Phrase, phrase

Candidate = tuple[str, int, Mapping[str, object]]
"""The key of a phrase, its count, its other values."""
NAMED = 5  # labels in a sentence


@dataclass(frozen=True)
class Duplicates:
    """Documents whose text repeats an earlier one, and texts among them with different annotations."""

    repeats: int
    conflicting: int
    conflicting_examples: list[list[str]]
    """Ids of documents with the same text and different entities."""


@dataclass(frozen=True)
class Overlaps:
    """Entities that share characters; one layer of tags cannot hold `lost_by_flat_tags` of them."""

    nested: int
    crossing: int
    same_span: int
    """Entities whose exact span has another label, too."""
    depth: int
    """0 where nothing is nested, 1 for entities in an entity, ..."""
    lost_by_flat_tags: int
    discontinuous: int = 0
    """Discontinuous entities."""


@dataclass(frozen=True)
class Oddities:
    """Unusual mentions and characters; `mentions` by what is odd, `characters` by code point."""

    mentions: dict[str, int]
    mention_examples: dict[str, list[str]]
    characters: dict[str, int]


@dataclass(frozen=True)
class VocabularyGaps:
    """Characters of the texts that the vocabulary lacks; white space is counted separately: no vocabulary holds it."""

    characters: int
    white_space: int
    lacking: int
    entities_touched: int
    most_frequent: list[tuple[str, int]]

    @property
    def share(self) -> float:
        """Share of unknown characters, white space not counted."""
        return self.lacking / self.characters if self.characters else 0.0


@dataclass(frozen=True)
class Sizes:
    """The size of the data set."""

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
    """Everything that `audit` found."""

    sizes: Sizes
    labels: dict[str, int]
    """Entities per label, the most frequent first."""
    commonest: dict[str, list[tuple[str, int]]]
    """The commonest mentions of each label, with their numbers."""
    short_ends: ShortEnds
    """Labels most of whose mentions look cut at the end."""
    rare_labels: dict[str, int]
    """Labels that occur in fewer documents than there are folds, with the number of documents."""
    alike_labels: list[str]
    """Labels that differ from another one only in punctuation, spaces, width or case, those alike side by side."""
    duplicates: Duplicates
    consistency: Consistency
    overlaps: Overlaps
    oddities: Oddities
    vocabulary: VocabularyGaps | None = None
    leakage: Leakage | None = None
    places: list[Place] = field(default_factory=list)
    """The places of everything suspicious."""

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values, for JSON."""
        result = asdict(self)
        result["consistency"]["share"] = self.consistency.share
        if self.vocabulary is not None:
            result["vocabulary"]["share"] = self.vocabulary.share
        return result

    def places_by_kind(self) -> dict[str, list[Place]]:
        """The places of each kind."""
        return first_of_each(((place.kind, place) for place in self.places), limit=len(self.places))

    def findings(self) -> list[Phrase]:
        """One line with its count for everything suspicious; empty if there is nothing."""
        sizes, vocabulary = self.sizes, self.vocabulary
        candidates: list[Candidate] = [
            ("audit.no.entity", 0 if sizes.entities else sizes.documents, {}),
            *_about_ends(self.short_ends),
            ("audit.long", sizes.longer_than_window, {"size": sizes.window_size}),
            ("audit.repeats", self.duplicates.repeats, {}),
            ("audit.conflicting", self.duplicates.conflicting, {}),
            ("audit.bare", self.consistency.bare, {"share": 1 - self.consistency.share}),
            ("audit.ambiguous", self.consistency.num_ambiguous, {}),
            ("audit.flat", self.overlaps.lost_by_flat_tags, {}),
            *(("audit.mentions", count, {"what": what}) for what, count in self.oddities.mentions.items()),
            ("audit.characters", sum(self.oddities.characters.values()), {}),
            ("audit.alike", len(self.alike_labels), {"labels": _named(self.alike_labels)}),
            ("audit.rare", len(self.rare_labels), {}),
            ("audit.vocabulary", vocabulary.lacking if vocabulary else 0, {"share": vocabulary and vocabulary.share}),
            ("audit.leakage", self.leakage.shared_texts if self.leakage else 0, {}),
        ]
        return [phrase(key, count=count, **values) for key, count, values in candidates if count]


def _about_ends(found: ShortEnds) -> list[Candidate]:
    """A sentence for each sign of inclusive ends, with the first labels."""
    signs = (("audit.one.short", found.one_short), ("audit.one.character", found.one_character))
    return [(key, len(labels), {"labels": _named(labels)}) for key, labels in signs]


def _named(labels: Iterable[str]) -> str:
    names = [shown(label)[1:-1] for label in labels]
    return ", ".join(names[:NAMED]) + (", …" if len(names) > NAMED else "")
