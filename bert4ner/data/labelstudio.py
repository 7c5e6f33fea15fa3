"""The `labelstudio` format: Label Studio's JSON export, ends exclusive, the first annotation that was not cancelled.

Relations, choices, predictions and further annotators' work are counted and left out. JSON-MIN exports are read too.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.deepner import number_or_text
from bert4ner.data.format import Format
from bert4ner.data.json_list import write_list
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.peek import Peek
from bert4ner.data.records import EndConvention, Record, Span, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown
from bert4ner.entities import Document
from bert4ner.errors import DataError


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in file order; tasks without annotation have no entities and are counted.

    Raises:
        DataError: with the number of the record, or the line where the JSON is broken.
    """
    convention = EndConvention(default_inclusive=False)
    records = []
    for number, (where, task) in enumerate(json_records(path, repairs), start=1):
        data = task.get("data", task)
        if not isinstance(data, dict):
            raise DataError(f'{where}: expected the text in an object under "data", found {type(data).__name__}')
        id = id_of(data, where, default=id_of(task, where, default=f"{path.stem}-{number}"))
        records.append(Record(where, id, text_of(data, where, key=_text_key(data)), _spans(task, where, repairs)))
        convention.look(records[-1])
    if convention.inclusive:
        repairs.note("files whose ends are inclusive read as such", str(path))
    for record in records:
        yield make_document(record, repairs, inclusive=convention.inclusive)


def _text_key(data: dict[str, object]) -> str:
    """`text`, or the only key that holds a string: projects name it as they like."""
    names = [key for key, value in data.items() if isinstance(value, str) and key != "id"]
    return names[0] if "text" not in data and len(names) == 1 else "text"


def _spans(task: dict[str, object], where: str, repairs: Repairs) -> list[Span]:
    labels = task.get("label")
    if "data" not in task and isinstance(labels, list):  # JSON-MIN
        return [span for value in labels for span in _labelled(value, where)]
    annotations = list_of(task, "annotations" if "annotations" in task else "completions", where)
    usable = [each for each in annotations if isinstance(each, dict) and not each.get("was_cancelled")]
    repairs.note("cancelled annotations left out", where, count=len(annotations) - len(usable))
    repairs.note("further annotations of the same task left out", where, count=len(usable[1:]))
    if not usable:
        repairs.note("tasks without annotation read as documents without entities", where)
        repairs.note("machine predictions left out", where, count=len(list_of(task, "predictions", where)))
        return []
    spans = []
    for result in list_of(usable[0], "result", where):
        kind = result.get("type") if isinstance(result, dict) else type(result).__name__
        if kind == "labels":
            spans += _labelled(result.get("value"), where)
        else:
            repairs.note(f"results of type {kind!r} left out", where)
    return spans


def _labelled(value: object, where: str) -> list[Span]:
    if not isinstance(value, dict) or not {"start", "end", "labels"} <= value.keys():
        raise DataError(f'{where}: expected a value {{"start", "end", "text", "labels"}}, found {shown(value)}')
    labels = list_of(value, "labels", where)
    if not labels:
        raise DataError(f"{where}: expected a label at [{value['start']}, {value['end']}), found none; remove the span")
    return [span_of(value["start"], value["end"], label, mention=value.get("text"), where=where) for label in labels]


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One JSON list of tasks, a line each, as Label Studio imports it (`from_name` label, `to_name` text)."""
    write_list(documents, path, to_task)


def to_task(document: Document) -> dict[str, object]:
    """The JSON object of one document."""
    data = {"id": number_or_text(document.id), "text": document.text}
    return {"data": data, "annotations": [{"result": results_of(document)}]}


def results_of(document: Document) -> list[dict[str, object]]:
    """The entities of a document, as annotations and predictions have them."""
    return [
        {
            "from_name": "label",
            "to_name": "text",
            "type": "labels",
            "value": {"start": e.start, "end": e.end, "text": document.mention(e), "labels": [e.label]},
        }
        for e in document.entities
    ]


def sniff(seen: Peek) -> float:
    """Tasks with an object under `data`, or, in JSON-MIN exports, entities with `labels`."""
    return max(1.0 * any(isinstance(task.get("data"), dict) for task in seen.records), 0.8 * seen.items_with("labels"))


FORMAT = Format("labelstudio", read, write, sniff)
