"""Formats whose records are lists of tokens: `huggingface` (a tag for each), `gliner` and `w2ner` (spans of tokens).

`{"tokens": [...], "ner_tags": ["B-PER", ...]}` with the usual other names, numbers if features name them;
`{"tokenized_text", "ner": [[first, last, "PER"]]}`; `{"sentence", "ner": [{"index": [0, 1], "type": "PER"}]}`. All are
written with one token per character.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bert4ner.data.format import Format, Holds, Write
from bert4ner.data.peek import Peek, share
from bert4ner.data.repairs import Repairs
from bert4ner.data.tag_runs import OUTSIDE, TAG, bio_tags, tag_runs
from bert4ner.data.token_lists import TOKENS, Tokens, TokenShape, read
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError, shown

TAGS = ("ner_tags", "tags", "labels", "label", "ner", "ner_labels", "bio_tags", "tag")

Positions = Iterator[tuple[list[int], str]]


def _tagged(record: dict[str, Any]) -> tuple[str, str] | None:
    tags = next((key for key in TAGS if _is_tags(record.get(key))), None)
    if tags is None:
        return None
    listed = next((key for key in TOKENS if isinstance(record.get(key), list) and key != tags), None)
    if listed is not None:
        return listed, tags
    text = record.get("text")
    fits = isinstance(text, str) and len(record[tags]) in (len(text), len(text.split())) and _all_tags(record[tags])
    return ("text", tags) if fits else None


def _is_tags(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) or type(each) is int for each in value)


def _all_tags(values: list[Any]) -> bool:
    return all(type(each) is int or each in OUTSIDE or TAG.fullmatch(each) for each in values)


def _of_tags(tags: list[Any], found: Tokens, repairs: Repairs) -> Positions:
    if len(tags) != len(found.tokens):
        raise DataError(f"{found.where}: expected a tag for each of {len(found.tokens)} tokens, found {len(tags)} tags")
    for first, last, label in tag_runs(tags, found.where, repairs):
        yield list(range(first, last + 1)), label


def _of_gliner(spans: list[Any], found: Tokens, repairs: Repairs) -> Positions:
    for span in spans:
        good = isinstance(span, list) and len(span) == 3 and type(span[0]) is type(span[1]) is int
        if not good or not isinstance(span[2], str):
            raise DataError(f'{found.where}: expected [first token, last token, "LABEL"], found {shown(span)}')
        _check(span[0], span[1], found)
        yield list(range(span[0], span[1] + 1)), span[2]


def _of_w2ner(spans: list[Any], found: Tokens, repairs: Repairs) -> Positions:
    for span in spans:
        index = span.get("index") if isinstance(span, dict) else None
        good = isinstance(index, list) and index and all(type(each) is int for each in index)
        if not good or not isinstance(span.get("type"), str):
            raise DataError(f'{found.where}: expected {{"index": [0, 1], "type": "LABEL"}}, found {shown(span)}')
        assert index is not None
        _check(min(index), max(index), found)
        yield index, span["type"]


def _check(first: int, last: int, found: Tokens) -> None:
    if not 0 <= first <= last < len(found.tokens):
        raise DataError(
            f"{found.where}: expected positions of tokens from 0 to {len(found.tokens) - 1}, the last one inclusive, "
            f"found {shown(first)} to {shown(last)}"
        )


def _gliner(record: dict[str, Any]) -> tuple[str, str] | None:
    fits = isinstance(record.get("tokenized_text"), list) and isinstance(record.get("ner"), list)
    return ("tokenized_text", "ner") if fits else None


def _w2ner(record: dict[str, Any]) -> tuple[str, str] | None:
    spans = record.get("ner")
    fits = isinstance(record.get("sentence"), list) and isinstance(spans, list)
    return ("sentence", "ner") if fits and all(isinstance(each, dict) for each in spans or ()) else None


def _write(
    to_record: Callable[[Document], dict[str, object]], documents: Iterable[Document], path: Path, losses: Repairs
) -> None:
    """One document per line."""
    with atomic_write(path) as handle:
        for document in documents:
            handle.write(json.dumps({"id": document.id, **to_record(document)}, ensure_ascii=False) + "\n")


def _to_tags(document: Document) -> dict[str, object]:
    return {"tokens": list(document.text), "ner_tags": bio_tags(len(document.text), document.entities)}


def _to_gliner(document: Document) -> dict[str, object]:
    spans = [[entity.start, entity.end - 1, entity.label] for entity in document.entities]
    return {"tokenized_text": list(document.text), "ner": spans}


def _to_w2ner(document: Document) -> dict[str, object]:
    spans = [{"index": _indices(entity), "type": entity.label} for entity in document.entities]
    return {"sentence": list(document.text), "ner": spans}


def _indices(entity: Entity) -> list[int]:
    pieces = entity.fragments or [(entity.start, entity.end)]
    return [position for start, end in pieces for position in range(start, end)]


def _sniff(shape: TokenShape, sure: float, seen: Peek) -> float:
    return sure * share(seen.records, lambda record: isinstance(record, dict) and shape.fits(record) is not None)


def _format(name: str, shape: TokenShape, write: Write, holds: Holds, sure: float) -> Format:
    return Format(name, partial(read, shape), write, partial(_sniff, shape, sure), holds)


FORMAT = _format("huggingface", TokenShape(_tagged, _of_tags), partial(_write, _to_tags), Holds(nested=False), 0.9)
GLINER_FORMAT = _format("gliner", TokenShape(_gliner, _of_gliner), partial(_write, _to_gliner), Holds(), 0.95)
W2NER_FORMAT = _format("w2ner", TokenShape(_w2ner, _of_w2ner), partial(_write, _to_w2ner), Holds(fragments=True), 0.95)
