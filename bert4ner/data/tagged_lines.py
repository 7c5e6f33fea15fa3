"""Lines of a token and its tag, in sentences: any separator, any order of columns, all common styles of tags.

A first pass finds what needs the whole file (the columns, segmentation digits, whether entities have end tags), so that
the second one keeps one sentence in memory. Both process each different line once: characters and their tags repeat so
often that this decides the speed.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bert4ner.data.columns import COMMENT, DOCUMENT_START, Layout, find_layout, is_aside
from bert4ner.data.decoding import BOM
from bert4ner.data.files import line_of, open_bytes, read_lines
from bert4ner.data.headers import is_header
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError, shown

BLOCK = 500_000  # lines counted at once
HEAD = 200  # lines whose order is examined
CHOOSING = 2_000  # different lines that decide the layout
DIGITS = "0123456789"
KNOWN = 100_000  # lines kept in a cache, if lines repeat at all
FIRST_KNOWN = 200  # of them kept in any case
IOB1_LINES = 50_000  # lines in which beginnings are examined
IOB1_EVIDENCE = 20  # entities that begin with I-, while B- occurs only directly after another entity


@dataclass
class Survey:
    """What a first pass over all lines finds out about the file."""

    layout: Layout = field(default_factory=Layout)
    digits: bool = False
    ends: bool = False
    iob1: bool = False
    tokens: int = 0
    words: int = 0

    def describe(self) -> str:
        """Deviations from the usual layout, in a few words."""
        return ", ".join(part for part in (self.layout.describe(), "IOB1 tags" if self.iob1 else "") if part)


class Row(NamedTuple):
    """One line: the token as it stands in the text, the prefix of its tag (O, B, I, E, S) and its label."""

    token: str
    prefix: str
    label: str


@dataclass(slots=True)
class Sentence:
    """Rows, and the numbers of their lines."""

    rows: list[Row] = field(default_factory=list)
    lines: "array[int]" = field(default_factory=lambda: array("q"))
    unit: str = ""
    """The word before a number in places: "" for lines, "row " in a workbook."""

    def where(self, path: Path, index: int) -> str:
        """The place of a row, for messages."""
        return f"{path}:{self.unit}{self.lines[index]}"


def survey_file(path: Path) -> Survey:
    """The columns and tags of a file, found from all of its lines together."""
    survey = Survey()
    with open_bytes(path) as handle:
        head = [_decoded(data) for data in islice(handle, HEAD)]
        handle.seek(0)
        while counts := Counter(islice(handle, BLOCK)):
            if not survey.tokens:
                survey.layout = _layout(counts, head)
            _count(survey, counts)
    survey.digits = survey.tokens > 0 and survey.digits and _opens_with_zero(path, survey.layout)
    survey.iob1 = not survey.ends and _is_iob1(path, survey.layout)
    return survey


def _decoded(data: bytes) -> str:
    """A line for a first look; the reader refuses a line that is not UTF-8, with its place."""
    return data.decode("utf-8", "replace").removeprefix(BOM).rstrip("\r\n")


def _lines(counts: Counter[bytes]) -> Iterator[tuple[str, int]]:
    """The different lines that are not blank, with their counts; decoded here, so that they are in memory once."""
    return ((_decoded(data), count) for data, count in counts.items() if data.strip())


def _layout(counts: Counter[bytes], head: list[str]) -> Layout:
    found = find_layout(dict(islice(_lines(counts), CHOOSING)), head)
    tabs = all(b"\t" in data or is_aside(_decoded(data)) for data in counts)
    if found is None:
        return Layout("\t" if tabs else " ")
    if found.separator == "\t" and not tabs:
        return find_layout(dict(_lines(counts)), head) or Layout()
    return found


def _count(survey: Survey, counts: Counter[bytes]) -> None:
    layout = survey.layout
    digits = survey.digits or not survey.tokens
    for line, count in _lines(counts):
        fields = layout.split(line)
        if len(fields) <= layout.token or line.startswith((COMMENT, DOCUMENT_START)):
            continue
        token, tag = fields[layout.token], layout.read_tag(fields)
        survey.tokens += count
        survey.words += count * (len(token) > 1 and token.isascii())
        survey.ends |= tag is not None and tag[0] == "E"
        digits = digits and len(token) > 1 and token[-1] in DIGITS
    survey.digits = digits


def _opens_with_zero(path: Path, layout: Layout) -> bool:
    """Whether the first token of each sentence ends in 0, as segmentation digits do."""
    opens = True
    for _, line in read_lines(path, Repairs()):
        if opens and line.strip() and not "".join(layout.split(line)[layout.token :][:1]).endswith("0"):
            return False
        opens = not line.strip()
    return True


def _is_iob1(path: Path, layout: Layout) -> bool:
    """Whether entities begin with I-, and with B- only directly after another one with the same label."""
    inside = 0
    before = ""
    for _, line in islice(read_lines(path, Repairs()), IOB1_LINES):
        prefix, label = layout.read_tag(layout.split(line)) or ("O", "")
        if prefix == "S" or (prefix == "B" and label != before):
            return False
        inside += prefix == "I" and label != before
        before = label
    return inside >= IOB1_EVIDENCE


def read_sentences(path: Path, survey: Survey, repairs: Repairs) -> Iterator[Sentence]:
    """The rows of each sentence, read as the survey says."""
    reader = _LineReader(path, survey, repairs)
    known: dict[bytes, Row] = {}
    different = 0
    sentence = Sentence()
    with open_bytes(path) as handle:
        for number, data in enumerate(handle, start=1):
            row = known.get(data)
            if row is None:
                different += 1
                before = repairs.total()
                row, ends = reader.read(line_of(data, number, path, repairs), number)
                if ends and sentence.rows:
                    yield sentence
                    sentence = Sentence()
                if row is None:
                    continue
                worth = FIRST_KNOWN + 4 * (number - different)
                if repairs.total() == before and len(known) < min(KNOWN, worth):
                    known[data] = row
            sentence.rows.append(row)
            sentence.lines.append(number)
    if sentence.rows:
        yield sentence


class _LineReader:
    """Reads one line at a time, and counts its repairs."""

    def __init__(self, path: Path, survey: Survey, repairs: Repairs) -> None:
        self.path, self.survey, self.layout, self.repairs = path, survey, survey.layout, repairs
        self.numbers: tuple[int, ...] = ()
        """The numbers of the previous line in the same sentence."""

    def read(self, line: str, number: int) -> tuple[Row | None, bool]:
        """The row of a line, None if it has none; and whether the previous sentence has ended."""
        where = f"{self.path}:{number}"
        if not line.strip():
            self.repairs.note("lines of white space alone read as the end of a sentence", where, count=bool(line))
            self.numbers = ()
            return None, True
        fields = self.layout.split(line)
        tag = self.layout.read_tag(fields)
        if tag is None or line.startswith(DOCUMENT_START):
            self._leave_out(line, fields, number, where)
            return None, False
        token = fields[self.layout.token]
        breaks = False
        if self.layout.numbers:
            breaks, ignored = self._follow_numbers(fields, where)
            if ignored:
                return None, False
        if not token:
            token = " "
            self.repairs.note("lines without a token read as a space", where)
        if self.survey.digits:
            token = token[0] + token[1:].rstrip(DIGITS)
            self.repairs.note("segmentation digits removed from the tokens", where)
        return Row(token, *tag), breaks

    def _leave_out(self, line: str, fields: list[str], number: int, where: str) -> None:
        """Count a line that is not a row: the start of a document, a comment, a header.

        Raises:
            DataError: it is none of these.
        """
        if line.startswith(DOCUMENT_START):
            self.repairs.note("-DOCSTART- lines left out", where)
        elif line.startswith(COMMENT):
            self.repairs.note("comment lines left out", where)
        elif number == 1 and is_header(fields):
            self.repairs.note("header lines left out", where)
        else:
            text = self.layout.tag_text(fields)
            found = f"the single column {shown(line)}" if text is None else f"the tag {shown(text)}"
            raise DataError(
                f"{where}: expected a character and a tag (O, or B- I- M- E- L- S- U- W- and a label), "
                f"found {found}; correct the line, sentences are divided by a blank line"
            )

    def _follow_numbers(self, fields: list[str], where: str) -> tuple[bool, bool]:
        """Whether the numbers before the token start a sentence, and whether the line is not a token of its own."""
        numbers = []
        for column, kind in self.layout.numbers:
            first, dash, last = fields[column].partition("-")
            if bool(dash) != (kind == "pairs") or not (first + last).isdecimal() or len(fields[column]) > 20:
                self.repairs.note("lines numbered as several words or none (1-2, 1.1) left out", where)
                return False, True
            numbers.append(int(last or first))
        self.repairs.note("numbers before the tokens left out", where)
        pairs = zip(numbers, self.numbers, self.layout.numbers, strict=False)
        breaks = any(now != before + (kind != "sentences") for now, before, (_, kind) in pairs)
        self.numbers = tuple(numbers)
        return breaks, False
