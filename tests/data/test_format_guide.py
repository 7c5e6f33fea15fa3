"""The samples in the guide to formats are read as what it says that they are, in both languages."""

import re

import pytest

from bert4ner.data.documents import read_with_report
from bert4ner.data.headers import WORDS
from tests.conftest import ROOT

GUIDES = ("formats.md", "zh/formats.md")
ROW = re.compile(r"^\| `(\w+)` \| `(?:([\[{].*?[\]}])|([^\[{`][^`]*))`", re.MULTILINE)
"""A format and a sample of it: JSON, or lines in which marks stand for tabs, bars and line ends."""


def samples(guide):
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    return [
        (name, record or lines.replace("\\t", "\t").replace("\\|", "|").replace("⏎", "\n"))
        for name, record, lines in ROW.findall(text)
    ]


@pytest.mark.parametrize(("name", "sample"), [sample for guide in GUIDES for sample in samples(guide)])
def test_a_sample_is_what_it_is_said_to_be(name, sample, tmp_path):
    path = tmp_path / "sample.txt"
    path.write_text(sample + "\n", encoding="utf-8")
    result = read_with_report(path)
    assert result.format == name
    (document,) = result.documents
    assert [(document.mention(each), each.label) for each in document.entities] == [("王小明", "PER")]


def test_the_guides_in_both_languages_have_the_same_samples():
    one, other = map(samples, GUIDES)
    assert one == other and len(one) >= 35


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guides_list_the_words_of_a_header(guide):
    lines = (ROOT / "docs" / guide).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("- `")] == [
        f"- `{role}`: {', '.join(words.split())}" for role, words in WORDS.items()
    ]
