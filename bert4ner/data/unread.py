"""Refuses annotation under a key that a reader does not read: it would be lost in silence."""

import re
from collections.abc import Collection
from typing import Any

from bert4ner.data.json_names import ENDS, LABELS, MENTIONS, NAMES, STARTS
from bert4ner.data.stated_mentions import pairs_of
from bert4ner.errors import DataError, shown

TOKENS = ("tokens", "words")
"""Keys under which tools list tokens, with offsets but without labels."""
TAG = re.compile(r"[BIMESLU][-_:].+|O")
ABOUT = ("meta", "metadata", "info", "extra", "attributes")
"""Keys of information about a text: keywords in it are not entities."""
TAGGED = (*NAMES, "bio", "bio_tags", "tag", "ner_labels")
"""Keys of tags, in lists or in one text."""
LOOKED_AT, DEPTH = 20, 3


def refuse_unread(record: dict[str, object], reads: Collection[str], where: str) -> None:
    """Refuse a record with annotation under a key that is not among `reads`.

    Raises:
        DataError: naming the key and what it holds.
    """
    for key, value in record.items():
        if isinstance(value, str) and key in TAGGED and key not in reads and _is_tags(value):
            raise DataError(f"{where}: found tags in a text under {shown(key)}: {shown(value)}; make them a list")
        if not isinstance(value, list | dict) or not value or key in reads:
            continue
        if holds_annotation(key, value) or _holds_mentions(key, value, record):
            raise DataError(
                f"{where}: found what looks like annotation under {shown(key)}, which this format does not read: "
                f"{shown(value)}; name the format that it is in, or remove the key"
            )


def _holds_mentions(key: str, value: list[Any] | dict[str, Any], record: dict[str, object]) -> bool:
    """Whether a value labels mentions without offsets, and the record has a text that contains some of them."""
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list) and key not in ABOUT]
        words = [word for each in lists[:LOOKED_AT] for word in each[:LOOKED_AT] if isinstance(word, str)]
    else:
        pairs = pairs_of([each for each in value[:LOOKED_AT] if isinstance(each, list | dict)]) or []
        words = [word for pair in pairs for word in pair]
    texts = [text for text in record.values() if isinstance(text, str)]
    return any(word and word in text for word in words for text in texts)


def holds_annotation(key: str, value: object, depth: int = 0) -> bool:
    """Whether a value is a list or an object of things with offsets and labels, of tags, or of labelled mentions."""
    if isinstance(value, dict):
        return _object_holds(key, value, depth)
    if not isinstance(value, list):
        return False
    first = value[:LOOKED_AT]
    if any(_is_annotation(each, key) for each in first):
        return True
    if depth < DEPTH and any(isinstance(each, dict) and _object_holds(key, each, depth + 1) for each in first):
        return True  # records within a record
    tags = [each for each in first if isinstance(each, str) and TAG.fullmatch(each)]
    if tags and len(tags) == len(first) and (key in NAMES or any(tag != "O" for tag in tags)):
        return True
    return key in ("ner_tags", "tags", "ner", "labels") and bool(first) and all(type(each) is int for each in first)


def _object_holds(key: str, value: dict[str, object], depth: int) -> bool:
    things = list(value.values())[:LOOKED_AT]
    if _is_annotation(value, key) or any(_lists_places(thing) for thing in things):
        return True
    if depth < DEPTH and any(holds_annotation(key, thing, depth + 1) for thing in things):
        return True
    return key in NAMES and bool(things) and all(isinstance(each, str) or _is_texts(each) for each in things)


def _is_annotation(thing: object, key: str) -> bool:
    """One item with a place and a label."""
    if isinstance(thing, list):
        numbers = sum(type(each) is int for each in thing)
        return 3 <= len(thing) <= 5 and numbers == 2 and any(isinstance(each, str) for each in thing)
    if not isinstance(thing, dict):
        return False
    label = any(isinstance(thing.get(each), str | list) for each in LABELS)
    offsets = any(each in thing for each in STARTS) and any(each in thing for each in ENDS)
    if offsets:
        return label or key not in TOKENS
    return label and key in NAMES and any(isinstance(thing.get(each), str) for each in MENTIONS)


def _lists_places(value: object) -> bool:
    """Mentions with their places, `{"王小明": [[0, 2]]}`."""
    first = next(iter(value.values()), None) if isinstance(value, dict) else None
    places = first[:LOOKED_AT] if isinstance(first, list) else []
    return bool(places) and all(
        isinstance(each, list) and [type(edge) for edge in each] == [int, int] for each in places
    )


def _is_tags(value: str) -> bool:
    tags = value.split()
    return len(tags) > 1 and any(tag != "O" for tag in tags) and all(map(TAG.fullmatch, tags))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
