"""The review file: doubtful documents for annotation tools, with the annotation and the models' version.

Documents are written as annotated, so that whatever nobody changes stays. The models' version is beside it as far as
the format can show it: as predictions in Label Studio, as text in the metadata in doccano.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from bert4ner.data import doccano, jsonl, labelstudio
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.scoring.suspicion import Doubt, Opinions, find_doubts

ReviewFormat = Literal["doccano", "labelstudio", "jsonl"]


@dataclass(frozen=True)
class Doubtful:
    """A document to review."""

    document: Document
    """As annotated."""
    likely: Document
    """With the entities more likely than not, according to the models that did not learn from it."""
    doubts: tuple[Doubt, ...]
    """The doubts more likely than not, or else the gravest."""


def most_doubtful(opinions: Sequence[Opinions], number: int) -> list[Doubtful]:
    """At most so many documents, by their gravest doubt."""
    likely = {each.document.id: each.likely() for each in opinions}
    doubts: dict[str, list[Doubt]] = {}
    documents = {}
    for document, doubt in find_doubts(opinions):
        documents[document.id] = document
        doubts.setdefault(document.id, []).append(doubt)
    chosen = list(doubts.items())[:number]
    return [Doubtful(documents[id], likely[id], _shown(found)) for id, found in chosen]


def _shown(doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
    return (doubts[0], *(doubt for doubt in doubts[1:] if doubt.suspicion > 0.5))


def write_review(doubtful: Sequence[Doubtful], path: Path, format: ReviewFormat) -> None:
    """Write a file that the named tool imports; its export can be read in that format.

    Raises:
        DataError: the format is another, or the place cannot be written.
    """
    if format not in get_args(ReviewFormat):
        raise DataError(f"review files have the format {', '.join(get_args(ReviewFormat))}, not {format!r}")
    with atomic_write(path) as handle:
        if format == "labelstudio":
            handle.write(json.dumps([_task(each) for each in doubtful], ensure_ascii=False, indent=1) + "\n")
            return
        to_record = doccano.to_record if format == "doccano" else jsonl.to_record
        for each in doubtful:
            record = {**to_record(each.document), "doubts": _sentences(each), "predicted": _mentions(each.likely)}
            handle.write(json.dumps(record, ensure_ascii=False) + "\n")


def _task(each: Doubtful) -> dict[str, object]:
    task = labelstudio.to_task(each.document)
    prediction = {"model_version": "out of fold", "result": labelstudio.results_of(each.likely)}
    return {**task, "predictions": [prediction], "meta": {"doubts": _sentences(each)}}


def _sentences(each: Doubtful) -> list[str]:
    return [doubt.describe(each.document) for doubt in each.doubts]


def _mentions(document: Document) -> list[str]:
    return [f"{document.mention(entity)} {entity.label} {entity.score:.3f}" for entity in document.entities]
