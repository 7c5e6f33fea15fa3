"""What `audit` finds, as plain records, and the sentences that say what of it is suspicious. Finds nothing itself."""

from dataclasses import asdict, dataclass, field

from bert4ner.data.audit_places import Place
from bert4ner.data.examples import first_of_each
from bert4ner.data.surfaces import Consistency, Leakage


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
    places: list[Place] = field(default_factory=list)
    """Where all of it stands."""

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values, for JSON."""
        result = asdict(self)
        result["consistency"]["share"] = self.consistency.share
        if self.vocabulary is not None:
            result["vocabulary"]["share"] = self.vocabulary.share
        return result

    def places_by_kind(self) -> dict[str, list[Place]]:
        """Where each kind of finding stands."""
        return first_of_each(((place.kind, place) for place in self.places), limit=len(self.places))

    def findings(self) -> list[str]:
        """One line, with its count, for everything suspicious; none where all is well."""
        candidates = [
            (
                0 if self.sizes.entities else self.sizes.documents,
                "no entity anywhere: annotation that the format did not show, or none; documents",
            ),
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
