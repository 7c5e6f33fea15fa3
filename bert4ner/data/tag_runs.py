"""Entities from a list of tags, one per token: BIO, BIOS, BIOES, BMES and BILOU, recognized by their prefixes.

Violations of the tagging scheme are repaired and counted, as in files with one tag per line.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from bert4ner.data.repairs import Repairs
from bert4ner.data.tag_styles import ALIASES, BARE_LABEL, Tag
from bert4ner.entities import Entity
from bert4ner.errors import DataError, shown

TAG = re.compile(r"([BIMELSUW])(?:[-_](.+))?", re.DOTALL)
OUTSIDE = ("O", "o", "")
UNBEGUN = "I-, M- or E- tags without a beginning opened an entity"
UNENDED = "entities without their end tag closed"


def split_tag(tag: object, where: str) -> tuple[str, str]:
    """Prefix (O, B, I, E, S) and label of a tag.

    Raises:
        DataError: it is not a tag.
    """
    if tag in OUTSIDE:
        return "O", ""
    match = TAG.fullmatch(tag) if isinstance(tag, str) else None
    if match is None:
        raise DataError(f"{where}: expected a tag (O, or B- I- M- E- L- S- U- W- and a label), found {shown(tag)}")
    return ALIASES.get(match[1], match[1]), match[2] or BARE_LABEL


def tag_runs(tags: Sequence[object], where: str, repairs: Repairs) -> Iterator[tuple[int, int, str]]:
    """(first token, last token, label) of each entity.

    Raises:
        DataError: one of the tags is invalid.
    """

    def mended(kind: str, index: int) -> None:
        repairs.note(kind, where, count=kind == UNBEGUN)

    return runs_of([split_tag(tag, where) for tag in tags], mended)


def runs_of(tags: Iterable[Tag], mended: Callable[[str, int], None]) -> Iterator[tuple[int, int, str]]:
    """(first, last, label) of each entity in tags that are already split.

    Violations of the tagging scheme are repaired and reported with the number of the tag: `UNBEGUN`, and `UNENDED`,
    which also covers every entity of a scheme without end tags.
    """
    first: int | None = None
    open_label = ""
    for index, (prefix, label) in enumerate(chain(tags, [("O", "")])):
        if first is None and prefix == "O":
            continue
        goes_on = prefix in "IE" and first is not None and label == open_label
        if first is not None and not goes_on:
            mended(UNENDED, index - 1)
            yield first, index - 1, open_label
            first = None
        if prefix != "O" and not goes_on:
            if prefix in "IE":
                mended(UNBEGUN, index)
            first, open_label = index, label
        if prefix in "ES" and first is not None:
            yield first, index, label
            first = None


def bio_tags(length: int, entities: Iterable[Entity]) -> list[str]:
    """The tags of characters for entities that do not overlap: B- and I- with the label, O.

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
