"""Writes tables: one row per entity, for filtering in spreadsheets."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

HEADER = ("id", "text", "start", "end", "label", "mention", "score")
Cells = tuple[str | int | float, ...]


def entity_rows(documents: Iterable[Document], path: Path) -> Iterator[Cells]:
    """The header, and a row for each entity; also one for each document without entities.

    Raises:
        DataError: an id is empty or occurs twice: rows with the same id belong to one document.
    """
    yield HEADER
    seen: set[str] = set()
    for document in documents:
        if document.id in seen or not document.id:
            raise DataError(f"{path}: expected each id once, found {shown(document.id)} again; rename one")
        seen.add(document.id)
        for each in document.entities:
            score = "" if each.score is None else each.score
            yield document.id, document.text, each.start, each.end, each.label, document.mention(each), score
        if not document.entities:
            yield document.id, document.text, "", "", "", "", ""
