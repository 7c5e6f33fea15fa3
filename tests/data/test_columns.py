"""Columns are found by what is in them: the same documents, however the tagged lines are laid out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bert4ner.data.columns import find_layout, find_style
from bert4ner.data.documents import read_with_report
from bert4ner.data.tag_styles import STYLES
from bert4ner.errors import DataError

STYLED = {
    "B-LABEL": lambda prefix, label: f"{prefix}-{label}",
    "b-label": lambda prefix, label: f"{prefix.lower()}-{label}",
    "LABEL-B": lambda prefix, label: f"{label}-{prefix}",
    "NER=B-LABEL": lambda prefix, label: f"SpaceAfter=No|NER={prefix}-{label}",
    "B": lambda prefix, label: prefix,
}
OUTSIDE = {"b-label": "o", "NER=B-LABEL": "_"}
LAYOUTS = {
    "token tag": lambda line, sentence, number: [line[0], line[1]],
    "tag token": lambda line, sentence, number: [line[1], line[0]],
    "token tag other": lambda line, sentence, number: [line[0], line[1], "0"],
    "number token tag": lambda line, sentence, number: [str(number), line[0], line[1]],
    "sentence number token tag": lambda line, sentence, number: [str(sentence), str(number), line[0], line[1]],
    "pair token other tag": lambda line, sentence, number: [f"{sentence}-{number}", line[0], "n", line[1]],
}


@st.composite
def sentences(draw):
    """Lists of (character, prefix, label), each sentence with an entity and something outside."""
    made = []
    for _ in range(draw(st.integers(1, 4))):
        sentence = [("的", "O", "")]
        for _ in range(draw(st.integers(1, 3))):
            label = draw(st.sampled_from(["PER", "药品", "L.x"]))
            text = draw(st.text(alphabet="气血两亏😀a", min_size=1, max_size=4))
            sentence += [(c, "I" if i else "B", label) for i, c in enumerate(text)]
            sentence += [("，", "O", "")] * draw(st.integers(0, 2))
        made.append(sentence)
    return made


def tag_of(style, prefix, label):
    return OUTSIDE.get(style, "O") if prefix == "O" else STYLED[style](prefix, label)


def entities_of(sentence, style):
    found = []
    for position, (_, prefix, label) in enumerate(sentence):
        if prefix == "B":
            found.append([position, position + 1, label if style != "B" else "ENTITY"])
        elif prefix == "I":
            found[-1][1] = position + 1
    return found


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("layout", LAYOUTS)
@given(given_sentences=sentences(), separator=st.sampled_from(["\t", " ", ","]), blank=st.booleans())
@settings(max_examples=12)
def test_every_layout_says_the_same(tmp_path_factory, style, layout, given_sentences, separator, blank):
    numbered = layout in ("sentence number token tag", "pair token other tag")
    blocks = [
        [
            separator.join(LAYOUTS[layout]((character, tag_of(style, prefix, label)), place, number))
            for number, (character, prefix, label) in enumerate(sentence, start=1)
        ]
        for place, sentence in enumerate(given_sentences, start=1)
    ]
    path = tmp_path_factory.mktemp("columns") / "set.txt"
    divider = "\n" if numbered and not blank else "\n\n"
    path.write_text(divider.join("\n".join(block) for block in blocks) + "\n", encoding="utf-8")
    result = read_with_report(path)
    assert result.format == "bio"
    assert [each.text for each in result.documents] == ["".join(row[0] for row in each) for each in given_sentences]
    assert [[[e.start, e.end, e.label] for e in each.entities] for each in result.documents] == [
        entities_of(sentence, style) for sentence in given_sentences
    ]


def layout_of(text):
    lines = [line for line in text.splitlines() if line]
    return find_layout(dict.fromkeys(lines, 1), lines)


@pytest.mark.parametrize(
    "text", ["Vitamin B\nis good\n", "王 n\n小 v\n", "O\nO\n", "a,O\nb,O\n", "I B\na good\n", "王"]
)
def test_what_has_no_tags_has_no_layout(text):
    assert layout_of(text) is None


def test_numbers_that_count_nothing_are_the_text():
    found = layout_of("731 x B-PHONE\n22 x O\n9 x O\n44 x B-PHONE\n")
    assert (found.token, found.numbers) == (0, ())
    found = layout_of("1 x B-PHONE\n2 y O\n3 z O\n")
    assert (found.token, found.numbers) == (1, ((0, "tokens"),))


def test_one_broken_tag_in_ten_is_the_readers_to_refuse(tmp_path):
    path = tmp_path / "set.txt"
    path.write_text("王,B-PER\n" * 15 + "小,boo\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"set\.txt:16: expected a character and a tag .* found the tag 'boo'"):
        read_with_report(path)
    path.write_text("王 B-PER 0\n" * 15 + "小\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"set\.txt:16: .* found the single column '小'"):
        read_with_report(path)


def test_styles_are_distinguished():
    assert find_style(["B-I", "I-I", "O"]) == "B-LABEL"
    assert find_style(["PER-B", "O"]) == "LABEL-B"
    assert find_style(["O", "O"]) is None
    assert find_style([]) is None


def test_iob1_is_one_shape_and_no_thousand_repairs(tmp_path):
    path = tmp_path / "set.txt"
    sentence = "王 I-PER\n小 I-PER\n李 B-PER\n在 O\n青 I-LOC\n\n"
    path.write_text(sentence * 20, encoding="utf-8")
    result = read_with_report(path)
    assert (result.shape, result.repairs) == ("IOB1 tags", {})
    assert [(e.start, e.end) for e in result.documents[0].entities] == [(0, 2), (2, 3), (4, 5)]
    path.write_text(sentence * 20 + "王 O\n小 B-PER\n", encoding="utf-8")  # not IOB1: one entity begins as in IOB2
    assert read_with_report(path).repairs == {"I-, M- or E- tags without a beginning opened an entity": 40}
