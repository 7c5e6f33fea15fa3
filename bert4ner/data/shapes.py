"""Shapes of JSON records: each recognizes its records, and reads their text and entities.

A JSON format is a table of shapes. A record's structure alone decides its shape; the mentions of the whole file decide
the shape's end convention. Content that no shape reads is refused, never ignored.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bert4ner.data.conventions import EndConvention
from bert4ner.data.format import Format, Holds, Write
from bert4ner.data.json_entities import is_span, span_of_item
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, text_of
from bert4ner.data.peek import Peek, share
from bert4ner.data.records import Record, make_document
from bert4ner.data.released import released
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
    """The place of a JSON record, its default id, and the count of repairs."""

    where: str
    id: str
    repairs: Repairs


@dataclass(frozen=True)
class Shape:
    """One way in which records hold their text and entities."""

    name: str
    """Its description, in a few words, for the line about what was read."""
    fits: Callable[[Found], bool]
    """Whether a record has this shape, with or without entities; the first shape that fits is chosen."""
    convert: Callable[[Found, Place], Iterator[Record]]
    """The documents of a record: usually one, none if it is not to be used."""
    reads: tuple[str, ...]
    """The keys that it reads, or knows to hold no annotation for it."""
    inclusive: bool = False
    """Whether its ends are the last character, unless mentions decide."""
    merges: bool = False
    """Whether a text occurs in several records, each with some of its entities."""


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
    """The format of a table of shapes: reads and recognizes them, and writes them if there is `write`."""
    return Format(name, partial(read_shaped, shapes), write, partial(sniff_shapes, shapes, sure), holds, ("offsets",))


def sniff_shapes(shapes: Sequence[Shape], sure: float, seen: Peek) -> float:
    """The share of annotated records with one of the shapes, scaled to at most `sure`."""
    known = share(seen.records, lambda record: any(shape.fits(record) for shape in shapes))
    return sure * known


def read_shaped(
    shapes: Sequence[Shape], path: Path, repairs: Repairs, *, offsets: Offsets = "auto"
) -> Iterator[Document]:
    """Documents in file order; records without any of the shapes are documents without entities, and counted.

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
            repairs.note_file(f"ends are {found} throughout the file: corrected ({name})", str(path))
    repairs.shape = describe_shapes(shape.name for shape, _ in stated if shape is not None)
    for shape, record in released(stated):
        if shape is None:
            yield make_document(record, repairs, offsets=offsets)
            continue
        convention = conventions[shape.name]
        counted = convention.count_from_zero(record, repairs)
        yield make_document(counted, repairs, inclusive=convention.inclusive, offsets=offsets)


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
    """The records; those of a shape that repeats a text for each label are joined into one per text."""
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
    """The shapes of the records, the most frequent first; with counts if there are several.

    Example:
        >>> describe_shapes(["spans", "spans", "tags"])
        'spans (2), tags (1)'
    """
    counts = Counter(names)
    if len(counts) < 2:
        return "".join(counts)
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common())
