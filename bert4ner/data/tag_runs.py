"""Entities out of a list of tags, one for each token: BIO, BIOS, BIOES, BMES and BILOU, told by their prefixes.

What breaks the rules of tagging is mended and counted, as in files of a tag a line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from bert4ner.data.repairs import Repairs
from bert4ner.data.showing import shown
from bert4ner.entities import Entity
from bert4ner.errors import DataError

TAG = re.compile(r"([BIMELSUW])(?:[-_](.+))?", re.DOTALL)
ALIASES = {"M": "I", "L": "E", "U": "S", "W": "S"}
ONLY_LABEL = "ENTITY"
"""The label of tags that have none, bare B and I."""
OUTSIDE = ("O", "o", "")


def split_tag(tag: object, where: str) -> tuple[str, str]:
    """Prefix (O, B, I, E, S) and label of a tag.

    Raises:
        DataError: it is no tag.
    """
    if tag in OUTSIDE:
        return "O", ""
    match = TAG.fullmatch(tag) if isinstance(tag, str) else None
    if match is None:
        raise DataError(f"{where}: expected a tag (O, or B- I- M- E- L- S- U- W- and a label), found {shown(tag)}")
    return ALIASES.get(match[1], match[1]), match[2] or ONLY_LABEL


def tag_runs(tags: Sequence[object], where: str, repairs: Repairs) -> Iterator[tuple[int, int, str]]:
    """(first token, last token, label) of each entity.

    Raises:
        DataError: one of the tags is none.
    """
    first: int | None = None
    label = ""
    for index, tag in enumerate([*tags, "O"]):
        prefix, told = split_tag(tag, where)
        goes_on = prefix in "IE" and first is not None and told == label
        if first is not None and not goes_on:
            yield first, index - 1, label
            first = None
        if prefix in "IE" and not goes_on:
            repairs.note("I-, M- or E- tags without a beginning opened an entity", where)
        if prefix != "O" and not goes_on:
            first, label = index, told
        if prefix in "ES" and first is not None:
            yield first, index, label
            first = None


def bio_tags(length: int, entities: Iterable[Entity]) -> list[str]:
    """The tags of characters of which no two entities share one: B- and I- with the label, O.

    Example:
        >>> bio_tags(4, [Entity(1, 3, "PER")])
        ['O', 'B-PER', 'I-PER', 'O']
    """
    tags = ["O"] * length
    for entity in entities:
        tags[entity.start : entity.end] = [f"B-{entity.label}"] + [f"I-{entity.label}"] * (
            entity.end - entity.start - 1
        )
    return tags
