"""The `brat` format: a folder of `.txt` and `.ann` files (or one such pair), ends exclusive.

The text is kept as the annotation tool saw it, line ends and all. Relations, events, attributes and notes are counted
and left out; a span in several pieces is joined where only white space divides them, else left out and counted.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from bert4ner.data.files import Repairs, atomic_folder, guard_bom, read_lines, read_text
from bert4ner.data.records import LINE_BREAK, Record, Span, make_document
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError

OTHER_LINES = {"R": "relations", "E": "events", "A": "attributes", "M": "attributes", "N": "normalizations"}
TEXT_BOUND = re.compile(r"(\S+) (-?\d+ -?\d+(?:;-?\d+ -?\d+)*)")
UNSAFE = re.compile(r'[\x00-\x1f/\\:*?"<>|]')


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Documents in the natural order of their names (9 before 10), one in memory at a time; the name is the id.

    Raises:
        DataError: with `file.ann:line`; or an annotation file without its text.
    """
    for text_path in text_files(path):
        yield _read_pair(text_path, repairs)


def text_files(path: Path) -> list[Path]:
    """The `.txt` files of a folder, or the one of a pair."""
    if not path.is_dir():
        path = path.with_suffix(".txt")
        if not path.exists():
            raise DataError(f"{path}: no such file; an .ann file needs the .txt file it annotates beside it")
        return [path]
    texts = {each.stem: each for each in path.glob("*.txt")}
    for annotation in sorted(path.glob("*.ann")):
        if annotation.stem not in texts:
            raise DataError(f"{annotation}: expected {annotation.stem}.txt beside it, found none; add the text")
    return [texts[stem] for stem in sorted(texts, key=_natural)]


def _natural(name: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _read_pair(text_path: Path, repairs: Repairs) -> Document:
    text = read_text(text_path, repairs)
    annotation = text_path.with_suffix(".ann")
    spans: list[tuple[str, Span]] = []
    if annotation.exists():
        for number, line in read_lines(annotation, repairs):
            where = f"{annotation}:{number}"
            if line.strip():
                span = _parse(line, text, where, repairs)
                spans += [] if span is None else [(where, span)]
    try:
        return make_document(Record(str(annotation), text_path.stem, text, [s for _, s in spans]), Repairs())
    except DataError:
        pass
    return make_document(Record(str(annotation), text_path.stem, text, [s for _, s in spans]), repairs)


def _parse(line: str, text: str, where: str, repairs: Repairs) -> Span | None:
    if line[0] in OTHER_LINES:
        repairs.note(f"brat {OTHER_LINES[line[0]]} left out", where)
        return None
    if line[0] in "#*":
        repairs.note("brat notes and equivalences left out", where)
        return None
    fields = line.split("\t", 2)
    match = TEXT_BOUND.fullmatch(fields[1]) if line[0] == "T" and len(fields) > 1 else None
    if match is None:
        raise DataError(f"{where}: expected T1<tab>LABEL START END<tab>MENTION, found {line[:60]!r}; correct the line")
    pieces = [tuple(map(int, piece.split())) for piece in match.group(2).split(";")]
    mention = fields[2] if len(fields) == 3 else None
    return _join(pieces, match.group(1), mention, text, where, repairs)
