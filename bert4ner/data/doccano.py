"""The `doccano` format: JSON lines (or one list) with ends exclusive, in the variants its versions have exported.

`label`, `labels` or `entities` with `[start, end, "X"]`, and `entities` or `annotations` with `{"label",
"start_offset", "end_offset"}`. Relations and comments are counted and left out.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.deepner import number_or_text
from bert4ner.data.format import Format
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.peek import Peek, share
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError

KEYS = ("label", "labels", "entities", "annotations")


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in file order, one in memory at a time.

    Raises:
        DataError: with `path:line`, or the number of the record in a JSON list.
    """
    for number, (where, record) in enumerate(json_records(path, repairs), start=1):
        for key in ("relations", "cats"):
            repairs.note(f"doccano {key} left out", where, count=len(list_of(record, key, where)))
        id = id_of(record, where, default=f"{path.stem}-{number}")
        yield make_document(Record(where, id, _text(record, where), _spans(record, where)), repairs)


def _text(record: dict[str, object], where: str) -> str:
    """Older exports name the text `data`."""
    return text_of(record, where, key="data" if "text" not in record and "data" in record else "text")


def _spans(record: dict[str, object], where: str) -> list[Span]:
    filled = [key for key in KEYS if list_of(record, key, where)]
    if len(filled) > 1:
        raise DataError(
            f"{where}: expected annotation under one of {', '.join(KEYS)}, found it under {' and '.join(filled)}; "
            "remove what is not meant"
        )
    return [_span(item, where) for key in filled for item in list_of(record, key, where)]


def _span(item: object, where: str) -> Span:
    if isinstance(item, dict) and {"label", "start_offset", "end_offset"} <= item.keys():
        return span_of(item["start_offset"], item["end_offset"], item["label"], where=where)
    if isinstance(item, list) and len(item) == 3:
        return span_of(item[0], item[1], item[2], where=where)
    raise DataError(
        f'{where}: expected [start, end, "LABEL"] or {{"label", "start_offset", "end_offset"}}, found {item!r}; '
        "only sequence labelling projects can be read"
    )


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One line per document with `label`, what doccano imports."""
    with atomic_write(path) as handle:
        for document in documents:
            handle.write(json.dumps(to_record(document), ensure_ascii=False) + "\n")


def to_record(document: Document) -> dict[str, object]:
    """The JSON object of one document."""
    label = [[entity.start, entity.end, entity.label] for entity in document.entities]
    return {"id": number_or_text(document.id), "text": document.text, "label": label}


def sniff(seen: Peek) -> float:
    """Entities that are lists, but not of five, or have a `start_offset`; or a list of labels with nothing in it."""
    lists = share(seen.items, lambda item: isinstance(item, list) and len(item) != 5)
    empty = any(record.get("label") == [] for record in seen.records)
    return max(0.8 * (lists + seen.items_with("start_offset")), 0.5 * empty)


FORMAT = Format("doccano", read, write, sniff)
