"""The `doccano` format: JSON lines (or one list) with ends exclusive, in the variants its versions have exported.

`label`, `labels` or `entities` with `[start, end, "X"]`, the mention perhaps behind it, and `entities` or `annotations`
with `{"label", "start_offset", "end_offset"}`. Relations and comments are counted and left out.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.deepner import number_or_text
from bert4ner.data.format import Format
from bert4ner.data.json_entities import form_of, span_of_list, span_of_object
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, text_of
from bert4ner.data.peek import Peek, share
from bert4ner.data.records import Record, Span
from bert4ner.data.repairs import Repairs
from bert4ner.data.units import Offsets
from bert4ner.data.voting import checked_documents
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

KEYS = ("label", "labels", "entities", "annotations")
LEFT_OUT = ("relations", "cats")


def read(path: Path, repairs: Repairs, *, offsets: Offsets = "auto") -> Iterator[Document]:
    """Documents in file order, one in memory at a time.

    Raises:
        DataError: with `path:line`, or the number of the record in a JSON list.
    """
    yield from checked_documents(lambda quiet: _records(path, quiet), path, repairs, offsets=offsets)


def _records(path: Path, repairs: Repairs) -> Iterator[Record]:
    for number, (where, record) in enumerate(json_records(path, repairs, reads=(*KEYS, *LEFT_OUT)), start=1):
        for key in LEFT_OUT:
            repairs.note(f"doccano {key} left out", where, count=len(list_of(record, key, where)))
        id = id_of(record, where, default=f"{path.stem}-{number}")
        text = _text(record, where)
        yield Record(where, id, text, _spans(record, text, where))


def _text(record: dict[str, object], where: str) -> str:
    """Older exports name the text `data`."""
    return text_of(record, where, key="data" if "text" not in record and "data" in record else "text")


def _spans(record: dict[str, object], text: str, where: str) -> list[Span]:
    filled = [key for key in KEYS if list_of(record, key, where)]
    if len(filled) > 1:
        raise DataError(
            f"{where}: expected annotation under one of {', '.join(KEYS)}, found it under {' and '.join(filled)}; "
            "remove the wrong one"
        )
    return [_span(item, text, where) for key in filled for item in list_of(record, key, where)]


def _span(item: object, text: str, where: str) -> Span:
    if isinstance(item, dict) and {"label", "start_offset", "end_offset"} <= item.keys():
        return span_of_object(item, where)
    if isinstance(item, list) and len(item) in (3, 4) and sum(type(each) is int for each in item) >= 2:
        return span_of_list(item, text, where)
    raise DataError(
        f'{where}: expected [start, end, "LABEL"] or {{"label", "start_offset", "end_offset"}}, found {shown(item)}; '
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
    """Lists with two offsets, but not of five, or entities with a `start_offset`; or an empty list of labels."""
    lists = share(seen.items, lambda item: form_of(item) in ("iis", "sii", "iiss", "siis"))
    empty = any(record.get("label") == [] for record in seen.records)
    return max(0.8 * (lists + seen.items_with("start_offset")), 0.5 * empty)


FORMAT = Format("doccano", read, write, sniff, options=("offsets",))
