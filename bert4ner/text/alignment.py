"""Aligns entities and unsure spans with the tokens of windows; collects and reports once those that do not fit."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bert4ner.config import WindowConfig
from bert4ner.entities import Document, Entity
from bert4ner.text.token_places import Encoding, token_span
from bert4ner.text.token_spans import TokenSpan
from bert4ner.text.windows import Window, window_entities

logger = logging.getLogger(__name__)
FITS_NO_WINDOW = "fits no window"
NO_TOKEN_BOUNDARY = "no token boundary"


@dataclass(frozen=True, slots=True)
class LostEntity:
    """A gold entity that cannot be learned, and the reason."""

    document_id: str
    entity: Entity
    mention: str
    reason: str


def entity_span(encoding: Encoding, entity: Entity) -> TokenSpan | None:
    """The tokens of an entity of the document, without its score; None if one of its ends lies inside a token."""
    place = token_span(encoding, entity.start, entity.end)
    pieces = [token_span(encoding, *fragment) for fragment in entity.fragments]
    whole = [piece for piece in pieces if piece is not None]
    if place is None or len(whole) < len(pieces):
        return None
    return TokenSpan(*place, entity.label, pieces=tuple(whole))


def lost_entity(document: Document, entity: Entity, reason: str) -> LostEntity:
    """The record of an entity that is lost for a reason."""
    return LostEntity(document.id, entity, document.mention(entity), reason)


@dataclass(frozen=True)
class Alignment:
    """Documents and their windows of tokens, to turn spans of characters into spans of tokens.

    Attributes:
        documents: in order.
        windows: those of each document.
        owners: the document of each window, through all documents.
        encodings: the tokens of each of these windows.
    """

    documents: Sequence[Document]
    windows: Sequence[Sequence[Window]]
    owners: Sequence[int]
    encodings: Sequence[Encoding]

    def of(self, entities: Sequence[Sequence[Entity]]) -> tuple[list[list[TokenSpan]], list[LostEntity]]:
        """The spans of tokens in each window, and those that no window holds as whole tokens, from each document's."""
        inside: list[list[Entity]] = []
        lost: list[LostEntity] = []
        for document, windows, own in zip(self.documents, self.windows, entities, strict=True):
            held, outside = window_entities(windows, own)
            inside.extend(held)
            lost.extend(lost_entity(document, entity, FITS_NO_WINDOW) for entity in outside)
        spans, unaligned = self._token_spans(inside)
        return spans, [*lost, *unaligned]

    def _token_spans(self, inside: list[list[Entity]]) -> tuple[list[list[TokenSpan]], list[LostEntity]]:
        """The entities of each window in tokens, and those that no window holds as whole tokens."""
        spans: list[list[TokenSpan]] = []
        aligned: set[tuple[int, Entity]] = set()
        missed: dict[tuple[int, Entity], None] = {}  # a set that keeps the order
        for owner, encoding, entities in zip(self.owners, self.encodings, inside, strict=True):
            spans.append([])
            for entity in entities:
                span = entity_span(encoding, entity)
                if span is None:
                    missed[owner, entity] = None
                else:
                    spans[-1].append(span)
                    aligned.add((owner, entity))
        return spans, [
            lost_entity(self.documents[owner], entity, NO_TOKEN_BOUNDARY)
            for owner, entity in missed
            if (owner, entity) not in aligned
        ]


def warn_of_taught(lost: Sequence[LostEntity], documents: Iterable[Document]) -> None:
    """One warning for all unsure spans of the documents that were lost during encoding; none if all were kept."""
    if lost:
        logger.warning(
            "%d of %d unsure spans cannot be ignored and are learned as no entities: they fit in no window or end "
            "inside a token, e.g. %s %r at [%d, %d) of document %s",
            len(lost),
            sum(len(document.unsure) for document in documents),
            lost[0].entity.label,
            lost[0].mention,
            lost[0].entity.start,
            lost[0].entity.end,
            lost[0].document_id,
        )


def warn_of_lost(lost: Sequence[LostEntity], documents: Iterable[Document], config: WindowConfig) -> None:
    """One warning for all gold entities of the documents that were lost during encoding; none if all were kept."""
    if not lost:
        return
    total = sum(len(document.entities) for document in documents)
    homeless = sum(loss.reason == FITS_NO_WINDOW for loss in lost)
    logger.warning(
        "%d of %d entities will not be learned: %d fit in no window (max_length=%d, overlap=%d, truncate=%s; raise "
        "max_length or overlap), %d end inside a token (tokens=%s; 'characters' hides no boundary), e.g. %s %r at "
        "[%d, %d) of document %s",
        len(lost),
        total,
        homeless,
        config.max_length,
        config.overlap,
        config.truncate,
        len(lost) - homeless,
        config.tokens,
        lost[0].entity.label,
        lost[0].mention,
        lost[0].entity.start,
        lost[0].entity.end,
        lost[0].document_id,
    )
