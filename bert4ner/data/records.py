"""From what a file states to a checked `Document`: the end convention, offsets counted in other units, duplicates.

Readers fill `Record` and `Span` with what stands in the file; everything that formats with offsets share is judged
here. Knows no file format.
"""

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bert4ner.data.decoding import SURROGATE
from bert4ner.data.files import BOM_REMOVED
from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown
from bert4ner.data.units import UNITS, Offsets, positions, utf16_widths
from bert4ner.entities import Document, Entity, check_fragments, check_text
from bert4ner.errors import DataError

LINE_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(slots=True)
class Span:
    """One annotation as the file states it; `mention` is the text it claims to cover, where the format has that."""

    start: int
    end: int
    label: str
    mention: str | None = None
    score: float | None = None
    where: str = ""
    """Its own place, where that is more exact than the record's."""
    fragments: tuple[tuple[int, int], ...] = ()
    """Its pieces, ends exclusive, if there are several."""


@dataclass(slots=True)
class Record:
    """One document as the file states it, and where that is."""

    where: str
    id: str
    text: str
    spans: list[Span] = field(default_factory=list)
    weight: float = 1.0
    unsure: list[Span] = field(default_factory=list)
    """Spans that may be entities or not, without mentions; offsets in characters, ends exclusive."""


def agrees(found: str, mention: str) -> bool:
    """Is `found` what `mention` shows? A line break may be shown as a space or, inside, be left out."""
    if found == mention:
        return True
    if LINE_BREAK.sub(" ", found) == LINE_BREAK.sub(" ", mention):
        return True
    return found == found.strip("\r\n") and LINE_BREAK.sub("", found) == LINE_BREAK.sub("", mention)


class EndConvention:
    """Decides over a whole file whether ends are inclusive, by comparing mentions; `default` where nothing tells."""

    def __init__(self, *, default_inclusive: bool) -> None:
        self.default_inclusive = default_inclusive
        self.inclusive_votes = 0
        self.exclusive_votes = 0

    def look(self, record: Record) -> None:
        """Let the spans of `record` vote."""
        for span in record.spans:
            if span.mention is None or not 0 <= span.start <= span.end:
                continue
            self.exclusive_votes += agrees(record.text[span.start : span.end], span.mention)
            self.inclusive_votes += agrees(record.text[span.start : span.end + 1], span.mention)

    @property
    def inclusive(self) -> bool:
        """True when the end is the position of the last character, not the one after it."""
        if self.inclusive_votes == self.exclusive_votes:
            return self.default_inclusive
        return self.inclusive_votes > self.exclusive_votes


def make_document(
    record: Record,
    repairs: Repairs,
    *,
    inclusive: bool = False,
    drop_reversed: bool = False,
    offsets: Offsets = "characters",
) -> Document:
    """The checked document; what had to be mended is counted in `repairs`.

    Whatever `offsets` says, mentions that fit another unit for all spans decide; "utf16" turns spans without them, and
    "auto" warns of those that may count UTF-16 units.

    Raises:
        DataError: a span outside the text, empty or reversed, or unlike its mention; a text nobody can carry.
    """
    check_text(record.text, where=record.where)
    if SURROGATE.search(record.id) or "\x00" in record.id:
        raise DataError(
            f"{record.where}: the id {shown(record.id)} holds an unpaired surrogate or NUL; choose another id"
        )
    spans = [replace(span, end=span.end + 1) for span in record.spans] if inclusive else record.spans
    if drop_reversed:
        kept = [span for span in spans if span.start < span.end]
        repairs.note("spans that end before they start left out", record.where, count=len(spans) - len(kept))
        spans = kept
    if offsets == "utf16":
        places = positions(utf16_widths(record.text), 0)
        spans = [_moved(span, places) for span in spans]
    else:
        spans = _mend_offsets(record, spans, repairs)
        if offsets == "auto":
            _warn_of_wide_characters(record, spans, repairs)
    entities: dict[Entity, Entity] = {}
    for span in spans:
        _check_span(record, span, inclusive=inclusive)
        entity = Entity(span.start, span.end, span.label, span.score, span.fragments)
        if entity in entities:
            repairs.note("repeated annotations (same span, same label) read once", record.where)
        entities.setdefault(entity, entity)
    return Document(record.id, record.text, tuple(entities), record.weight, _unsure(record))


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
    """What a span covers, its pieces divided by spaces as brat shows them."""
    return " ".join(text[start:end] for start, end in span.fragments or [(span.start, span.end)])


def _mend_offsets(record: Record, spans: list[Span], repairs: Repairs) -> list[Span]:
    """`spans` as they are if all fit, else counted in the first other unit in which all fit, else as they are.

    Only mentions can tell that a unit is the right one, so spans without them are never moved.
    """
    if all(_fits(record.text, span) for span in spans) or any(span.mention is None for span in spans):
        return spans
    for unit, widths, shift in UNITS:
        if shift and not repairs[BOM_REMOVED]:
            continue  # without a mark that may have been counted, a shift by one is just a mistake
        places = positions(widths(record.text), shift)
        moved = [_moved(span, places) for span in spans]
        if all(_fits(record.text, span) for span in moved):
            repairs.note(f"offsets counted in {unit} turned into characters", record.where, count=len(spans))
            return moved
    return spans


def _moved(span: Span, places: dict[int, int]) -> Span:
    fragments = tuple((places.get(start, -1), places.get(end, -1)) for start, end in span.fragments)
    return replace(span, start=places.get(span.start, -1), end=places.get(span.end, -1), fragments=fragments)


def _check_span(record: Record, span: Span, *, inclusive: bool) -> None:
    carried = not SURROGATE.search(span.label) and "\x00" not in span.label
    if carried and span.label and span.label == span.label.strip() and not span.fragments and _fits(record.text, span):
        return  # nearly always: messages are made for the others only
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
            f"{counting}: correct the span or remove it"
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
            f"{where}: expected {_short(span.mention)} at {stated}, found {_short(found)}{width}; {counting}: "
            "correct the offsets, or export text and annotation again together"
        )


def _same_width(found: str, mention: str | None) -> bool:
    return unicodedata.normalize("NFKC", found) == unicodedata.normalize("NFKC", mention or "")


def _short(text: str | None) -> str:
    return repr(text if text is None or len(text) <= 40 else text[:40] + "…")


def flat_entities(entities: Iterable[Entity]) -> tuple[list[Entity], list[Entity]]:
    """What one layer of tags can hold, the longest first, then the earliest; and what it must leave out.

    Entities in several pieces are left out, too.
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
