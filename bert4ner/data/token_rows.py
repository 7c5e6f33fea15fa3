"""Tokens and tags, one by one as in tables, to documents. Finds no columns: see `columns`."""

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

from bert4ner.data.bio import tagged_document
from bert4ner.data.columns import Layout, find_style
from bert4ner.data.released import released
from bert4ner.data.repairs import Repairs
from bert4ner.data.tag_styles import STYLES
from bert4ner.data.tagged_lines import Row, Sentence, Survey
from bert4ner.document_ids import NumberedId
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

DIGITS = 10  # of a number of a row
SHARED = 1000  # different rows that are kept once, because tokens and tags repeat
TokenRow = tuple[str, str, str]
"""Sentence, token and tag."""


class TokenRows:
    """The rows of a table, each with the number of its line (or row)."""

    def __init__(self, unit: str = "") -> None:
        self.unit = unit
        self.rows: list[TokenRow | None] = []
        """None where a sentence ends."""
        self.lines = array("q")
        self._shared: dict[TokenRow, TokenRow] = {}
        self._tags: dict[str, str] = {}

    def add(self, line: int, sentence: str, token: str, tag: str) -> None:
        """A token."""
        self.lines.append(line)
        self.rows.append(self._share((sentence, token, tag)))

    def end_sentence(self) -> None:
        """What follows is another sentence."""
        self.lines.append(0)
        self.rows.append(None)

    def number_tokens(self) -> bool:
        """Whether what should name sentences numbers the tokens instead."""
        return numbers_tokens([row[0] for row in self.rows if row is not None])

    def forget_sentences(self) -> None:
        """Leave out what should name sentences; a row that has nothing else ends one."""
        self._shared = {}
        for index, row in enumerate(self.rows):
            if row is not None:
                self.rows[index] = self._share(("", *row[1:])) if any(row[1:]) else None

    def _share(self, row: TokenRow) -> TokenRow:
        if len(self._shared) < SHARED:
            return self._shared.setdefault(row, row)
        if row not in self._shared and len(self._tags) < SHARED:
            row = (*row[:2], self._tags.setdefault(row[2], row[2]))
        return self._shared.get(row, row)


def token_documents(found: TokenRows, path: Path, repairs: Repairs) -> Iterator[Document]:
    """The sentences, in order; a sentence ends at an empty row, or where the sentence column changes.

    The rows are used up.

    Raises:
        DataError: with the place: a tag does not have the style of most.
    """
    style = find_style(row[2] for row in found.rows if row is not None and row[2]) or "B-LABEL"
    survey = Survey(Layout(style=style))
    for line, row in zip(found.lines, found.rows, strict=True):
        if row is None:
            continue
        read = _read(row, style)
        if read is None:
            place = f"{path}:{found.unit}{line}"
            raise DataError(f"{place}: expected a tag as {style} or O, found {shown(row[2])}; correct the row")
        if not row[1]:
            repairs.note("lines without a token read as a space", f"{path}:{found.unit}{line}")
        survey.tokens += 1
        survey.words += len(read.token) > 1 and read.token.isascii()
        survey.ends |= read.prefix == "E"
    for number, sentence in enumerate(_sentences(found, style), start=1):
        yield tagged_document(NumberedId(path.stem, number), sentence, survey, repairs, path=path)


def _read(row: TokenRow, style: str) -> Row | None:
    """None if the tag does not have the style."""
    tag = STYLES[style](row[2].strip())
    return None if tag is None else Row(row[1] or " ", *tag)


def _sentences(found: TokenRows, style: str) -> Iterator[Sentence]:
    sentence, current = Sentence(unit=found.unit), ""
    known: dict[TokenRow, Row] = {}
    for line, row in zip(found.lines, released(found.rows), strict=True):
        name = row[0] if row else ""
        if sentence.rows and (row is None or (name and name != current)):
            yield sentence
            sentence = Sentence(unit=found.unit)
        current = name or current
        if row is None:
            continue
        read = known.get(row) or _read(row, style)
        if read is not None:
            if len(known) < SHARED:
                known[row] = read
            sentence.rows.append(read)
            sentence.lines.append(line)
    if sentence.rows:
        yield sentence


def numbers_tokens(names: Sequence[str]) -> bool:
    """Whether a column counts tokens without a break, 1, 2, 3, where names of sentences are expected.

    Example:
        >>> numbers_tokens(["1", "2", "3"]), numbers_tokens(["1", "1", "2"]), numbers_tokens(["1", "2", "1"])
        (True, False, False)
    """
    first = int(names[0]) if names and names[0].isascii() and names[0].isdecimal() and len(names[0]) < DIGITS else -1
    return first >= 0 and len(names) > 1 and all(name == str(number) for number, name in enumerate(names, start=first))
