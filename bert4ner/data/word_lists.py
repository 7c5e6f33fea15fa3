"""Files of words: one per line, alone, with a label after a tab, or as in jieba's dictionaries."""

import re
from pathlib import Path

from bert4ner.data.files import existing, read_lines
from bert4ner.data.repairs import Repairs
from bert4ner.errors import DataError, shown

_JIEBA = re.compile(r"(\S+) \d+(?: [a-z]+)?")


def read_word_list(path: str | Path) -> dict[str, list[str]]:
    """The words of a file by list name: the file's name without suffix, or `name:label` for words with a label.

    A file in which every line is a word, a number and an optional tag, separated by spaces, is a jieba dictionary;
    number and tag are left out, as are empty lines.

    Raises:
        DataError: the file cannot be read, has no word, or a line has a tab without word or label, or a second tab.
    """
    path = existing(path)
    lines = [(number, line.rstrip()) for number, line in read_lines(path, Repairs()) if line.strip()]
    if not lines:
        raise DataError(f"{path}: no words; expected one per line")
    of_jieba = [_JIEBA.fullmatch(line.strip()) for _, line in lines]
    if all(of_jieba):
        return {path.stem: [match[1] for match in of_jieba if match]}
    found: dict[str, list[str]] = {}
    for number, line in lines:
        word, *labels = (part.strip() for part in line.split("\t"))
        if len(labels) > 1 or not all([word, *labels]):
            raise DataError(f"{path}:{number}: expected a word, or a word, a tab and its label, found {shown(line)}")
        found.setdefault(":".join([path.stem, *labels]), []).append(word)
    return found
