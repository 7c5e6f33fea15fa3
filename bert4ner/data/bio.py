"""The `bio` format: one character and its tag per line, a blank line between sentences; see `tagged_lines`.

One file may mix tagging schemes. Ids are the file's name and the number of the sentence.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.decoding import SURROGATE, guard_bom, join_surrogates
from bert4ner.data.format import Format, Holds
from bert4ner.data.peek import MANY, Peek, share
from bert4ner.data.records import Record, Span, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.tagged_lines import TAG, Row, Survey, read_sentences, survey_file
from bert4ner.data.writing import atomic_write
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError

SCHEMES = ("bio", "bios", "bioes")


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Sentences in file order, one in memory at a time.

    Raises:
        DataError: with `path:line`: a line without a tag, or a tag of no known scheme.
    """
    survey = survey_file(path)
    for number, rows in enumerate(read_sentences(path, survey, repairs), start=1):
        yield _document(f"{path.stem}-{number}", rows, survey, repairs, path=path)


def _document(id: str, rows: list[Row], survey: Survey, repairs: Repairs, *, path: Path) -> Document:
    rows = _join_halves(rows, repairs, path=path)
    words = survey.words * 2 > survey.tokens and not survey.digits
    where = f"{path}:{rows[0].line}"
    repairs.note("spaces put between tokens that are words", where, count=(len(rows) - 1) * words)
    text = (" " if words else "").join(row.token for row in rows)
    starts, position = [], 0
    for row in rows:
        starts.append(position)
        position += len(row.token) + words
    spans = [
        Span(starts[first], starts[last] + len(rows[last].token), label)
        for first, last, label in _runs(rows, survey, repairs, path=path)
    ]
    return make_document(Record(where, id, text, spans), repairs)


def _join_halves(rows: list[Row], repairs: Repairs, *, path: Path) -> list[Row]:
    """An emoji whose two surrogates stand on two lines becomes one token with the first one's tag."""
    if not any(SURROGATE.search(row.token) for row in rows):
        return rows
    joined: list[Row] = []
    for row in rows:
        both = join_surrogates(joined[-1].token + row.token) if joined else ""
        if joined and SURROGATE.search(joined[-1].token) and len(both) < len(joined[-1].token) + len(row.token):
            joined[-1].token = both
            repairs.note("emoji cut over two lines read as one character", f"{path}:{row.line}")
        else:
            joined.append(row)
    return joined


def _runs(rows: list[Row], survey: Survey, repairs: Repairs, *, path: Path) -> Iterator[tuple[int, int, str]]:
    """(first row, last row, label) of every entity; what breaks the rules of tagging is mended and counted."""
    first: int | None = None
    for index, row in enumerate([*rows, Row(0, "", "O", "")]):
        open_label = rows[first].label if first is not None else ""
        goes_on = row.prefix in "IE" and first is not None and row.label == open_label
        if first is not None and not goes_on:
            if survey.ends:
                repairs.note("entities without their end tag closed", f"{path}:{rows[index - 1].line}")
            yield first, index - 1, open_label
            first = None
        if row.prefix in "IE" and not goes_on:
            repairs.note("I-, M- or E- tags without a beginning opened an entity", f"{path}:{row.line}")
        if row.prefix != "O" and not goes_on:
            first = index
        if row.prefix in "ES" and first is not None:
            yield first, index, row.label
            first = None


def write(documents: Iterable[Document], path: Path, losses: Repairs, *, scheme: str = "bio") -> None:
    """One character, a tab and its tag per line, in `scheme` (bio, bios or bioes).

    Raises:
        DataError: an unknown scheme, or a label with white space in it.
    """
    if scheme not in SCHEMES:
        raise DataError(f"expected one of the schemes {', '.join(SCHEMES)}, found {scheme!r}")
    with atomic_write(path) as handle:
        for number, document in enumerate(documents):
            tags = _tags(len(document.text), document.entities, scheme)
            block = "".join(f"{character}\t{tag}\n" for character, tag in zip(document.text, tags, strict=True))
            handle.write("\n" + block if number else guard_bom(block))


def _tags(length: int, entities: Iterable[Entity], scheme: str) -> list[str]:
    tags = ["O"] * length
    for entity in entities:
        if re.search(r"\s", entity.label):
            raise DataError(f"the label {entity.label!r} holds white space, which no tag can carry; rename it")
        prefixes = ["B"] + ["I"] * (entity.end - entity.start - 1)
        if scheme == "bioes" and len(prefixes) > 1:
            prefixes[-1] = "E"
        if scheme != "bio" and len(prefixes) == 1:
            prefixes = ["S"]
        tags[entity.start : entity.end] = [f"{prefix}-{entity.label}" for prefix in prefixes]
    return tags


def sniff(seen: Peek) -> float:
    """Lines that end in a tag."""
    return 0.8 * (seen.kind == "lines" and share(seen.lines, _is_tagged) >= MANY)


def _is_tagged(line: str) -> bool:
    front, _, tag = line.replace("\t", " ").rstrip(" ").rpartition(" ")
    return TAG.fullmatch(tag) is not None and (bool(front) or line[:1] in " \t")


FORMAT = Format("bio", read, write, sniff, Holds(ids=False, nested=False, line_breaks=False, empty_texts=False))
