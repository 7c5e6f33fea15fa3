"""The `brat` format: a folder of `.txt` and `.ann` files (or one such pair), ends exclusive.

The text is kept as the annotation tool saw it, including line ends. Relations, events, attributes and notes are counted
and left out. Fragments of a span that only white space divides are joined; others are fragments of the entity.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from bert4ner.data.brat_files import SUFFIXES, Pair, find_pairs, is_text, subfolders
from bert4ner.data.decoding import guard_bom
from bert4ner.data.files import read_lines, read_text
from bert4ner.data.format import WITHOUT_SPACE, Format, Holds
from bert4ner.data.likeness import mend_mention
from bert4ner.data.peek import Peek
from bert4ner.data.records import LINE_BREAK, Record, Span, agrees, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.writing import atomic_folder
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError, shown, unquoted
from bert4ner.phrases import phrase

OTHER_LINES = {"R": "relations", "E": "events", "A": "attributes", "M": "attributes", "N": "normalizations"}
TEXT_BOUND = re.compile(r"(\S+) (-?\d{1,18} -?\d{1,18}(?:;-?\d{1,18} -?\d{1,18})*)")
STARTED = re.compile(r"[TREAMN#*]\S*\t")
SHOWN = 20  # errors shown
UNSAFE = re.compile(r'[\x00-\x1f/\\:*?"<>|]')


def read(path: Path, repairs: Repairs, *, skip_broken: bool = False) -> Iterator[Document]:
    """Documents in the natural order of their names (9 before 10), one in memory at a time; the name is the id.

    With `skip_broken`, annotations that cannot be read or do not fit their text are left out and counted.

    Raises:
        DataError: with `file.ann:line`; if several lines are wrong, after all files were read, with the first lines and
            their number; or an annotation file has no text.
    """
    errors: list[str] = []
    for pair in find_pairs(path, repairs):
        broken: list[str] = []
        document = _read_pair(pair, repairs, broken)
        if skip_broken:
            kind = phrase("left.out.broken")
            repairs.note(kind, str(pair.annotation), count=len(broken), left_out=True)
        else:
            errors += broken
        if not errors:
            yield document
    if len(errors) > 1:
        message = f"{path}: {len(errors)} annotations cannot be read (--skip-broken leaves them out)"
        listed = "".join(f"\n  {error}" for error in errors[:SHOWN])
        raise DataError(f"{message}; the first {min(SHOWN, len(errors))}:{listed}")
    if errors:
        raise DataError(errors[0])


def _read_pair(pair: Pair, repairs: Repairs, errors: list[str]) -> Document:
    """The document; annotation that cannot be read is left out and reported in `errors`."""
    text = read_text(pair.text, repairs)
    spans: list[Span] = []
    for where, line in _whole_lines(pair, text, repairs):
        try:
            spans += _parse(line, text, where, repairs)
        except DataError as error:
            errors.append(str(error))
    record = Record(str(pair.text), pair.text.stem, text, spans)
    try:
        return make_document(record, repairs)
    except DataError:
        alone = [_error_of(replace(record, spans=[span])) for span in spans]
        record.spans = [span for span, error in zip(spans, alone, strict=True) if not error]
        errors += filter(None, alone)
    return make_document(record, repairs)


def _error_of(record: Record) -> str:
    try:
        make_document(record, Repairs())
    except DataError as error:
        return str(error)
    return ""


def _whole_lines(pair: Pair, text: str, repairs: Repairs) -> list[tuple[str, str]]:
    """The lines of an annotation file with their places; a mention broken over two lines is joined."""
    lines: list[tuple[str, str]] = []
    if pair.annotation is None:
        return lines
    for number, line in read_lines(pair.annotation, repairs):
        where = f"{pair.annotation}:{number}"
        joined = f"{lines[-1][1]}\n{line}" if lines and not STARTED.match(line) else ""
        if joined and _covers(lines[-1][1], text, whole=False) and _covers(joined, text, whole=True):
            lines[-1] = (lines[-1][0], joined)
            repairs.note("mentions broken over two lines joined", where)
        elif line.strip():
            lines.append((where, line))
    return lines


def _covers(line: str, text: str, *, whole: bool) -> bool:
    """Whether the mention of a line is the text that its span covers, rather than only the start of it."""
    fields = line.split("\t", 2)
    match = TEXT_BOUND.fullmatch(fields[1]) if len(fields) == 3 else None
    if match is None or ";" in match[2]:
        return False
    start, end = map(int, match[2].split())
    covered = LINE_BREAK.sub("\n", text[start:end])
    return agrees(covered, fields[2]) if whole else covered.startswith(fields[2] + "\n")


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
        raise DataError(f"{where}: expected T1<tab>LABEL START END<tab>MENTION, found {shown(line)}; correct the line")
    mention = fields[2] if len(fields) == 3 else None
    pieces = []
    for piece in match.group(2).split(";"):
        start, end = map(int, piece.split())
        pieces.append((start, end))
    span = Span(pieces[0][0], pieces[-1][1], match.group(1), mention, where=where)
    span = span if len(pieces) == 1 else _join(span, pieces, text, repairs)
    mend_mention(text, span, repairs, where)
    return [span]


def _join(span: Span, pieces: list[tuple[int, int]], text: str, repairs: Repairs) -> Span:
    """Joins spans that brat divides at line ends. Others are the fragments of a discontinuous entity."""
    shown = " ".join(text[start:end] for start, end in pieces)
    joined = pieces[:1]
    for start, end in pieces[1:]:
        if text[joined[-1][1] : start].isspace():
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    if len(joined) < len(pieces):
        repairs.note("entities divided at a line end or a space joined", span.where)
        if span.mention == shown:
            span.mention = " ".join(text[start:end] for start, end in joined)
    span.fragments = tuple(joined) if len(joined) > 1 else ()
    return span


def write(documents: Iterable[Document], path: Path, losses: Repairs, *, overwrite: bool = False) -> None:
    """Fill a folder with `ID.txt` and `ID.ann` for each document; it is new or empty, or holds such files to overwrite.

    Ids that are not valid file names are changed, and counted in `losses`.

    Raises:
        DataError: the folder is not empty, or an id repeats.
    """
    with atomic_folder(path, replaces=SUFFIXES if overwrite else ()) as folder:
        for document in documents:
            where = f"document {unquoted(document.id)}"
            name = _file_name(document.id)
            losses.note("ids as they are (not fit for a file name, changed)", where, count=name != document.id)
            text_path = folder / f"{name}.txt"
            if text_path.exists():
                raise DataError(
                    f"{path}: expected each id once, found {shown(document.id)} again as {shown(name)}; rename one"
                )
            text_path.write_bytes(guard_bom(document.text).encode("utf-8"))
            lines = [_line(number, entity, document) for number, entity in enumerate(document.entities, start=1)]
            (folder / f"{name}.ann").write_bytes("".join(lines).encode("utf-8"))


def _file_name(id: str) -> str:
    """`id` as a name that every file system accepts, of at most 200 bytes."""
    name = UNSAFE.sub("_", id).encode("utf-8")[:200].decode("utf-8", "ignore")
    return "_" + name if name.startswith(".") or not name else name


def _line(number: int, entity: Entity, document: Document) -> str:
    fragments = entity.fragments or ((entity.start, entity.end),)
    pieces = [piece for start, end in fragments for piece in _lines(document.text, start, end)]
    offsets = ";".join(f"{start} {end}" for start, end in pieces)
    shown = " ".join(LINE_BREAK.sub(" ", document.text[start:end]) for start, end in pieces)
    return f"T{number}\t{entity.label} {offsets}\t{shown}\n"


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The characters [start, end) divided at line ends, as brat requires."""
    pieces = [(start + match.start(), start + match.end()) for match in re.finditer(r"[^\r\n]+", text[start:end])]
    if not pieces or (pieces[0][0], pieces[-1][1]) != (start, end):
        return [(start, end)]  # line ends at the edge of the mention: dividing would lose them
    return pieces


def sniff(seen: Peek) -> float:
    """A folder with texts, or one file of a pair."""
    if seen.kind == "folder":
        return 0.5 * (any(map(is_text, seen.files)) or bool(subfolders(seen.path)))
    beside = {seen.path.with_suffix(suffix) for suffix in (".ann", ".ANN")}
    return 0.9 * (seen.path.suffix.lower() in SUFFIXES and any(each.exists() for each in beside))


FORMAT = Format("brat", read, write, sniff, Holds(fragments=True, labels=WITHOUT_SPACE), options=("skip_broken",))
