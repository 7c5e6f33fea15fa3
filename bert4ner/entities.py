"""The two words everything else speaks: `Entity` and `Document`. No file formats, no tokens, no scores over sets."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bert4ner.errors import DataError


@dataclass(frozen=True, order=True, slots=True)
class Entity:
    """A labelled span of characters, ``text[start:end]``: counted from 0, end exclusive.

    Two entities are equal when start, end and label agree: `score`, the probability that exactly this span with
    this label is right, says how sure somebody is, not which entity is meant.

    Raises:
        DataError: the span is empty, reversed or starts below 0, or the label is empty.
    """

    start: int
    end: int
    label: str
    score: float | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise DataError(
                f"entity {self.label!r} at [{self.start}, {self.end}): expected 0 <= start < end "
                "(characters from 0, end exclusive)"
            )
        if not self.label:
            raise DataError(f"entity at [{self.start}, {self.end}) has an empty label")


@dataclass(frozen=True, slots=True)
class Document:
    """One text with its gold or predicted entities, which are kept sorted by start, end and label.

    Raises:
        DataError: an entity ends outside the text, or the text holds what no tool can carry (see `check_text`).
    """

    id: str
    text: str
    entities: tuple[Entity, ...] = ()

    def __post_init__(self) -> None:
        check_text(self.text, where=f"document {self.id}")
        object.__setattr__(self, "entities", tuple(sorted(self.entities)))
        for entity in self.entities:
            if entity.end > len(self.text):
                raise DataError(
                    f"document {self.id}: entity {entity.label} at [{entity.start}, {entity.end}) ends outside "
                    f"the text of {len(self.text)} characters"
                )

    def mention(self, entity: Entity) -> str:
        """The characters that `entity` covers."""
        return self.text[entity.start : entity.end]


def overlapping_entities(entities: Iterable[Entity]) -> set[Entity]:
    """Those that share characters with another one of the same text: inside it, around it, or across its end."""
    found: set[Entity] = set()
    reaching: Entity | None = None                  # the one that reaches furthest so far
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


def sorted_labels(documents: "list[Document]") -> list[str]:
    """All labels that occur, sorted: a set has no order, a checkpoint needs one."""
    return sorted({entity.label for document in documents for entity in document.entities})
