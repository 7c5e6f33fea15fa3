"""Shapes of JSON records: each says which records are its own and what text and entities they state.

A format of JSON is a table of shapes. Which one a record has is decided by its structure alone; the end convention of a
shape is decided by its mentions over the whole file. What no shape reads is refused, never read past.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bert4ner.data.format import Format, Holds, Write
from bert4ner.data.json_entities import is_span, span_of_item
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, text_of
from bert4ner.data.peek import Peek, share
from bert4ner.data.records import EndConvention, Record, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown_keys
from bert4ner.data.units import Offsets
from bert4ner.data.unread import refuse_unread
from bert4ner.entities import Document
from bert4ner.errors import DataError

Found = Mapping[str, Any]
TEXT_KEYS = ("text", "content", "sentence", "originalText")
"""Where a record without annotation may have its text."""


@dataclass(frozen=True)
class Place:
    """Where a JSON record stands, what it is called if it has no id, and where repairs are counted."""

    where: str
    id: str
    repairs: Repairs


@dataclass(frozen=True)
class Shape:
    """One way in which records state their text and entities."""

    name: str
    """What it is, in a few words, for the line that says what was read."""
    fits: Callable[[Found], bool]
    """Whether a record has this shape, entities or none; of several shapes that fit the first is taken."""
    convert: Callable[[Found, Place], Iterator[Record]]
    """The documents that a record states: one as a rule, none if it says that it is not to be used."""
    reads: tuple[str, ...]
    """The keys that it reads or knows to be no annotation of its kind."""
    inclusive: bool = False
    """Whether its ends are the last character, where no mention tells."""
    merges: bool = False
    """Whether a text stands in several records, each with some of its entities."""


def spans_under(text: str, spans: str) -> Callable[[Found, Place], Iterator[Record]]:
    """The usual conversion: a text under one key, a list of spans with offsets under another."""

    def convert(record: Found, place: Place) -> Iterator[Record]:
        where, found = place.where, text_of(dict(record), place.where, key=text)
        items = [span_of_item(item, found, where) for item in list_of(dict(record), spans, where)]
        yield Record(where, id_of(dict(record), where, default=place.id), found, items)

    return convert


def has_spans(text: str, spans: str) -> Callable[[Found], bool]:
    """The usual test: a text under one key, a list of spans with offsets, or an empty one, under another."""

    def fits(record: Found) -> bool:
        found = record.get(spans)
        return isinstance(record.get(text), str) and isinstance(found, list) and all(map(is_span, found[:3]))

    return fits


def shaped_format(
    name: str,
    shapes: Sequence[Shape],
    *,
    sure: float = 0.85,
    write: Write | None = None,
    holds: Holds = Holds(),  # noqa: B008
) -> Format:
    """The format of a table of shapes, read, recognized and, if `write` does it, written."""
    return Format(name, partial(read_shaped, shapes), write, partial(sniff_shapes, shapes, sure), holds, ("offsets",))


def sniff_shapes(shapes: Sequence[Shape], sure: float, seen: Peek) -> float:
    """The share of annotated records that have one of the shapes, as far as `sure` goes."""
    known = share(seen.records, lambda record: any(shape.fits(record) for shape in shapes))
    return sure * known


def read_shaped(
    shapes: Sequence[Shape], path: Path, repairs: Repairs, *, offsets: Offsets = "auto"
) -> Iterator[Document]:
    """Documents in file order; records of none of the shapes are documents without entities, counted.

    Raises:
        DataError: with `path:line`, or the number of the record in a JSON list.
    """
    stated = merged(_stated(shapes, path, repairs))
    conventions = {shape.name: EndConvention(default_inclusive=shape.inclusive) for shape in shapes}
    for shape, record in stated:
        if shape is not None:
            conventions[shape.name].look(record)
    for name, convention in conventions.items():
        if convention.inclusive != convention.default_inclusive:
            found = "inclusive" if convention.inclusive else "exclusive"
            repairs.note(f"files whose ends are {found} read as such ({name})", str(path))
    repairs.shape = describe_shapes(shape.name for shape, _ in stated if shape is not None)
    for shape, record in stated:
        inclusive = shape is not None and conventions[shape.name].inclusive
        yield make_document(record, repairs, inclusive=inclusive, offsets=offsets)


def _stated(shapes: Sequence[Shape], path: Path, repairs: Repairs) -> Iterator[tuple[Shape | None, Record]]:
    for number, (where, found) in enumerate(json_records(path, repairs), start=1):
        place = Place(where, f"{path.stem}-{number}", repairs)
        shape = next((shape for shape in shapes if shape.fits(found)), None)
        refuse_unread(found, () if shape is None else shape.reads, where)
        if shape is not None:
            for record in shape.convert(found, place):
                yield shape, record
        else:
            yield None, _bare(found, place)


def _bare(found: dict[str, Any], place: Place) -> Record:
    key = next((key for key in TEXT_KEYS if isinstance(found.get(key), str)), None)
    if key is None:
        raise DataError(f"{place.where}: expected a text under {' or '.join(TEXT_KEYS)}, found {shown_keys(found)}")
    place.repairs.note("records without annotation read as documents without entities", place.where)
    return Record(place.where, id_of(found, place.where, default=place.id), found[key])


def merged(records: Iterable[tuple[Shape | None, Record]]) -> list[tuple[Shape | None, Record]]:
    """The records with those of a shape that says a text several times, once for each label, joined to one each."""
    result: list[tuple[Shape | None, Record]] = []
    first: dict[str, Record] = {}
    for shape, record in records:
        if shape is not None and shape.merges and record.text in first:
            first[record.text].spans.extend(record.spans)
            continue
        if shape is not None and shape.merges:
            first[record.text] = record
        result.append((shape, record))
    return result


def describe_shapes(names: Iterable[str]) -> str:
    """The shapes that records had, the most frequent first; the counts where there are several.

    Example:
        >>> describe_shapes(["spans", "spans", "tags"])
        'spans (2), tags (1)'
    """
    counts = Counter(names)
    if len(counts) < 2:
        return "".join(counts)
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common())
