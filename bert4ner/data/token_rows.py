"""Tokens and tags, one by one as in tables, to documents. Finds no columns: see `columns`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bert4ner.data.bio import tagged_document
from bert4ner.data.columns import Layout, find_style
from bert4ner.data.repairs import Repairs
from bert4ner.data.tag_styles import STYLES
from bert4ner.data.tagged_lines import Row, Sentence, Survey
from bert4ner.entities import Document
from bert4ner.errors import DataError, shown

TokenRow = tuple[str, Sequence[str]]
"""The number of its line (or row); and sentence, token and tag, or nothing where a sentence ends."""
DIGITS = 10  # of a number of a row


def token_documents(rows: Iterable[TokenRow], path: Path, repairs: Repairs) -> Iterator[Document]:
    """The sentences, in order; a sentence ends at an empty row, or where the sentence column changes.

    Raises:
        DataError: with the place: a tag does not have the style of most.
    """
    rows = list(rows)
    style = find_style([cells[2] for _, cells in rows if cells and cells[2]]) or "B-LABEL"
    survey = Survey(Layout(style=style))
    sentences = list(_sentences(rows, style, path, repairs))
    for row in (row for sentence in sentences for row in sentence.rows):
        survey.tokens += 1
        survey.words += len(row.token) > 1 and row.token.isascii()
        survey.ends |= row.prefix == "E"
    for number, sentence in enumerate(sentences, start=1):
        yield tagged_document(f"{path.stem}-{number}", sentence, survey, repairs, path=path)


def _sentences(rows: Iterable[TokenRow], style: str, path: Path, repairs: Repairs) -> Iterator[Sentence]:
    sentence, current = Sentence(), ""
    for line, cells in rows:
        name = cells[0] if cells else ""
        if sentence.rows and (not cells or (name and name != current)):
            yield sentence
            sentence = Sentence()
        current = name or current
        if cells:
            tag = STYLES[style](cells[2].strip())
            if tag is None:
                raise DataError(
                    f"{path}:{line}: expected a tag as {style} or O, found {shown(cells[2])}; correct the row"
                )
            repairs.note("lines without a token read as a space", f"{path}:{line}", count=not cells[1])
            sentence.rows.append(Row(cells[1] or " ", *tag))
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
