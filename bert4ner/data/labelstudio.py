"""The `labelstudio` format: Label Studio's JSON export, ends exclusive, the first annotation that was not cancelled.

Relations, choices, predictions and other annotators' work are counted and left out. JSON-MIN exports are read, too.
The text is the field that the mentions fit.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bert4ner.data.conventions import EndConvention
from bert4ner.data.deepner import number_or_text
from bert4ner.data.format import Format
from bert4ner.data.json_list import write_list
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of, span_of, text_of
from bert4ner.data.peek import Peek
from bert4ner.data.records import Record, Span, agrees, make_document
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown_keys
from bert4ner.data.unread import refuse_unread
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in file order; tasks without annotation have no entities and are counted.

    Raises:
        DataError: with the number of the record and of the task, or the line where the JSON is broken.
    """
    tasks = [_task(task, where, repairs) for where, task in json_records(path, repairs)]
    fields = _fields_by_fit(tasks)
    convention = EndConvention(default_inclusive=False)
    records = []
    for number, task in enumerate(released(tasks), start=1):
        id = id_of(task.data, task.where, default=task.id or f"{path.stem}-{number}")
        records.append(Record(task.where, id, text_of(task.data, task.where, key=_text_key(task, fields)), task.spans))
        convention.look(records[-1])
    if convention.inclusive:
        repairs.note_file("ends are inclusive throughout the file: corrected", str(path))
    for record in released(records):
        yield make_document(convention.count_from_zero(record, repairs), repairs, inclusive=convention.inclusive)


@dataclass(frozen=True)
class Task:
    """One task: its place, its id, its fields, and the spans of its annotation."""

    where: str
    id: str
    data: dict[str, Any]
    spans: list[Span]

    @property
    def texts(self) -> dict[str, str]:
        """Its fields that hold text."""
        return {key: value for key, value in self.data.items() if isinstance(value, str) and key != "id"}


def _task(task: dict[str, Any], where: str, repairs: Repairs) -> Task:
    data = task.get("data", task)
    id = id_of(task, where, default="")
    where = f"{where}, task {shown(task['id'])}" if id else where
    if not isinstance(data, dict):
        raise DataError(f'{where}: expected the text in an object under "data", found {type(data).__name__}')
    if "data" in task:
        refuse_unread(task, ("data", "annotations", "completions", "predictions", "drafts"), where)
        return Task(where, id, data, _spans(task, where, repairs))
    controls = [key for key in data if _is_regions(data[key])]
    refuse_unread(data, controls, where)
    return Task(where, id, data, [span for key in controls for each in data[key] for span in _labelled(each, where)])


def _is_regions(value: object) -> bool:
    """JSON-MIN exports have a list of regions with labels under the name of a control."""
    regions = value if isinstance(value, list) else []
    return bool(regions) and all(
        isinstance(each, dict) and {"start", "end", "labels"} <= each.keys() for each in regions
    )


def _fields_by_fit(tasks: list[Task]) -> list[str]:
    """The names of fields in the order of preference for the text: most mentions, `text`, the others."""
    votes = Counter({"text": 0})
    for task in tasks:
        for key, text in task.texts.items():
            votes[key] += sum(_fits(text, span) for span in task.spans)
    return sorted(votes, key=lambda key: (-votes[key], key != "text"))


def _fits(text: str, span: Span) -> bool:
    return span.mention is not None and any(
        agrees(text[span.start : span.end + more], span.mention) for more in (0, 1) if span.start >= 0
    )


def _text_key(task: Task, fields: list[str]) -> str:
    """The field with the text: the only one, the one that mentions fit best, or `text`.

    Raises:
        DataError: there are several fields, and nothing decides between them.
    """
    texts = task.texts
    if len(texts) < 2 or "text" in texts or any(_fits(text, span) for text in texts.values() for span in task.spans):
        return next((key for key in fields if key in texts), "text")
    if fields[0] in texts and fields[0] != "text":
        return fields[0]
    raise DataError(
        f"{task.where}: expected one text among the fields {shown_keys(dict(texts))}, or one that the mentions fit; "
        "name the field 'text'"
    )


def _spans(task: dict[str, Any], where: str, repairs: Repairs) -> list[Span]:
    annotations = list_of(task, "annotations" if "annotations" in task else "completions", where)
    usable = [each for each in annotations if isinstance(each, dict) and not each.get("was_cancelled")]
    repairs.note("cancelled annotations left out", where, count=len(annotations) - len(usable))
    repairs.note("further annotations of the same task left out", where, count=len(usable[1:]))
    if not usable:
        repairs.note("tasks without annotation read as documents without entities", where)
        repairs.note("machine predictions left out", where, count=len(list_of(task, "predictions", where)))
        return []
    refuse_unread(usable[0], ("result", "prediction", "draft"), where)
    if "result" not in usable[0]:
        raise DataError(f"{where}: expected the regions under 'result', found {shown_keys(usable[0])}")
    spans = []
    for result in list_of(usable[0], "result", where):
        kind = result.get("type") if isinstance(result, dict) else type(result).__name__
        if kind == "labels":
            spans += _labelled(result.get("value"), where)
        else:
            repairs.note(f"results of type {shown(kind)} left out", where)
    return spans


def _labelled(value: object, where: str) -> list[Span]:
    if not isinstance(value, dict) or not {"start", "end"} <= value.keys():
        raise DataError(f'{where}: expected a value {{"start", "end", "text", "labels"}}, found {shown(value)}')
    labels = list_of(value, "labels", where)
    if not labels:
        place = f"[{shown(value['start'])}, {shown(value['end'])})"
        raise DataError(f"{where}: expected a label at {place}, found none; give the region one or remove it")
    return [span_of(value["start"], value["end"], label, mention=value.get("text"), where=where) for label in labels]


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One JSON list of tasks, one line each, as Label Studio imports it (`from_name` label, `to_name` text)."""
    write_list(documents, path, to_task)


def to_task(document: Document) -> dict[str, object]:
    """The JSON object of one document."""
    data = {"id": number_or_text(document.id), "text": document.text}
    return {"data": data, "annotations": [{"result": results_of(document)}]}


def results_of(document: Document) -> list[dict[str, object]]:
    """The entities of a document, in the form of annotations and predictions."""
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
    """Tasks with an object under `data`, or, in JSON-MIN exports, regions with `labels` under any name."""
    minimal = [task for task in seen.records if any(map(_is_regions, task.values()))]
    annotated = len(seen.items) or len(minimal)
    exported = any(isinstance(task.get("data"), dict) for task in seen.records)
    return max(1.0 * exported, 0.8 * min(1.0, len(minimal) / max(annotated, 1)))


FORMAT = Format("labelstudio", read, write, sniff)
