"""Letters of tagging schemes that say the same, and lines that are slow to take apart."""

import pytest

from bert4ner.data.documents import read_with_report
from bert4ner.data.tag_styles import ALIASES
from bert4ner.errors import DataError
from bert4ner.text.schemes import SCHEMES


def test_a_line_of_many_spaces_is_read_quickly(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("气" + " " * 20_000 + "O\n" + "气" + " x" * 10_000 + "\u3000\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.txt:2"):
        read_with_report(path, "bio")


def test_letters_of_other_schemes_lead_to_those_of_bioes():
    for letters in ("BMES", "BILU", "BILS", "BIEW"):
        assert {ALIASES.get(letter, letter) for letter in letters} == set(SCHEMES["bioes"].prefixes)
