"""Formats of Chinese evaluations and toolkits with one list of spans: `ccks` (CCKS, Yidu-S4K) and `uie` (PaddleNLP).

`ccks`: `{"originalText", "entities": [{"label_type", "start_pos", "end_pos"}]}`, one document a line, ends exclusive.
`uie`: `{"content", "result_list": [{"text", "start", "end"}], "prompt"}`, a line for each text and label.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.format import Holds
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.records import Record
from bert4ner.data.repairs import Repairs
from bert4ner.data.shapes import Found, Place, Shape, has_spans, shaped_format, spans_under
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown


def write_ccks(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One document a line."""
    with atomic_write(path) as handle:
        for document in documents:
            entities = [{"label_type": e.label, "start_pos": e.start, "end_pos": e.end} for e in document.entities]
            record = {"id": document.id, "originalText": document.text, "entities": entities}
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")


def write_uie(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """A line for each label of each document; one without entities has a line without results and prompt.

    Documents with the same text become one when they are read; `losses` counts them.
    """
    seen: set[str] = set()
    with atomic_write(path) as handle:
        for document in documents:
            digest = hashlib.sha256(document.text.encode("utf-8")).hexdigest()  # texts would fill the memory
            losses.note(
                "documents apart whose text is the same (read as one)", f"document {document.id}", count=digest in seen
            )
            seen.add(digest)
            for label in sorted({entity.label for entity in document.entities}) or [""]:
                results = [
                    {"text": document.mention(each), "start": each.start, "end": each.end}
                    for each in document.entities
                    if each.label == label
                ]
                record = {"content": document.text, "result_list": results, "prompt": label}
                handle.write(json.dumps(record, ensure_ascii=False) + "\n")


def _fits_uie(record: Found) -> bool:
    return isinstance(record.get("content"), str) and "result_list" in record


def _convert_uie(record: Found, place: Place) -> Iterator[Record]:
    where, found = place.where, dict(record)
    label = record.get("prompt")
    results = list_of(found, "result_list", where)
    if results and not isinstance(label, str):
        raise DataError(f"{where}: expected the label of the results as a string under 'prompt', found {shown(label)}")
    spans = []
    for result in results:
        if not isinstance(result, dict) or not {"start", "end"} <= result.keys():
            raise DataError(f'{where}: expected a result {{"text", "start", "end"}}, found {shown(result)}')
        spans.append(span_of(result["start"], result["end"], label, where=where, mention=result.get("text")))
    yield Record(where, id_of(found, where, default=place.id), text_of(found, where, key="content"), spans)


CCKS = Shape(
    "originalText with label_type",
    has_spans("originalText", "entities"),
    spans_under("originalText", "entities"),
    ("entities",),
)
UIE = Shape("a line for each text and prompt", _fits_uie, _convert_uie, ("result_list",), merges=True)

CCKS_FORMAT = shaped_format("ccks", (CCKS,), write=write_ccks)
UIE_FORMAT = shaped_format("uie", (UIE,), sure=0.9, write=write_uie, holds=Holds(ids=False))
