"""What a format of annotated text is: one record per format, made at the end of the file that reads and writes it.

Each is registered in `registry.FORMATS`; `documents` reads and writes by them, `detect` asks them whose a file is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bert4ner.data.peek import Peek
from bert4ner.entities import Document

Read = Callable[..., Iterator[Document]]
Write = Callable[..., None]
Sniff = Callable[[Peek], float]


@dataclass(frozen=True)
class Holds:
    """What a format can carry; the rest is taken off and counted as lost before its writer sees the documents."""

    ids: bool = True
    entities: bool = True
    nested: bool = True
    """Entities inside or across one another."""
    fragments: bool = False
    """Entities in several pieces."""
    scores: bool = False
    weights: bool = False
    unsure: bool = False
    """Spans that may be entities or not."""
    line_breaks: bool = True
    """Within a text."""
    empty_texts: bool = True


@dataclass(frozen=True)
class Format:
    """A format of annotated text. What it lacks (a reader, a writer) is told when somebody asks for it.

    Args:
        name: what users call it; it is registered under the same name.
        read: yields the documents of a path in their order, if the format allows one in memory at a time, and counts
            in `Repairs` what it mends, given as (path, repairs, **options). What cannot be mended it refuses:
            `DataError`, with `path:line`.
        write: writes documents (an iterable) to a path, whole or not at all (`writing.atomic_write`), given as
            (documents, path, losses, **options); what `holds` does not say and is lost all the same it counts in
            `losses`.
        sniff: how sure the format is, between 0 and 1, that what was peeked at is its own. 0 is no; 0.1 a guess, if
            nobody knows better; 0.5 perhaps; 0.8 entities look as only this format's do; 0.9 so does the whole file.
            The surest one gets the file, of equals the one registered first. Without it, users name the format.
        holds: what the format can carry.
        options: names of the keyword arguments that `read` takes; "offsets" is the unit of offsets (`units.Offsets`),
            "align" which occurrences of a mention without offsets are meant (`alignment.Align`), "skip_broken" that
            annotations which cannot be read are left out.

    Example:
        FORMAT = Format("lines", read, write, sniff, Holds(ids=False, line_breaks=False))
    """

    name: str
    read: Read | None = None
    write: Write | None = None
    sniff: Sniff | None = None
    holds: Holds = Holds()
    options: tuple[str, ...] = ()
