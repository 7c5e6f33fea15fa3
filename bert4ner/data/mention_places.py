"""Puts labelled mentions without offsets into their text, and counts those that have no place, or several.

Knows no file format; `alignment` finds the places.
"""

from collections.abc import Mapping, Sequence

from bert4ner.data.alignment import Align, Mention, align
from bert4ner.data.records import Record
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError, shown
from bert4ner.phrases import phrase

SHAPES: dict[Align, str] = {
    "all": "mentions without offsets, every occurrence",
    "first": "mentions without offsets, first occurrence",
    "order": "mentions without offsets, in the order given",
}
"""How what was read is described."""
CHOSEN: dict[Align, str] = {
    "all": "every occurrence is annotated; --align first or order chooses one",
    "first": "the first occurrence is annotated; --align all or order chooses others",
    "order": "",
}
"""What was done with mentions that occur several times; in the order given there is nothing to choose."""


def place(
    record: Record,
    mentions: Sequence[Mention],
    how: Align,
    repairs: Repairs,
    *,
    wheres: Mapping[Mention, str] = {},
) -> None:
    """Give a record the spans of its mentions; those that are missing or repeated are counted and listed.

    Args:
        record: gets the spans.
        mentions: with their labels.
        how: which occurrences they stand for.
        repairs: gets the counts.
        wheres: the place of a mention in the file; by default the record's.

    Raises:
        DataError: with the record's place: there are more entities than annotation has.
    """
    try:
        result = align(record.text, mentions, how)
    except DataError as problem:
        raise DataError(f"{record.where}: {problem}") from None
    record.spans = result.spans
    kinds = (
        (phrase("left.out.missing"), result.missing, True),
        (phrase("left.out.crossing"), result.crossing, True),
        (f"mentions found more than once in their text: {CHOSEN[how]}", result.repeated, False),
    )
    for kind, listed, left_out in kinds:
        for mention, label in listed:
            where = wheres.get((mention, label), record.where)
            repairs.note_each(kind, f"{where}: {shown(mention)} as {shown(label)}", left_out=left_out)
