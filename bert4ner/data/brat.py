"""The `brat` format: a folder of `.txt` and `.ann` files (or one such pair), ends exclusive.

The text is kept as the annotation tool saw it, line ends and all. Relations, events, attributes and notes are counted
and left out; a span in several pieces is joined where only white space divides them, else left out and counted.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
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
    spans: list[Span] = []
    if annotation.exists():
        for number, line in read_lines(annotation, repairs):
            if line.strip():
                spans += _parse(line, text, f"{annotation}:{number}", repairs)
    return make_document(Record(str(text_path), text_path.stem, text, spans), repairs)


def _parse(line: str, text: str, where: str, repairs: Repairs) -> list[Span]:
    if line[0] in OTHER_LINES:
        repairs.note(f"brat {OTHER_LINES[line[0]]} left out", where)
        return []
    if line[0] in "#*":
        repairs.note("brat notes and equivalences left out", where)
        return []
    fields = line.split("\t", 2)
    match = TEXT_BOUND.fullmatch(fields[1]) if line[0] == "T" and len(fields) > 1 else None
    if match is None:
        raise DataError(f"{where}: expected T1<tab>LABEL START END<tab>MENTION, found {line[:60]!r}; correct the line")
    mention = fields[2] if len(fields) == 3 else None
    pieces = []
    for piece in match.group(2).split(";"):
        start, end = map(int, piece.split())
        pieces.append((start, end))
    span = Span(pieces[0][0], pieces[-1][1], match.group(1), mention, where=where)
    return [span] if len(pieces) == 1 else _join(span, pieces, text, repairs)


def _join(span: Span, pieces: list[tuple[int, int]], text: str, repairs: Repairs) -> list[Span]:
    """brat divides a span at line ends: such pieces are one entity. Other pieces are no span of characters at all."""
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(pieces)]
    if not all(gap.isspace() for gap in gaps):
        repairs.note("entities in several pieces (discontinuous) left out", span.where)
        return []
    repairs.note("entities divided at a line end or a space joined", span.where)
    if span.mention == " ".join(text[start:end] for start, end in pieces):
        span.mention = text[span.start : span.end]
    return [span]


def write(documents: Iterable[Document], path: Path, losses: Repairs) -> None:
    """Fill a new or empty folder with `ID.txt` and `ID.ann` for each document; scores are left out and counted.

    Ids that cannot be file names are changed, which is counted too.

    Raises:
        DataError: the folder is not empty, an id repeats, or a label holds white space.
    """
    with atomic_folder(path) as folder:
        for document in documents:
            where = f"document {document.id}"
            name = _file_name(document.id)
            losses.note("ids as they are (not fit for a file name, changed)", where, count=name != document.id)
            losses.note("scores", where, count=sum(entity.score is not None for entity in document.entities))
            text_path = folder / f"{name}.txt"
            if text_path.exists():
                raise DataError(f"{path}: expected each id once, found {document.id!r} again as {name!r}; rename one")
            text_path.write_bytes(guard_bom(document.text).encode("utf-8"))
            lines = [_line(number, entity, document) for number, entity in enumerate(document.entities, start=1)]
            (folder / f"{name}.ann").write_bytes("".join(lines).encode("utf-8"))


def _file_name(id: str) -> str:
    """`id` as a name that every file system takes, of at most 200 bytes."""
    name = UNSAFE.sub("_", id).encode("utf-8")[:200].decode("utf-8", "ignore")
    return "_" + name if name.startswith(".") or not name else name


def _line(number: int, entity: Entity, document: Document) -> str:
    if re.search(r"\s", entity.label):
        raise DataError(
            f"document {document.id}: the label {entity.label!r} holds white space, which brat cannot hold; rename it"
        )
    mention = document.mention(entity)
    pieces = [(match.start(), match.end()) for match in re.finditer(r"[^\r\n]+", mention)]
    if not pieces or (pieces[0][0], pieces[-1][1]) != (0, len(mention)):
        pieces = [(0, len(mention))]  # line ends at the edge of the mention: pieces would not say so
    offsets = ";".join(f"{entity.start + start} {entity.start + end}" for start, end in pieces)
    shown = " ".join(LINE_BREAK.sub(" ", mention[start:end]) for start, end in pieces)
    return f"T{number}\t{entity.label} {offsets}\t{shown}\n"
