"""The `cmeee` format, ends inclusive: CBLUE's JSON and the older lines `text|||start    end    type|||...`.

Spans that end before they start, which the published set contains, are left out and counted. Written as JSON.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.conventions import EndConvention
from bert4ner.data.deepner import number_or_text
from bert4ner.data.files import first_character, read_lines
from bert4ner.data.format import Format
from bert4ner.data.json_list import write_list
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.peek import MANY, Peek, share
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

DIVIDER = "|||"
PIECE = re.compile(r"\s*(-?\d{1,18})\s+(-?\d{1,18})\s+(\S+)\s*")


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in file order; one in memory at a time if the file has lines.

    Raises:
        DataError: with `path:line`, or the number of the record in a JSON list.
    """
    if first_character(path) not in ("[", "{"):
        yield from _read_lines(path, repairs)
        return
    convention = EndConvention(default_inclusive=True)
    records = [
        Record(
            where,
            id_of(record, where, default=f"{path.stem}-{number}"),
            text_of(record, where),
            [_span(entity, where) for entity in list_of(record, "entities", where)],
        )
        for number, (where, record) in enumerate(json_records(path, repairs, reads=("entities",)), start=1)
    ]
    for record in records:
        convention.look(record)
    if not convention.inclusive:
        repairs.note_file("ends are exclusive throughout the file: corrected", str(path))
    for record in released(records):
        counted = convention.count_from_zero(record, repairs)
        yield make_document(counted, repairs, inclusive=convention.inclusive, drop_reversed=True)


def _span(entity: object, where: str) -> Span:
    if not isinstance(entity, dict) or not {"start_idx", "end_idx", "type"} <= entity.keys():
        raise DataError(
            f'{where}: expected an entity {{"start_idx", "end_idx", "type", "entity"}}, found {shown(entity)}'
        )
    start, end, label = entity["start_idx"], entity["end_idx"], entity["type"]
    return span_of(start, end, label, mention=entity.get("entity"), where=where)


def _read_lines(path: Path, repairs: Repairs) -> Iterator[Document]:
    for number, line in read_lines(path, repairs):
        if line.strip():
            where = f"{path}:{number}"
            record = Record(where, NumberedId(path.stem, number), *_parse(line, where))
            yield make_document(record, repairs, inclusive=True, drop_reversed=True)


def _parse(line: str, where: str) -> tuple[str, list[Span]]:
    """The text and the spans; read from the end, because the text may contain the divider itself."""
    pieces = line.split(DIVIDER)
    if len(pieces) > 1 and not pieces[-1].strip():
        pieces.pop()
    spans: list[Span] = []
    while len(pieces) > 1 and (match := PIECE.fullmatch(pieces[-1])):
        spans.append(Span(int(match.group(1)), int(match.group(2)), match.group(3)))
        pieces.pop()
    if len(pieces) > 1:
        raise DataError(
            f"{where}: expected text|||START    END    TYPE|||..., found {shown(pieces[-1])} between dividers; "
            "correct the line, or give the set as JSON if its texts hold '|||'"
        )
    return pieces[0], spans[::-1]


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """CBLUE's JSON list, a line per document, ends inclusive."""
    write_list(documents, path, _record)


def _record(document: Document) -> dict[str, object]:
    entities = [
        {"start_idx": e.start, "end_idx": e.end - 1, "type": e.label, "entity": document.mention(e)}
        for e in document.entities
    ]
    return {"id": number_or_text(document.id), "text": document.text, "entities": entities}


def sniff(seen: Peek) -> float:
    """Entities with a `start_idx`, or lines that end in a divider, some with spans before it."""
    if seen.kind == "lines":
        annotated = any(PIECE.fullmatch(piece) for line in seen.lines for piece in line.split(DIVIDER)[1:])
        return 0.9 * (annotated and share(seen.lines, _ends_in_a_span) >= MANY)
    return 0.8 * seen.items_with("start_idx")


def _ends_in_a_span(line: str) -> bool:
    pieces = line.split(DIVIDER)
    return len(pieces) > 1 and (not pieces[-1].strip() or PIECE.fullmatch(pieces[-1]) is not None)


FORMAT = Format("cmeee", read, write, sniff)
