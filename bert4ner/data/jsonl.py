"""Our own format, `jsonl`: `{"id", "text", "entities": [{"start", "end", "label", "score"}]}`, one document per line.

Offsets count characters from 0, ends are exclusive, and `score` is optional. A discontinuous entity has `fragments`, a
list of [start, end]. A document with a weight other than 1 has `weight`; spans that may or may not be entities are in
`unsure`, a list of [start, end, label] or [start, end, label, score]. The format holds everything in a `Document`.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from bert4ner.data.format import Format, Holds
from bert4ner.data.json_entities import span_of_object
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.peek import Peek
from bert4ner.data.records import Record, Span
from bert4ner.data.repairs import Repairs
from bert4ner.data.units import Offsets
from bert4ner.data.voting import checked_documents
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document, Entity, check_weight
from bert4ner.errors import DataError, shown

HIGHEST = 1 + 1e-6  # float32 probabilities may exceed 1 by this much
READS = ("entities", "unsure", "taught_by")
OTHERS = ("label", "labels", "entity_list", "annotations")


def read(path: Path, repairs: Repairs, *, offsets: Offsets = "characters") -> Iterator[Document]:
    """Documents in file order, one in memory at a time.

    Raises:
        DataError: with `path:line`.
    """
    yield from checked_documents(lambda quiet: _records(path, quiet), path, repairs, offsets=offsets)


def _records(path: Path, repairs: Repairs) -> Iterator[Record]:
    for number, (where, found) in enumerate(json_records(path, repairs, reads=READS), start=1):
        if "entities" not in found:
            _refuse_others(found, where)
        yield Record(
            where,
            id_of(found, where, default=f"{path.stem}-{number}"),
            text_of(found, where),
            [_span(entity, where) for entity in list_of(found, "entities", where)],
            _weight(found, where),
            [_unsure(span, where) for span in list_of(found, "unsure", where)],
        )


def _refuse_others(found: dict[str, object], where: str) -> None:
    for other in OTHERS:
        if other in found:
            raise DataError(
                f"{where}: expected annotation under 'entities', found {shown(other)}; this is another format, "
                "or one record of another format"
            )


def _weight(record: dict[str, object], where: str) -> float:
    weight: Any = record.get("weight", 1.0)
    check_weight(weight, where=where)
    return _as_float(weight, where)


def _as_float(number: float, where: str) -> float:
    try:
        return float(number)
    except OverflowError:
        raise DataError(f"{where}: expected a number, found one of too many digits") from None


def _span(entity: object, where: str) -> Span:
    if not isinstance(entity, dict):
        raise DataError(f'{where}: expected an entity {{"start", "end", "label"}}, found {shown(entity)}')
    span = span_of_object(entity, where)
    span.score = _score(entity.get("score"), where)
    span.fragments = tuple(_fragment(each, where) for each in list_of(entity, "fragments", where))
    return span


def _score(score: object, where: str) -> float | None:
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        raise DataError(f"{where}: expected a number as score, found {shown(score)}")
    if score is not None and not 0 <= score <= HIGHEST:
        raise DataError(f"{where}: expected a probability from 0 to 1 as score, found {shown(score)}")
    return None if score is None else _as_float(score, where)


def _unsure(unsure: object, where: str) -> Span:
    if not isinstance(unsure, list) or len(unsure) not in (3, 4):
        raise DataError(f"{where}: expected an unsure span [start, end, label], found {shown(unsure)}")
    span = span_of(*unsure[:3], where=where)
    span.score = _score(unsure[3] if len(unsure) == 4 else None, where)
    return span


def _fragment(fragment: object, where: str) -> tuple[int, int]:
    if not isinstance(fragment, list) or len(fragment) != 2 or any(type(edge) is not int for edge in fragment):
        raise DataError(f"{where}: expected a fragment [start, end], found {shown(fragment)}")
    return fragment[0], fragment[1]


def to_record(document: Document, *, mentions: bool = False) -> dict[str, object]:
    """The JSON object of one document, optionally with the text of each entity, its fragments separated by spaces."""
    entities = []
    for entity in document.entities:
        fields: dict[str, object] = {"start": entity.start, "end": entity.end, "label": entity.label}
        if mentions:
            pieces = entity.fragments or [(entity.start, entity.end)]
            fields["text"] = " ".join(document.text[start:end] for start, end in pieces)
        if entity.score is not None:
            fields["score"] = entity.score
        if entity.fragments:
            fields["fragments"] = [list(fragment) for fragment in entity.fragments]
        entities.append(fields)
    record: dict[str, object] = {"id": document.id, "text": document.text, "entities": entities}
    if document.weight != 1:
        record["weight"] = document.weight
    if document.unsure:
        record["unsure"] = [_listed(span) for span in document.unsure]
    return record


def _listed(span: Entity) -> list[object]:
    return [span.start, span.end, span.label, *([] if span.score is None else [span.score])]


def write(documents: Iterable[Document], path: Path, losses: Repairs, *, mentions: bool = False) -> None:
    """One line per document, optionally with `text` beside each entity; nothing is lost, so `losses` stays empty."""
    with atomic_write(path) as handle:
        for document in documents:
            handle.write(json.dumps(to_record(document, mentions=mentions), ensure_ascii=False) + "\n")


def sniff(seen: Peek) -> float:
    """Entities with a `start`; or lines of JSON with a text but no annotation, which many formats could hold."""
    return max(0.7 * seen.items_with("start"), 0.1 * (seen.kind == "records" and seen.has_text))


FORMAT = Format(
    "jsonl", read, write, sniff, Holds(fragments=True, scores=True, weights=True, unsure=True), ("offsets",)
)
