"""The two words everything else speaks: `Entity` and `Document`. No file formats, no tokens, no scores over sets."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from bert4ner.errors import DataError

Nesting = Literal["any", "labels", "none"]
"""Which entities of one text may share characters: any, those of unlike labels only, or none."""
_MISTAKES = 1000  # annotations of which one that nests where others do not says nothing


@dataclass(frozen=True, order=True, slots=True, repr=False)
class Entity:
    """A labelled span of characters, ``text[start:end]``: counted from 0, end exclusive.

    Two entities are equal when start, end, label and fragments agree: `score`, the probability that exactly this span
    with this label is right, says how sure somebody is, not which entity is meant.

    An entity in several pieces (discontinuous) has them as `fragments`, each (start, end), in order and not touching;
    `start` is that of the first, `end` that of the last. All others have none.

    Raises:
        DataError: the span is empty, reversed or starts below 0, the label is empty, or the fragments are not as said.
    """

    start: int
    end: int
    label: str
    score: float | None = field(default=None, compare=False)
    fragments: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise DataError(
                f"entity {self.label!r} at [{self.start}, {self.end}): expected 0 <= start < end "
                "(characters from 0, end exclusive)"
            )
        if not self.label:
            raise DataError(f"entity at [{self.start}, {self.end}) has an empty label")
        if self.fragments:
            check_fragments(self.start, self.end, self.fragments, where=f"entity {self.label!r}")

    def __repr__(self) -> str:
        pieces = f", fragments={self.fragments!r}" if self.fragments else ""
        return f"Entity(start={self.start!r}, end={self.end!r}, label={self.label!r}, score={self.score!r}{pieces})"


@dataclass(frozen=True, slots=True)
class Document:
    """One text with its gold or predicted entities, which are kept sorted by start, end and label.

    `weight` says how much is to be learned from the document's annotation: training multiplies the loss of each of its
    windows by it. 0 is for documents whose annotation nobody knows. Scores count every document once, whatever its
    weight.

    `unsure` are spans that may be an entity of their label or not: training learns nothing from them. Where one of them
    contradicts an entity of the document, the entity holds.

    Raises:
        DataError: an entity or an unsure span ends outside the text, an unsure span is in several pieces, the text
            holds what no tool can carry (see `check_text`), or the weight is no finite number from 0 on.
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    weight: float = 1.0
    unsure: tuple[Entity, ...] = ()

    def __post_init__(self) -> None:
        check_text(self.text, where=f"document {self.id}")
        check_weight(self.weight, where=f"document {self.id}")
        object.__setattr__(self, "entities", tuple(sorted(self.entities)))
        object.__setattr__(self, "unsure", tuple(sorted(self.unsure)))
        for what, spans in (("entity", self.entities), ("unsure span", self.unsure)):
            for span in spans:
                if span.end > len(self.text):
                    raise DataError(
                        f"document {self.id}: {what} {span.label} at [{span.start}, {span.end}) ends outside "
                        f"the text of {len(self.text)} characters"
                    )
        pieces = next((span for span in self.unsure if span.fragments), None)
        if pieces is not None:
            raise DataError(f"document {self.id}: an unsure span must be in one piece, got {pieces}")

    def mention(self, entity: Entity) -> str:
        """The characters that `entity` covers; of one in several pieces, those of its pieces."""
        return "".join(self.text[start:end] for start, end in entity.fragments or [(entity.start, entity.end)])


def check_fragments(start: int, end: int, fragments: Sequence[tuple[int, int]], *, where: str) -> None:
    """Refuse pieces of an entity [start, end) that are not two or more, in order, apart, and from start to end.

    Raises:
        DataError: naming `where`.
    """
    edges = [edge for fragment in fragments for edge in fragment]
    ascending = all(one < other for one, other in pairwise(edges))
    if len(fragments) < 2 or not ascending or (edges[0], edges[-1]) != (start, end):
        raise DataError(
            f"{where}: expected two or more fragments in order, apart from each other, from {start} to {end}, "
            f"got {list(fragments)}"
        )


def overlapping_entities(entities: Iterable[Entity]) -> set[Entity]:
    """Those that share characters with another one of the same text: inside it, around it, or across its end.

    An entity in several pieces counts from its first character to its last.
    """
    found: set[Entity] = set()
    reaching: Entity | None = None  # the one that reaches furthest so far
    for entity in sorted(set(entities)):
        if reaching is not None and reaching.end > entity.start:
            found.update((reaching, entity))
        if reaching is None or entity.end > reaching.end:
            reaching = entity
    return found


def check_text(text: str, *, where: str) -> None:
    """Refuse what cannot be written as UTF-8 or carried by every format: unpaired surrogates and NUL.

    Raises:
        DataError: naming `where`, the offending character and its position.
    """
    nul = text.find("\x00")
    if nul >= 0:
        raise DataError(f"{where}: character {nul} is NUL (U+0000); remove it, no text tool carries it safely")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError(
            f"{where}: character {error.start} is the unpaired surrogate U+{ord(text[error.start]):04X}, which is no "
            "character; the text was cut inside an emoji or decoded wrongly. Re-export it as UTF-8"
        ) from None


def check_weight(weight: object, *, where: str) -> None:
    """Refuse a weight that is no finite number, at least 0.

    Raises:
        DataError: naming `where`.
    """
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not number or not 0 <= weight < math.inf:  # type: ignore[operator]  # a number, see above
        raise DataError(f"{where}: expected a finite number, at least 0, as weight, found {weight!r}")


def nesting_of(documents: "Sequence[Document]") -> tuple[Nesting, int]:
    """The strictest nesting that the entities of some documents keep to, and how many of them do not.

    Those are at most one in a thousand, mistakes perhaps.
    """
    total = overlapping = alike = 0
    for document in documents:
        found = overlapping_entities(document.entities)
        total += len(document.entities)
        overlapping += len(found)
        for label in {entity.label for entity in found}:
            alike += len(overlapping_entities(entity for entity in found if entity.label == label))
    if overlapping * _MISTAKES <= total:
        return "none", overlapping
    return ("labels", alike) if alike * _MISTAKES <= total else ("any", 0)


def sorted_labels(documents: "list[Document]") -> list[str]:
    """All labels that occur, sorted: a set has no order, a checkpoint needs one."""
    return sorted({entity.label for document in documents for entity in document.entities})
