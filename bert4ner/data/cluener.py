"""The `cluener` format, JSON lines in both published shapes.

`{"text", "label": {type: {mention: [[start, end], ...]}}}` with inclusive ends, and `{"text", "entity_list":
[{"entity_type", "entity", "entity_index": {"begin", "end"}}]}` with exclusive ends. Comparing the mentions decides
which convention a file really follows. Every span of a repeated mention is read.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.conventions import EndConvention
from bert4ner.data.deepner import number_or_text
from bert4ner.data.format import Format
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.peek import Peek
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in file order, one in memory at a time; the file is read twice, first to find its end convention.

    Raises:
        DataError: with `path:line`.
    """
    conventions = {
        "label": EndConvention(default_inclusive=True),
        "entity_list": EndConvention(default_inclusive=False),
    }
    _look(path, conventions)
    for shape, convention in conventions.items():
        if convention.inclusive != convention.default_inclusive:
            found = "inclusive" if convention.inclusive else "exclusive"
            repairs.note_file(f"ends in {shape!r} are {found} throughout the file: corrected", str(path))
    for record, shape in _records(path, repairs):
        counted = conventions[shape].count_from_zero(record, repairs)
        yield make_document(counted, repairs, inclusive=conventions[shape].inclusive)


def _look(path: Path, conventions: dict[str, EndConvention]) -> None:
    for record, shape in _records(path, Repairs()):
        conventions[shape].look(record)


def _records(path: Path, repairs: Repairs) -> Iterator[tuple[Record, str]]:
    for number, (where, record) in enumerate(json_records(path, repairs, reads=("entity_list", "label")), start=1):
        if record.get("entity_list") and record.get("label"):
            raise DataError(f"{where}: expected 'entity_list' or 'label', found both; remove the wrong one")
        shape = "entity_list" if "entity_list" in record else "label"
        spans = _listed(record, where) if shape == "entity_list" else list(_nested(record, where))
        id = id_of(record, where, default=f"{path.stem}-{number}")
        yield Record(where, id, text_of(record, where), spans), shape


def _listed(record: dict[str, object], where: str) -> list[Span]:
    spans = []
    for entity in list_of(record, "entity_list", where):
        index = entity.get("entity_index") if isinstance(entity, dict) else None
        if not isinstance(index, dict) or not {"begin", "end"} <= index.keys() or "entity_type" not in entity:
            raise DataError(
                f'{where}: expected {{"entity_type", "entity", "entity_index": {{"begin", "end"}}}}, '
                f"found {shown(entity)}"
            )
        spans.append(
            span_of(index["begin"], index["end"], entity["entity_type"], mention=entity.get("entity"), where=where)
        )
    return spans


def _nested(record: dict[str, object], where: str) -> Iterator[Span]:
    for label, mentions in _mapping(record.get("label"), where).items():
        for mention, places in _mapping(mentions, where).items():
            if not isinstance(places, list):
                raise DataError(
                    f"{where}: expected the spans of {shown(mention)} as [[start, end], ...], found {shown(places)}"
                )
            if len(places) == 2 and all(type(place) is int for place in places):
                places = [places]
            for place in places:
                if not isinstance(place, list) or len(place) != 2:
                    raise DataError(
                        f"{where}: expected a span of {shown(mention)} as [start, end], found {shown(place)}"
                    )
                yield span_of(place[0], place[1], label, mention=mention, where=where)


def _mapping(value: object, where: str) -> dict[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DataError(f"{where}: expected {{type: {{mention: [[start, end], ...]}}}} as label, found {shown(value)}")
    return value


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One line per document in the `label` shape, ends inclusive."""
    with atomic_write(path) as handle:
        for document in documents:
            label: dict[str, dict[str, list[list[int]]]] = {}
            for entity in document.entities:
                places = label.setdefault(entity.label, {}).setdefault(document.mention(entity), [])
                places.append([entity.start, entity.end - 1])
            record = {"id": number_or_text(document.id), "text": document.text, "label": label}
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")


def sniff(seen: Peek) -> float:
    """Records with an entity list of that name, or with an object as label."""
    return 0.9 * any("entity_list" in record or _is_nested(record.get("label")) for record in seen.records)


def _is_nested(label: object) -> bool:
    return isinstance(label, dict) and all(isinstance(mentions, dict) for mentions in label.values())


FORMAT = Format("cluener", read, write, sniff)
