"""Records with lists of tokens, and entities as positions of tokens: the code that these formats share.

Tokens are joined by spaces if most of them in the file are words of ASCII letters, else directly. `token_formats` has
the formats.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any

from bert4ner.data.arrow_rows import features_of
from bert4ner.data.class_names import named, names_of
from bert4ner.data.json_records import json_records
from bert4ner.data.json_values import id_of, list_of
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.shapes import describe_shapes
from bert4ner.data.showing import shown_keys
from bert4ner.data.unread import refuse_unread
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

TOKENS = ("tokens", "words", "text", "chars", "sentence", "token", "tokenized_text")
OTHER_TAGS = ("chunk_tags", "pos_tags")
"""Other columns of CoNLL data beside the tags of entities."""


@dataclass
class Tokens:
    """One record: its tokens, and the entities as (positions of their tokens, label)."""

    where: str
    id: str
    tokens: list[str]
    entities: list[tuple[list[int], str]] = field(default_factory=list)
    shape: str = ""
    """Its keys, for the line about what was read."""
    text: str | None = None
    """The text, if the record has it beside the tags; None if the tokens make it."""


@dataclass(frozen=True)
class TokenShape:
    """One way in which records list tokens and mark entities."""

    fits: Callable[[dict[str, Any]], tuple[str, str] | None]
    """The keys of the tokens and of the annotation, None if a record does not have this shape."""
    entities: Callable[[Any, Tokens, Repairs], Iterator[tuple[list[int], str]]]
    """The entities from the value under the second key."""


def read(shape: TokenShape, path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in file order.

    Raises:
        DataError: with `path:line`, or the number of the record.
    """
    names = {key: found for key, feature in features_of(path).items() if (found := names_of(feature))}
    records = [_tokens(shape, record, Tokens(where, f"{path.stem}-{number}", []), repairs, names)
               for number, (where, record) in enumerate(json_records(path, repairs), start=1)]  # fmt: skip
    repairs.shape = describe_shapes(record.shape for record in records if record.shape)
    total = sum(len(record.tokens) for record in records)
    words = sum(len(token) > 1 and token.isascii() for record in records for token in record.tokens) * 2 > total
    for record in released(records):
        yield make_document(_record(record, repairs, words=words), repairs)


def _tokens(
    shape: TokenShape, record: dict[str, Any], found: Tokens, repairs: Repairs, names: dict[str, list[str]]
) -> Tokens:
    where = found.where
    keys = shape.fits(record)
    refuse_unread(record, (*(keys or ()), *OTHER_TAGS), where)
    for key in OTHER_TAGS:
        repairs.note(f"lists of {key} left out", where, count=record.get(key) is not None)
    found.id = id_of(record, where, default=found.id)
    if keys is None:
        listed = next((key for key in TOKENS if isinstance(record.get(key), list)), None)
        if listed is None and not isinstance(record.get("text"), str):
            raise DataError(f"{where}: expected tokens and their annotation in lists, found {shown_keys(record)}")
        repairs.note("records without annotation read as documents without entities", where)
        found.text = record["text"] if listed is None else None
        found.tokens = [] if listed is None else _strings(record, listed, where)
        return found
    found.shape = f"{keys[0]} and {keys[1]}"
    value, annotation = record[keys[0]], record[keys[1]]
    if isinstance(value, str):
        found.text = value
        found.tokens = list(value) if len(annotation) == len(value) else value.split()
    else:
        found.tokens = _strings(record, keys[0], where)
        found.text = record["text"] if isinstance(record.get("text"), str) else None
    found.entities = list(shape.entities(named(annotation, names.get(keys[1]), keys[1], where), found, repairs))
    return found


def _strings(record: dict[str, Any], key: str, where: str) -> list[str]:
    tokens = list_of(record, key, where)
    for token in tokens:
        if not isinstance(token, str):
            raise DataError(f"{where}: expected tokens as strings under {key!r}, found {shown(token)}")
    return tokens


def _record(found: Tokens, repairs: Repairs, *, words: bool) -> Record:
    if found.text is None:
        gaps = max(0, len(found.tokens) - 1) * words
        repairs.note("spaces put between tokens that are words", found.where, count=gaps)
        text = (" " if words else "").join(found.tokens)
        starts = list(accumulate((len(token) + words for token in found.tokens), initial=0))
    else:
        text = found.text
        starts = places_of(found.tokens, text, found.where)
    spans = []
    for positions, label in found.entities:
        pieces = _pieces(sorted(set(positions)), starts, found.tokens)
        spans.append(Span(pieces[0][0], pieces[-1][1], label, fragments=tuple(pieces) if len(pieces) > 1 else ()))
    return Record(found.where, found.id, text, spans)


def places_of(tokens: list[str], text: str, where: str) -> list[int]:
    """The start of each token in a text that has the tokens in this order.

    Raises:
        DataError: a token does not occur after the previous one.
    """
    starts, position = [], 0
    for token in tokens:
        start = text.find(token, position)
        if start < 0:
            raise DataError(
                f"{where}: expected the tokens in the text in their order, found {shown(token)} nowhere behind "
                f"character {position}; correct it, or remove the text to have the tokens joined"
            )
        starts.append(start)
        position = start + len(token)
    return starts


def _pieces(positions: list[int], starts: list[int], tokens: list[str]) -> list[tuple[int, int]]:
    """The ranges of characters that tokens cover; consecutive tokens form one range."""
    pieces: list[tuple[int, int]] = []
    last = None
    for position in positions:
        start, end = starts[position], starts[position] + len(tokens[position])
        if last is not None and position == last + 1:
            pieces[-1] = (pieces[-1][0], end)
        else:
            pieces.append((start, end))
        last = position
    return pieces
