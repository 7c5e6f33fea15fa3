"""Labelled mentions without offsets from JSON, in any of the forms that people and language models write.

Pairs `["王小明", "PER"]`, objects `{"type": "PER", "text": "王小明"}`, and `{"PER": ["王小明"]}`; alone, under
`entities`, or as JSON inside a string, with a fence of Markdown or words around it.
"""

import json
import re
from typing import Any

from bert4ner.data.json_names import LABELS, MENTIONS, STARTS

Pair = tuple[str, str]
INSIDE = ("entities", "result", "results", "output", "answer", "ner", "data")
"""Keys of an answer that wraps the list in an object."""
NOTHING = ("", "无", "没有", "无实体", "没有实体", "none", "null", "n/a")
JSON_PART = re.compile(r"[\[{].*[\]}]", re.DOTALL)


def pairs_of(value: object) -> list[Pair] | None:
    """The pairs of mention and label that a value holds; None if it does not hold such pairs.

    Pairs keep the order of their strings; in objects, and in lists under a label, the mention comes first.

    Example:
        >>> pairs_of({"PER": ["王小明"]})
        [('王小明', 'PER')]
    """
    if isinstance(value, str):
        return _of_string(value)
    if isinstance(value, dict):
        inside = next((key for key in INSIDE if isinstance(value.get(key), list | dict) and len(value) == 1), None)
        if inside is not None and (found := pairs_of(value[inside])) is not None:
            return found
        return _of_labels(value)
    if not isinstance(value, list):
        return None
    pairs = [_pair(each) for each in value]
    return None if None in pairs else [pair for pair in pairs if pair is not None]


def _of_string(value: str) -> list[Pair] | None:
    answer = value.strip()
    if answer.lower().rstrip("。.") in NOTHING:
        return []
    match = JSON_PART.search(answer)
    if match is None:
        return None
    try:
        inside = json.loads(match.group())
    except (ValueError, RecursionError):
        return None
    return None if isinstance(inside, str) else pairs_of(inside)


def _of_labels(value: dict[str, Any]) -> list[Pair] | None:
    """Mentions by label, or mentions with their label; the text decides later which."""
    pairs: list[Pair] = []
    for key, found in value.items():
        listed = found if isinstance(found, list) else [] if found is None else [found]
        if not all(isinstance(each, str) for each in listed):
            return None
        pairs.extend((each, key) for each in listed)
    return pairs


def _pair(thing: object) -> Pair | None:
    if isinstance(thing, list):
        return (thing[0], thing[1]) if len(thing) == 2 and all(isinstance(each, str) for each in thing) else None
    if not isinstance(thing, dict) or any(key in thing for key in STARTS):
        return None
    label = next((key for key in LABELS if isinstance(thing.get(key), str)), None)
    mentions = [key for key in MENTIONS if isinstance(thing.get(key), str) and key != label]
    if label is None and len(mentions) > 1 and "entity" in mentions:
        label = "entity"
        mentions.remove(label)
    if label is None:
        return _single(thing)
    return (thing[mentions[0]], thing[label]) if mentions else None


def _single(thing: dict[str, Any]) -> Pair | None:
    """`{"王小明": "PER"}`, in either direction."""
    pairs = list(thing.items())
    return pairs[0] if len(pairs) == 1 and isinstance(pairs[0][1], str) else None
