"""The `deepner` format: a JSON list of `{"id", "text", "labels": [["T1", "LABEL", start, end, "mention"], ...]}`.

Other keys of that project's files (`pseudo`, `candidate_entities`) are features of its models, not annotation, and
are ignored.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.conventions import EndConvention
from bert4ner.data.format import Format
from bert4ner.data.json_list import write_list
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.peek import Peek, share
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in file order; a record without `labels` has no entities.

    Raises:
        DataError: with the number of the record, or the line where the JSON is broken.
    """
    convention = EndConvention(default_inclusive=False)
    records = [
        Record(
            where,
            id_of(record, where, default=f"{path.stem}-{number}"),
            text_of(record, where),
            [_span(label, where) for label in list_of(record, "labels", where)],
        )
        for number, (where, record) in enumerate(json_records(path, repairs, reads=("labels",)), start=1)
    ]
    for record in records:
        convention.look(record)
    if convention.inclusive:
        repairs.note_file("ends are inclusive throughout the file: corrected", str(path))
    for record in released(records):
        yield make_document(convention.count_from_zero(record, repairs), repairs, inclusive=convention.inclusive)


def _span(label: object, where: str) -> Span:
    if not isinstance(label, list) or len(label) != 5:
        raise DataError(f'{where}: expected a label ["T1", "LABEL", start, end, "mention"], found {shown(label)}')
    return span_of(label[2], label[3], label[1], mention=label[4], where=where)


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One JSON list, one line per document; ids that are whole numbers stay numbers."""
    write_list(documents, path, _record)


def _record(document: Document) -> dict[str, object]:
    labels = [
        [f"T{number}", entity.label, entity.start, entity.end, document.mention(entity)]
        for number, entity in enumerate(document.entities, start=1)
    ]
    return {"id": number_or_text(document.id), "text": document.text, "labels": labels}


def number_or_text(id: str) -> int | str:
    """An id that looks like a whole number, as a number: tools of this family sort and join by it."""
    plain = id.isascii() and id.isdigit() and len(id) < 16 and str(int(id)) == id
    return int(id) if plain else id


def sniff(seen: Peek) -> float:
    """Entities that are lists of five; or a JSON list with texts but no annotation, which many formats could hold."""
    five = share(seen.items, lambda item: isinstance(item, list) and len(item) == 5)
    return max(0.8 * five, 0.1 * (seen.kind == "list" and seen.has_text))


FORMAT = Format("deepner", read, write, sniff)
