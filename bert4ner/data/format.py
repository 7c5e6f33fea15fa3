"""The record that defines a format of annotated text; each format's module ends with one.

`registry.FORMATS` lists all; `documents` uses them to read and write, `detect` asks them whether a file is theirs.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from bert4ner.data.peek import Peek
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

Read = Callable[..., Iterator[Document]]
Write = Callable[..., None]
Sniff = Callable[[Peek], float]


@dataclass(frozen=True)
class Labels:
    """The labels that a format can hold."""

    pattern: re.Pattern[str]
    """Of a whole label."""
    described: str
    """The same in words, after "expected a label"."""


WITHOUT_SPACE = Labels(re.compile(r"\S+"), "without white space")


@dataclass(frozen=True)
class Holds:
    """What a format can hold; everything else is removed and counted as lost before its writer sees the documents."""

    ids: bool = True
    entities: bool = True
    places: bool = True
    """Offsets; a format without them locates entities by their mentions, at every occurrence."""
    nested: bool = True
    """Entities inside or across one another."""
    crossing: bool = True
    """Entities across one another; without it, where `nested` is set, only entities inside others."""
    fragments: bool = False
    """Discontinuous entities."""
    scores: bool = False
    weights: bool = False
    unsure: bool = False
    """Spans that may or may not be entities."""
    line_breaks: bool = True
    """Line breaks within a text."""
    empty_texts: bool = True
    blank_texts: bool = True
    """Texts of only white space, without entities."""
    labels: Labels | None = None
    """None holds any. A label that cannot be held is an error, not a loss: it stands for all of its entities."""


@dataclass(frozen=True)
class Format:
    """A format of annotated text. A missing reader or writer is reported when someone requests it.

    Args:
        name: its name for users; also its name in the registry.
        read: yields the documents of a path in order, if the format allows it one in memory at a time, and counts
            repairs in `Repairs`; called as (path, repairs, **options). Refuses what it cannot repair with `DataError`
            and `path:line`.
        write: writes an iterable of documents to a path, whole or not at all (`writing.atomic_write`); called as
            (documents, path, losses, **options). Counts in `losses` what is lost beyond the limits in `holds`.
        sniff: the format's certainty, between 0 and 1, that the file is its own. 0 is no; 0.1 a guess if no format is
            surer; 0.5 perhaps; 0.8 entities look as only this format's do; 0.9 the whole file does. The most certain
            format gets the file, in a tie the one registered first. Without it, users must name the format.
        holds: what the format can hold.
        options: names of the keyword arguments of `read`; "offsets" is the unit of offsets (`units.Offsets`), "align"
            the occurrences that a mention without offsets stands for (`alignment.Align`), "skip_broken" leaves
            annotations out that cannot be read.

    Example:
        FORMAT = Format("lines", read, write, sniff, Holds(ids=False, line_breaks=False))
    """

    name: str
    read: Read | None = None
    write: Write | None = None
    sniff: Sniff | None = None
    holds: Holds = Holds()
    options: tuple[str, ...] = ()

    def check_labels(self, labels: Iterable[str], *, where: object) -> None:
        """Refuse labels that the format cannot hold.

        Raises:
            DataError: naming the first one.
        """
        able = self.holds.labels
        if able is None:
            return
        for label in labels:
            if not able.pattern.fullmatch(label):
                raise DataError(
                    f"{where}: expected a label {able.described}, which the format {self.name} needs, found "
                    f"{shown(label)}; rename it or write another format"
                )
