"""From the annotation in a file to a checked `Document`: end convention, offsets in other units, duplicates.

Readers fill `Record` and `Span` with the content of the file. This module checks everything that formats with offsets
have in common. Knows no file format.
"""

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Any

from bert4ner.data.decoding import SURROGATE
from bert4ner.data.files import BOM_REMOVED
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.units import UNITS, Offsets, positions, utf16_widths
from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document, Entity, check_fragments, check_text
from bert4ner.errors import DataError, shown
from bert4ner.phrases import phrase

LINE_BREAK = re.compile(r"\r\n|\r|\n")
REVERSED = phrase("left.out.reversed")


@dataclass(slots=True)
class Span:
    """One annotation as in the file; `mention` is the text that it claims to cover, if the format has that."""

    start: int
    end: int
    label: str
    mention: str | None = None
    score: float | None = None
    where: str = ""
    """Its own place, if it is more precise than the record's."""
    fragments: tuple[tuple[int, int], ...] = ()
    """Its fragments, ends exclusive, if it is discontinuous."""


@dataclass(slots=True)
class Record:
    """One document as in the file, with its place."""

    where: str
    id: str | NumberedId
    text: str
    spans: list[Span] = field(default_factory=list)
    weight: float = 1.0
    unsure: Sequence[Span] = ()
    """Spans that may or may not be entities, without mentions; offsets in characters, ends exclusive."""


def agrees(found: str, mention: str) -> bool:
    """Whether `found` is what `mention` shows. A line break may be shown as a space or, inside, be left out."""
    if found == mention:
        return True
    if LINE_BREAK.sub(" ", found) == LINE_BREAK.sub(" ", mention):
        return True
    return found == found.strip("\r\n") and LINE_BREAK.sub("", found) == LINE_BREAK.sub("", mention)


def make_document(
    record: Record,
    repairs: Repairs,
    *,
    inclusive: bool = False,
    drop_reversed: bool = False,
    offsets: Offsets = "characters",
) -> Document:
    """The checked document; repairs are counted in `repairs`. The record is used up: its spans are released.

    Whatever `offsets` says, a unit in which the mentions of all spans fit wins. "utf16" converts spans without
    mentions; "auto" warns of those that may count UTF-16 units.

    Raises:
        DataError: a span is outside the text, empty or reversed, or differs from its mention; a text is not valid.
    """
    if inclusive:
        for span in record.spans:
            span.end += 1
    check_text(record.text, where=record.where)
    named = record.id if isinstance(record.id, str) else record.id.stem
    if SURROGATE.search(named) or "\x00" in named:
        raise DataError(
            f"{record.where}: the id {shown(str(record.id))} holds an unpaired surrogate or NUL; choose another id"
        )
    spans = record.spans
    if drop_reversed:
        kept = [span for span in spans if span.start < span.end]
        repairs.note(REVERSED, record.where, count=len(spans) - len(kept), left_out=True)
        spans = kept
    if offsets == "utf16":
        places = positions(utf16_widths(record.text), 0)
        spans = [_moved(span, places) for span in spans]
    else:
        spans = _mend_offsets(record, spans, repairs)
        if offsets == "auto":
            _warn_of_wide_characters(record, spans, repairs)
    for span in spans:
        _check_span(record, span, inclusive=inclusive)
    entities = [Entity(span.start, span.end, span.label, span.score, span.fragments) for span in released(spans)]
    id: Any = record.id  # a document takes a number, too
    return Document(id, record.text, _each_once(entities, record, repairs), record.weight, _unsure(record))


def _each_once(entities: list[Entity], record: Record, repairs: Repairs) -> tuple[Entity, ...]:
    """The entities, sorted, without duplicates; compared in order, because a set takes more memory than they do."""
    entities.sort()
    repeated = sum(one == other for one, other in pairwise(entities))
    repairs.note("repeated annotations (same span, same label) read once", record.where, count=repeated)
    return tuple(one for one, _ in groupby(entities)) if repeated else tuple(entities)


def _warn_of_wide_characters(record: Record, spans: list[Span], repairs: Repairs) -> None:
    """Characters that are two units in UTF-16, before the end of a span that no mention checks."""
    ends = [span.end for span in spans if span.mention is None]
    if ends and any(character > "\uffff" for character in record.text[: max(ends)]):
        repairs.note(
            "texts with emoji or rare characters before an entity without mention: its offsets may count UTF-16 units "
            "(compare some; --offsets utf16 reads them so, --offsets characters says that they do not)",
            record.where,
        )


def _unsure(record: Record) -> tuple[Entity, ...]:
    for span in record.unsure:
        _check_span(record, span, inclusive=False)
    return tuple({entity: entity for entity in (Entity(s.start, s.end, s.label, s.score) for s in record.unsure)})


