"""The `bio` format: one character and its tag per line, a blank line between sentences.

Any separator; BIO, BIOS, BIOES, BMES and BILOU by their tags, one file may mix them. What only the whole file can
tell (separator, segmentation digits, whether entities have end tags) is found in a first pass, so that the second
needs one sentence in memory. Ids are the file's name and the number of the sentence.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bert4ner.data.files import SURROGATE, Repairs, atomic_write, guard_bom, join_surrogates, read_lines
from bert4ner.data.format import Format, Holds
from bert4ner.data.peek import MANY, Peek, share
from bert4ner.data.records import Record, Span, make_document
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError

TAG = re.compile(r"(?:O|([BIMELSUW])[-_](\S+))")
ALIASES = {"M": "I", "L": "E", "U": "S", "W": "S"}  # BMES and BILOU say the same as BIOES in other letters
COLUMNS = {  # token, perhaps further columns, tag; a separator followed by another one is a token
    True: re.compile(r"(\t(?=\t)|[^\t]*)\t(?:.*\t)?([^\t]*)", re.DOTALL),
    False: re.compile(r"([ \t](?=[ \t])|[^ \t]*)[ \t](?:.*[ \t])?([^ \t]+)[ \t]*", re.DOTALL),
}
DIGITS = re.compile(r"(.+?)[0-9]+", re.DOTALL)
SINGLE_DIGITS = re.compile(r"(.)[0-9]+", re.DOTALL)
DOCUMENT_START = "-DOCSTART-"
SCHEMES = ("bio", "bios", "bioes")


@dataclass
class Survey:
    """What a first look over all lines says about the file."""

    tabs: bool = True
    digits: bool = True
    ends: bool = False
    tokens: int = 0
    words: int = 0


def read(path: Path, repairs: Repairs) -> Iterator[Document]:
    """Sentences in file order, one in memory at a time.

    Raises:
        DataError: with `path:line`: a line without a tag, or a tag of no known scheme.
    """
    survey = _survey(path)
    for number, rows in enumerate(_sentences(path, survey, repairs), start=1):
        yield _document(f"{path.stem}-{number}", rows, survey, repairs, path=path)


def _survey(path: Path) -> Survey:
    survey = Survey()
    quiet = Repairs()
    survey.tabs = all("\t" in line for _, line in read_lines(path, quiet) if line.strip())
    opens = True
    for _, line in read_lines(path, quiet):
        if not line.strip():
            opens = True
            continue
        token, tag = _columns(line, tabs=survey.tabs)
        survey.tokens += 1
        survey.words += len(token) > 1 and token.isascii()
        survey.ends |= tag[:1] in ("E", "L") and tag[1:2] in ("-", "_")
        if survey.digits:
            survey.digits = len(token) > 1 and token[-1] in "0123456789" and (not opens or token[-1] == "0")
        opens = False
    survey.digits &= survey.tokens > 0
    return survey


def _columns(line: str, *, tabs: bool) -> tuple[str, str]:
    """Token (the first column, which may be a blank) and tag (the last); the token is "" where a column is missing."""
    match = COLUMNS[tabs].fullmatch(line)
    return (match.group(1), match.group(2)) if match else ("", line)


@dataclass(slots=True)
class Row:
    """One line: the token as it stands in the text, the prefix of its tag (O, B, I, E, S) and its label."""

    line: int
    token: str
    prefix: str
    label: str


def _sentences(path: Path, survey: Survey, repairs: Repairs) -> Iterator[list[Row]]:
    rows: list[Row] = []
    for number, line in read_lines(path, repairs):
        if line.strip():
            row = _row(line, number, survey, repairs, path=path)
            if row is not None:
                rows.append(row)
            continue
        if line:
            repairs.note("lines of white space alone read as the end of a sentence", f"{path}:{number}")
        if rows:
            yield rows
        rows = []
    if rows:
        yield rows


def _row(line: str, number: int, survey: Survey, repairs: Repairs, *, path: Path) -> Row | None:
    token, tag = _columns(line, tabs=survey.tabs)
    if token == DOCUMENT_START:
        repairs.note("-DOCSTART- lines left out", f"{path}:{number}")
        return None
    match = TAG.fullmatch(tag)
    if match is None or (not token and line == tag):
        found = f"the tag {tag!r}" if line != tag else f"the single column {line[:40]!r}"
        raise DataError(
            f"{path}:{number}: expected a character and a tag (O, or B- I- M- E- L- S- U- W- and a label), "
            f"found {found}; correct the line, sentences are divided by a blank line"
        )
    if not token:
        token = " "
        repairs.note("lines without a token read as a space", f"{path}:{number}")
    if survey.digits:
        digits = SINGLE_DIGITS.fullmatch(token) or DIGITS.fullmatch(token)
        assert digits is not None
        token = digits.group(1)
        repairs.note("segmentation digits removed from the tokens", f"{path}:{number}")
    prefix = match.group(1) or "O"
    return Row(number, token, ALIASES.get(prefix, prefix), match.group(2) or "")


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
