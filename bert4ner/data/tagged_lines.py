"""Lines of a token and its tag, in sentences: any separator, tags of BIO, BIOS, BIOES, BMES and BILOU.

What only the whole file can tell (separator, segmentation digits, whether entities have end tags) is found in a first
pass, so that the second needs one sentence in memory.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bert4ner.data.files import read_lines
from bert4ner.data.repairs import Repairs
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


@dataclass
class Survey:
    """What a first look over all lines says about the file."""

    tabs: bool = True
    digits: bool = True
    ends: bool = False
    tokens: int = 0
    words: int = 0


def survey_file(path: Path) -> Survey:
    """What all lines of a file together say of its columns and tags."""
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


def read_sentences(path: Path, survey: Survey, repairs: Repairs) -> Iterator[list[Row]]:
    """The rows of each sentence, as the survey says to read them."""
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
