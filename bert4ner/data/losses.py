"""Removes what a format cannot hold from documents before they are written, and counts it. Knows no file format."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bert4ner.data.alignment import align
from bert4ner.data.format import Holds
from bert4ner.data.records import LINE_BREAK, flat_entities
from bert4ner.data.repairs import Repairs
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError, unquoted


def holdable(documents: Iterable[Document], holds: Holds, losses: Repairs) -> Iterator[Document]:
    """The documents as a format can hold them, one in memory at a time; losses are counted in `losses`."""
    for document in documents:
        where = f"document {unquoted(document.id)}"
        entities = _entities(document.entities, holds, losses, where)
        if not holds.places:
            _note_places(document.text, [(document.mention(each), each) for each in entities], losses, where)
        losses.note("ids", where, count=not holds.ids)
        if not holds.scores:
            losses.note("scores", where, count=sum(entity.score is not None for entity in entities))
        losses.note("weights", where, count=not holds.weights and document.weight != 1)
        losses.note("unsure spans", where, count=0 if holds.unsure else len(document.unsure))
        if not document.text and not holds.empty_texts:
            losses.note("empty documents", where)
            continue
        if document.text and not entities and not holds.blank_texts and not document.text.strip():
            losses.note("documents of white space alone", where)
            continue
        text = document.text if holds.line_breaks else _in_one_line(document.text, losses, where)
        changed = len(entities) < len(document.entities) or text is not document.text
        yield replace(document, text=text, entities=entities) if changed else document


def _entities(entities: tuple[Entity, ...], holds: Holds, losses: Repairs, where: str) -> tuple[Entity, ...]:
    if not holds.fragments:
        whole = tuple(entity for entity in entities if not entity.fragments)
        losses.note("discontinuous entities", where, count=len(entities) - len(whole))
        entities = whole
    if not holds.entities:
        losses.note("entities", where, count=len(entities))
        return ()
    if not holds.nested:
        kept, lost = flat_entities(entities)
        losses.note("entities inside or across another (one layer of tags)", where, count=len(lost))
        entities = tuple(kept)
    elif not holds.crossing:
        inside = _without_crossing(entities)
        losses.note("entities across another's end", where, count=len(entities) - len(inside))
        entities = inside
    return entities


def _without_crossing(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Entities that lie inside or apart from one another; of two that cross, the first one."""
    kept: list[Entity] = []
    around: list[Entity] = []
    for entity in sorted(entities, key=lambda each: (each.start, -each.end)):
        while around and around[-1].end <= entity.start:
            around.pop()
        if not around or entity.end <= around[-1].end:
            around.append(entity)
            kept.append(entity)
    return tuple(kept)


def _note_places(text: str, mentions: Sequence[tuple[str, Entity]], losses: Repairs, where: str) -> None:
    """Count the entities that cannot be found by their mentions, and the places found that are not entities."""
    try:
        spans = align(text, [(mention, entity.label) for mention, entity in mentions]).spans
    except DataError as problem:
        raise DataError(f"{where}: {problem}") from None
    found = {(span.start, span.end, span.label) for span in spans}
    there = {(entity.start, entity.end, entity.label) for _, entity in mentions}
    losses.note("places of entities that their mentions do not determine", where, count=len(found ^ there))


def _in_one_line(text: str, losses: Repairs, where: str) -> str:
    """`text` with each character of a line break replaced by a space, so that offsets stay."""
    losses.note("line breaks (written as spaces)", where, count=len(LINE_BREAK.findall(text)))
    return text.replace("\r", " ").replace("\n", " ")