def _fits(text: str, span: Span) -> bool:
    inside = 0 <= span.start < span.end <= len(text)
    return inside and (span.mention is None or agrees(_covered(text, span), span.mention))


def _covered(text: str, span: Span) -> str:
    """The text of a span, with its fragments divided by spaces, as brat shows them."""
    return " ".join(text[start:end] for start, end in span.fragments or [(span.start, span.end)])


def _mend_offsets(record: Record, spans: list[Span], repairs: Repairs) -> list[Span]:
    """`spans` unchanged if all fit, else converted from the first other unit in which all fit, else unchanged.

    Only mentions prove that a unit is right, so spans without them are never moved.
    """
    if all(_fits(record.text, span) for span in spans) or any(span.mention is None for span in spans):
        return spans
    for unit, widths, shift in UNITS:
        if shift and not repairs[BOM_REMOVED]:
            continue  # without a byte order mark in the file, a shift by one is just a mistake
        places = positions(widths(record.text), shift)
        moved = [_moved(span, places) for span in spans]
        if all(_fits(record.text, span) for span in moved):
            repairs.note(f"offsets counted in {unit} turned into characters", record.where, count=len(spans))
            return moved
    return spans


def _moved(span: Span, places: dict[int, int]) -> Span:
    fragments = tuple((places.get(start, -1), places.get(end, -1)) for start, end in span.fragments)
    return replace(span, start=places.get(span.start, -1), end=places.get(span.end, -1), fragments=fragments)


def misfits(record: Record, repairs: Repairs, *, inclusive: bool) -> list[str]:
    """The places of all spans for which `make_document` would refuse the record."""
    spans = [replace(span, end=span.end + inclusive) for span in record.spans]
    places = []
    for span in _mend_offsets(record, spans, repairs):
        try:
            _check_span(record, span, inclusive=inclusive)
        except DataError:
            places.append(span.where or record.where)
    return places


def _check_span(record: Record, span: Span, *, inclusive: bool) -> None:
    carried = not SURROGATE.search(span.label) and "\x00" not in span.label
    if carried and span.label and span.label == span.label.strip() and not span.fragments and _fits(record.text, span):
        return  # the usual case: messages are made only for mistakes
    where = span.where or record.where
    stated = f"[{shown(span.start)}, {shown(span.end - inclusive)}{']' if inclusive else ')'}"
    counting = f"offsets count characters from 0, end {'inclusive' if inclusive else 'exclusive'}"
    if not span.label or span.label != span.label.strip():
        raise DataError(f"{where}: expected a label, found {shown(span.label)} at {stated}; give the span a label")
    if not carried:
        raise DataError(
            f"{where}: the label {shown(span.label)} at {stated} holds an unpaired surrogate or NUL; rename it"
        )
    if span.start >= span.end:
        raise DataError(
            f"{where}: expected a span of at least one character, found {shown(span.label)[1:-1]} at {stated}; "
            f"{counting}: correct the span or remove it{_if_last(span, inclusive=inclusive)}"
        )
    if span.start < 0 or span.end > len(record.text):
        raise DataError(
            f"{where}: expected offsets within the text of {len(record.text)} characters, "
            f"found {shown(span.label)[1:-1]} at {stated}; {counting}"
        )
    if span.fragments:
        check_fragments(span.start, span.end, span.fragments, where=where)
    if not _fits(record.text, span):
        found = _covered(record.text, span)
        width = "; the two differ in the width of characters only" if _same_width(found, span.mention) else ""
        raise DataError(
            f"{where}: expected {shown(span.mention)} at {stated}, found {shown(found)}{width}; {counting}: "
            "correct the offsets, or export text and annotation again together"
        )


def _if_last(span: Span, *, inclusive: bool) -> str:
    """The advice for an empty span whose end may be its last character: nothing in the file shows how ends count."""
    alone = not inclusive and span.mention is None and span.start == span.end
    return "; if ends name the last character, add 1 to every end, or give each entity's text (mention, 实体)" * alone


def _same_width(found: str, mention: str | None) -> bool:
    return unicodedata.normalize("NFKC", found) == unicodedata.normalize("NFKC", mention or "")


def flat_entities(entities: Iterable[Entity]) -> tuple[list[Entity], list[Entity]]:
    """The entities that one layer of tags can hold, chosen by length, then by position; and those left out.

    Discontinuous entities are left out, too.
    """
    kept: list[Entity] = []  # sorted, and no two of them overlap
    lost: list[Entity] = []
    for entity in sorted(entities, key=lambda each: (each.start - each.end, each)):
        place = bisect(kept, entity)
        clashes = (place > 0 and kept[place - 1].end > entity.start) or (
            place < len(kept) and kept[place].start < entity.end
        )
        if clashes or entity.fragments:
            lost.append(entity)
        else:
            kept.insert(place, entity)
    return kept, sorted(lost)
