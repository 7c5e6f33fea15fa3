"""The two central types: `Entity` and `Document`. No file formats, no tokens, no scores over sets."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from bert4ner.document_ids import Slots, kept_in_slots
from bert4ner.errors import DataError, nearest, received, shown, unquoted
from bert4ner.given import as_pairs, as_real, as_tuple, as_whole, made_of
from bert4ner.showing import marked_html

Nesting = Literal["any", "labels", "none"]
"""Which entities of one text may share characters: any, only those with different labels, or none."""
_MISTAKES = 1000  # one entity among so many that nests where the others do not is taken for a mistake


@dataclass(frozen=True, order=True, slots=True, repr=False)
class Entity:
    """A labelled span of characters, ``text[start:end]``: counted from 0, end exclusive.

    Two entities are equal when start, end, label and fragments agree: `score`, the probability that exactly this span
    with this label is right, states a confidence and does not identify the entity.

    A discontinuous entity has `fragments`, each (start, end), in order and not touching. `start` is the start of the
    first one, its `end` the end of the last one. All other entities have no fragments.

    Offsets and scores from numpy become plain Python numbers.

    Args:
        start: offset of the first character.
        end: offset after the last character.
        label: the type, such as "DRUG".
        score: probability from 0 to 1; None for gold entities.
        fragments: the (start, end) of each fragment of a discontinuous entity.

    Raises:
        DataError: the span is empty, reversed or starts below 0, the label is empty, the fragments break these rules,
            or a value has another type.

    Example:
        >>> from bert4ner import Entity
        >>> entity = Entity(0, 2, "DRUG", score=0.9)
        >>> "人参治头痛"[entity.start : entity.end]
        '人参'
        >>> entity == Entity(0, 2, "DRUG")
        True
    """

    start: int
    end: int
    label: str
    score: float | None = field(default=None, compare=False)
    fragments: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if type(self.start) is not int or type(self.end) is not int or type(self.label) is not str:
            object.__setattr__(self, "start", as_whole(self.start, "start", self))
            object.__setattr__(self, "end", as_whole(self.end, "end", self))
            if not isinstance(self.label, str):
                raise DataError(f"{self}: expected a string as label, got {received(self.label)}")
        if self.score is not None and type(self.score) not in (float, int):
            object.__setattr__(self, "score", as_real(self.score, "score", self))
        if not 0 <= self.start < self.end:
            raise DataError(
                f"entity {shown(self.label)} at [{self.start}, {self.end}): expected 0 <= start < end "
                "(characters from 0, end exclusive)"
            )
        if not self.label:
            raise DataError(f"entity at [{self.start}, {self.end}) has an empty label")
        if self.fragments:
            object.__setattr__(self, "fragments", as_pairs(self.fragments, "fragments", self))
            check_fragments(self.start, self.end, self.fragments, where=f"entity {shown(self.label)}")

    def __repr__(self) -> str:
        pieces = f", fragments={self.fragments!r}" if self.fragments else ""
        return f"Entity(start={self.start!r}, end={self.end!r}, label={self.label!r}, score={self.score!r}{pieces})"


@kept_in_slots
@dataclass(frozen=True)
class Document(Slots):
    """One text with its gold or predicted entities, sorted by start, end and label.

    `weight` says how much to learn from the document's annotation: training multiplies the loss of each of its windows
    by it. Use 0 for documents whose annotation is unknown. Scores count every document once, whatever its weight.

    `unsure` are spans that may or may not be an entity with their label: training learns nothing from them. Where one
    contradicts an entity of the document, the entity wins.

    Args:
        id: a name that no other document of the same data has.
        text: the text; offsets count its characters.
        entities: gold or predicted ones.
        weight: factor of the loss, 0 or more.
        unsure: spans that the loss ignores.

    Raises:
        DataError: an entity or an unsure span ends outside the text, an unsure span is discontinuous, the text contains
            what no tool can carry (see `check_text`), the weight is not a finite number of at least 0, or a value has
            another type; the message names its place.

    Example:
        >>> from bert4ner import Document, Entity
        >>> document = Document("leaflet-1", "人参治头痛", (Entity(3, 5, "SYMPTOM"), Entity(0, 2, "DRUG")))
        >>> [(entity.label, document.mention(entity)) for entity in document.entities]
        [('DRUG', '人参'), ('SYMPTOM', '头痛')]
    """

    __slots__ = ()
    id: str
    text: str
    entities: tuple[Entity, ...] = ()
    weight: float = 1.0
    unsure: tuple[Entity, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.id, str):
            raise DataError(f"expected a string as a document's id, got {received(self.id)}")
        where = f"document {unquoted(self.id)}"
        check_text(self.text, where=where)
        check_weight(self.weight, where=where)
        for name, what in (("entities", "entity"), ("unsure", "unsure span")):
            given = getattr(self, name)
            if type(given) is tuple and not given:
                continue  # most documents of a large file of texts
            spans = tuple(sorted(as_tuple(given, Entity, f"{where}: {name}")))
            object.__setattr__(self, name, spans)
            for span in spans:
                if span.end > len(self.text):
                    raise DataError(
                        f"{where}: {what} {unquoted(span.label)} at [{span.start}, {span.end}) ends outside "
                        f"the text of {len(self.text)} characters"
                    )
        pieces = next((span for span in self.unsure if span.fragments), None)
        if pieces is not None:
            raise DataError(f"{where}: an unsure span must not be discontinuous, got {shown(pieces)}")

    def __reduce__(self) -> tuple[type["Document"], tuple[object, ...]]:
        return Document, (self.id, self.text, self.entities, self.weight, self.unsure)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Document":
        """A document from the object in a line of the format jsonl: text, and optionally id, entities, weight, unsure.

        Entities are mappings with start, end, label, and optionally score and fragments; or sequences in that order; or
        `Entity` objects. A document without an id gets one made from its text, the same in every process.

        Example:
            >>> document = Document.from_dict({"text": "头晕", "entities": [{"start": 0, "end": 2, "label": "症状"}]})
            >>> document.entities
            (Entity(start=0, end=2, label='症状', score=None),)

        Raises:
            DataError: the text is missing, a key is unknown, or as for the class.
        """
        if not isinstance(values, Mapping):
            raise DataError(f"expected a dict that describes a document, got {received(values)}")
        known = ("id", "text", "entities", "weight", "unsure")
        unknown = next((key for key in values if key not in known), None)
        if unknown is not None or "text" not in values:
            found = "no 'text'" if unknown is None else f"{shown(unknown)}{nearest(str(unknown), known)}"
            raise DataError(f"expected a document with {', '.join(known)} (text is required); found {found}")
        check_text(values["text"], where="text of a document")
        spans = {
            name: tuple(made_of(each, Entity, f"{name}[{place}]") for place, each in enumerate(values[name]))
            for name in ("entities", "unsure")
            if isinstance(values.get(name), list | tuple)
        }
        made = "text-" + hashlib.sha256(values["text"].encode("utf-8")).hexdigest()[:12]
        given = {name: value for name, value in values.items() if value is not None}
        return cls(**{"id": made, **given, **spans})

    def mention(self, entity: Entity) -> str:
        """The characters that `entity` covers; the joined fragments of a discontinuous entity."""
        return "".join(self.text[start:end] for start, end in entity.fragments or [(entity.start, entity.end)])

    def _repr_html_(self) -> str:
        """The notebook display: the text with its entities highlighted."""
        return marked_html(
            self.text, [(each.fragments or ((each.start, each.end),), each.label) for each in self.entities]
        )


def check_fragments(start: int, end: int, fragments: Sequence[tuple[int, int]], *, where: str) -> None:
    """Refuse fragments of an entity [start, end) unless there are two or more, in order, apart, from start to end.

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
    """The entities that share characters with another one of the same text: inside it, around it, or across its end.

    A discontinuous entity counts from its first character to its last.
    """
    found: set[Entity] = set()
    reaching: Entity | None = None  # the one that ends last so far
    for entity in sorted(set(entities)):
        if reaching is not None and reaching.end > entity.start:
            found.update((reaching, entity))
        if reaching is None or entity.end > reaching.end:
            reaching = entity
    return found


def check_text(text: str, *, where: str) -> None:
    """Refuse text that UTF-8 or some format cannot hold: unpaired surrogates and NUL; and values that are not strings.

    Raises:
        DataError: naming `where`, the offending character and its position.
    """
    if not isinstance(text, str):
        raise DataError(f"{where}: expected the text as a string, got {received(text)}")
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
    """Refuse a weight that is not a finite number of at least 0.

    Raises:
        DataError: naming `where`.
    """
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if not number or not 0 <= weight < math.inf:  # type: ignore[operator]  # a number, see above
        raise DataError(f"{where}: expected a finite number, at least 0, as weight, found {shown(weight)}")


def nesting_of(documents: "Sequence[Document]") -> tuple[Nesting, int]:
    """The strictest nesting that the documents' entities keep to, and how many entities break it.

    At most one entity in a thousand breaks it; these may be mistakes.
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


def sorted_labels(documents: "Iterable[Document]") -> list[str]:
    """All labels that occur, sorted: a set has no order, but a checkpoint needs one."""
    return sorted({entity.label for document in documents for entity in document.entities})
