"""What a format cannot hold is taken off documents before they are written, and counted. Knows no file format."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from bert4ner.data.format import Holds
from bert4ner.data.records import LINE_BREAK, flat_entities
from bert4ner.data.repairs import Repairs
from bert4ner.entities import Document, Entity


def holdable(documents: Iterable[Document], holds: Holds, losses: Repairs) -> Iterator[Document]:
    """The documents as a format can carry them, one in memory at a time; what is lost is counted in `losses`."""
    for document in documents:
        where = f"document {document.id}"
        entities = _entities(document.entities, holds, losses, where)
        losses.note("ids", where, count=not holds.ids)
        if not holds.scores:
            losses.note("scores", where, count=sum(entity.score is not None for entity in entities))
        losses.note("weights", where, count=not holds.weights and document.weight != 1)
        losses.note("unsure spans", where, count=0 if holds.unsure else len(document.unsure))
        if not document.text and not holds.empty_texts:
            losses.note("empty documents", where)
            continue
        text = document.text if holds.line_breaks else _in_one_line(document.text, losses, where)
        changed = len(entities) < len(document.entities) or text is not document.text
        yield replace(document, text=text, entities=entities) if changed else document


def _entities(entities: tuple[Entity, ...], holds: Holds, losses: Repairs, where: str) -> tuple[Entity, ...]:
    if not holds.fragments:
        whole = tuple(entity for entity in entities if not entity.fragments)
        losses.note("entities in several pieces", where, count=len(entities) - len(whole))
        entities = whole
    if not holds.entities:
        losses.note("entities", where, count=len(entities))
        return ()
    if not holds.nested:
        kept, lost = flat_entities(entities)
        losses.note("entities inside or across another (one layer of tags)", where, count=len(lost))
        entities = tuple(kept)
    return entities


def _in_one_line(text: str, losses: Repairs, where: str) -> str:
    """`text` with each character of a line break as a space, so that offsets stay."""
    losses.note("line breaks (written as spaces)", where, count=len(LINE_BREAK.findall(text)))
    return text.replace("\r", " ").replace("\n", " ")
