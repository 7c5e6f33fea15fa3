"""The `spacy` format: pairs `["text", {"entities": [[start, end, "LABEL"], ...]}]`, and spaCy 2's training JSON.

Ends are exclusive. In the training JSON (`paragraphs`, `sentences`, `tokens` with `orth` and `ner`) each paragraph is a
document. spaCy reads a binary DocBin as pairs.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from bert4ner.data.docbin import ZLIB
from bert4ner.data.format import Format, Holds
from bert4ner.data.json_values import id_of, list_of
from bert4ner.data.peek import Peek
from bert4ner.data.records import Record, Span
from bert4ner.data.repairs import Repairs
from bert4ner.data.shapes import Found, Place, Shape, has_spans, shaped_format, spans_under
from bert4ner.data.tag_runs import tag_runs
from bert4ner.data.token_lists import places_of
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown


def _fits_training(record: Found) -> bool:
    paragraphs = record.get("paragraphs")
    return isinstance(paragraphs, list) and all(isinstance(each, dict) and "sentences" in each for each in paragraphs)


def _convert_training(record: Found, place: Place) -> Iterator[Record]:
    id = id_of(dict(record), place.where, default=place.id)
    for number, paragraph in enumerate(record["paragraphs"], start=1):
        where = f"{place.where}, paragraph {number}"
        tokens = [token for each in list_of(paragraph, "sentences", where) for token in _tokens(each, where)]
        raw = paragraph.get("raw")
        words = [token["orth"] for token in tokens]
        text = raw if isinstance(raw, str) else " ".join(words)
        starts = places_of(words, text, where)
        ends = [start + len(word) for start, word in zip(starts, words, strict=True)]
        tagged = sum("ner" in token for token in tokens)
        if 0 < tagged < len(tokens):
            raise DataError(
                f"{where}: expected a tag under 'ner' for each token, found it for {tagged} of {len(tokens)}"
            )
        tags = [token.get("ner", "O") for token in tokens]
        runs = tag_runs(["O" if tag in ("-", "", None) else tag for tag in tags], where, place.repairs)
        spans = [Span(starts[first], ends[last], label) for first, last, label in runs]
        yield Record(where, f"{id}-{number}", text, spans)


def _tokens(sentence: object, where: str) -> list[dict[str, Any]]:
    if not isinstance(sentence, dict) or "tokens" not in sentence:
        raise DataError(f'{where}: expected a sentence {{"tokens": [...]}}, found {shown(sentence)}')
    tokens = list_of(sentence, "tokens", where)
    for token in tokens:
        if not isinstance(token, dict) or not isinstance(token.get("orth"), str):
            raise DataError(f'{where}: expected a token {{"orth", "ner"}}, found {shown(token)}')
    return tokens


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """One list of pairs, a line each."""
    with atomic_write(path) as handle:
        separator = "[\n"
        for document in documents:
            entities = [[entity.start, entity.end, entity.label] for entity in document.entities]
            handle.write(separator + json.dumps([document.text, {"entities": entities}], ensure_ascii=False))
            separator = ",\n"
        handle.write("[]\n" if separator == "[\n" else "\n]\n")


PAIRS = Shape(
    "pairs of a text and its entities",
    has_spans("text", "entities"),
    spans_under("text", "entities"),
    ("entities", "cats", "links"),
)
TRAINING = Shape("training JSON with paragraphs", _fits_training, _convert_training, ("paragraphs",))
_SHAPED = shaped_format("spacy", (TRAINING, PAIRS), write=write, holds=Holds(ids=False, nested=False))


def sniff(seen: Peek) -> float:
    """Pairs of a text and an object, paragraphs of sentences, or the first bytes of a DocBin."""
    if seen.start[:2] in ZLIB and seen.path.suffix == ".spacy":
        return 0.9
    training = any(_fits_training(record) for record in seen.records)
    return 0.9 * (seen.pairs or training)


FORMAT: Format = replace(_SHAPED, sniff=sniff)
