"""The `prodigy` format: JSON of `{"text", "spans": [{"start", "end", "label"}], "answer"}`, and displaCy's `ents`.

Ends are exclusive. Records that a person rejected or ignored are counted and left out; tokens and relations are
ignored.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.format import Holds
from bert4ner.data.json_values import list_of
from bert4ner.data.records import Record
from bert4ner.data.repairs import Repairs
from bert4ner.data.shapes import Found, Place, Shape, has_spans, shaped_format, spans_under
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import shown

LEFT_OUT = ("reject", "ignore")
_of_spans = spans_under("text", "spans")


def _convert(record: Found, place: Place) -> Iterator[Record]:
    """No documents for a record that was not accepted."""
    answer = record.get("answer")
    if answer in LEFT_OUT:
        place.repairs.note(f"records whose answer is {shown(answer)} left out", place.where)
        return
    relations = list_of(dict(record), "relations", place.where)
    place.repairs.note("relations left out", place.where, count=len(relations))
    yield from _of_spans(record, place)


def _fits(record: Found) -> bool:
    spans = has_spans("text", "spans")(record)
    return spans or ("answer" in record and "spans" not in record and isinstance(record.get("text"), str))


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One accepted task per line, with an `id` that Prodigy keeps and does not use."""
    with atomic_write(path) as handle:
        for document in documents:
            spans = [{"start": e.start, "end": e.end, "label": e.label} for e in document.entities]
            record = {"id": document.id, "text": document.text, "spans": spans, "answer": "accept"}
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")


SHAPES = (
    Shape("tasks with spans", _fits, _convert, ("spans", "relations", "options", "meta")),
    Shape("displaCy's ents", has_spans("text", "ents"), spans_under("text", "ents"), ("ents",)),
)
FORMAT = shaped_format("prodigy", SHAPES, write=write, holds=Holds())
