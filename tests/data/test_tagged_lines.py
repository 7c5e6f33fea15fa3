"""Letters of tagging schemes that say the same, and lines that are slow to take apart."""

from collections import Counter

import pytest

from bert4ner.data.columns import Layout
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


def test_each_different_line_is_taken_apart_three_times_at_most(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("气\tB-A\n血\tI-A\n亏\tO\n\n" * 500, encoding="utf-8")
    split, calls = Layout.split, []
    monkeypatch.setattr(Layout, "split", lambda self, line: calls.append(line) or split(self, line))
    assert len(read_with_report(path, "bio").documents) == 500
    assert max(Counter(calls).values()) <= 3
