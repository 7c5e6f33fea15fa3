"""The places of everything that `audit` counts: the document, the offsets in it, and the text around them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bert4ner.data.oddities import is_suspicious, odd_about, spread_of_labels, what_is_lacked
from bert4ner.data.records import flat_entities
from bert4ner.data.surfaces import bare_occurrences, labels_of_surfaces
from bert4ner.entities import Document, Entity
from bert4ner.phrases import phrase

CONTEXT = 12  # characters on each side


@dataclass(frozen=True)
class Place:
    """One suspicious place: `text[start:end]` of the document, or the whole document if there are no offsets."""

    kind: str
    id: str
    start: int
    end: int
    before: str
    """A few characters before it."""
    text: str
    after: str
    note: str = ""
    """A further detail: a label, another document."""


@dataclass(frozen=True)
class Suspicions:
    """The criteria; `audit` explains them."""

    window_size: int
    num_folds: int
    vocabulary: Collection[str] | None = None
    other: Sequence[Document] | None = None


def find_places(documents: Sequence[Document], options: Suspicions) -> list[Place]:
    """Every place, by kind and in the order of the documents.

    A character that the vocabulary lacks is listed once per document.
    """
    return [
        *_about_texts(documents, options),
        *_about_mentions(documents),
        *_about_entities(documents, options),
        *_about_characters(documents, options),
    ]


def _place(kind: str, document: Document, start: int, end: int, note: str = "") -> Place:
    text = document.text
    before, after = text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]
    return Place(kind, document.id, start, end, before, text[start:end], after, note)


def _of_entity(kind: str, document: Document, entity: Entity, note: str = "") -> Place:
    return _place(kind, document, entity.start, entity.end, note or entity.label)


def _about_texts(documents: Sequence[Document], options: Suspicions) -> Iterator[Place]:
    for document in documents:
        if len(document.text) > options.window_size:
            length = phrase("place.note.length", count=len(document.text))
            yield _place(phrase("place.long"), document, options.window_size, options.window_size, length)
    first: dict[str, Document] = {}
    repeats = [(each, earlier) for each in documents if (earlier := first.setdefault(each.text, each)) is not each]
    for document, earlier in repeats:
        yield _place(phrase("place.repeats"), document, 0, 0, phrase("place.note.repeats", id=earlier.id))
    for document, earlier in repeats:
        different = sorted(set(document.entities) ^ set(earlier.entities))
        if different:
            side = document if different[0] in document.entities else earlier
            words = {"label": different[0].label, "side": side.id, "id": earlier.id}
            note = phrase("place.note.conflicting", **words)
            yield _of_entity(phrase("place.conflicting"), document, different[0], note)
    known = {each.text for each in options.other or ()}
    for document in documents:
        if document.text in known:
            yield _place(phrase("place.shared"), document, 0, 0)


def _about_mentions(documents: Sequence[Document]) -> Iterator[Place]:
    labels = labels_of_surfaces(documents)
    for document, start, mention in bare_occurrences(documents, labels):
        counts = ", ".join(f"{label} {count}" for label, count in labels[mention].most_common())
        note = phrase("place.note.bare", labels=counts)
        yield _place(phrase("place.bare"), document, start, start + len(mention), note)
    for document in documents:
        for entity in document.entities:
            usual, _ = labels[document.mention(entity)].most_common(1)[0]
            if entity.label != usual:
                note = phrase("place.note.unusual", label=entity.label, usual=usual)
                yield _of_entity(phrase("place.unusual"), document, entity, note)


def _about_entities(documents: Sequence[Document], options: Suspicions) -> Iterator[Place]:
    for document in documents:
        for entity in flat_entities(document.entities)[1]:
            yield _of_entity(phrase("place.flat"), document, entity)
    spread = spread_of_labels(documents)
    for document in documents:
        for entity in document.entities:
            for what in odd_about(document, entity):
                yield _of_entity(phrase("place.mention", what=what), document, entity)
    for document in documents:
        for entity in document.entities:
            if spread[entity.label] < options.num_folds:
                note = phrase("place.note.rare", label=entity.label, count=spread[entity.label])
                yield _of_entity(phrase("place.rare"), document, entity, note)


def _about_characters(documents: Sequence[Document], options: Suspicions) -> Iterator[Place]:
    for document in documents:
        for position, character in enumerate(document.text):
            if is_suspicious(character):
                kind = phrase("place.character")
                yield _place(kind, document, position, position + 1, f"U+{ord(character):04X}")
    if options.vocabulary is None:
        return
    lacks = what_is_lacked(options.vocabulary)
    for document in documents:
        for character in dict.fromkeys(document.text):
            if lacks(character):
                position = document.text.index(character)
                yield _place(phrase("place.vocabulary"), document, position, position + 1)
