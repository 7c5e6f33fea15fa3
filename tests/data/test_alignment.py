"""Mentions without offsets: their places against a definition by brute force, and small cases by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.data.alignment import align
from bert4ner.data.documents import read_with_report
from bert4ner.errors import DataError


def placed(text, mentions, how="all"):
    return [(span.start, span.end, span.label) for span in align(text, mentions, how).spans]


def test_every_occurrence_the_longest_first():
    mentions = [("北京", "LOC"), ("北京大学", "ORG")]
    assert placed("北京大学在北京", mentions) == [(0, 4, "ORG"), (5, 7, "LOC")]
    assert placed("北京，北京大学，北京", mentions, "first") == [(3, 7, "ORG"), (0, 2, "LOC")]


def test_what_stands_inside_another_only_is_nested():
    assert placed("北京大学", [("北京", "LOC"), ("北京大学", "ORG")]) == [(0, 4, "ORG"), (0, 2, "LOC")]


def test_what_stands_by_itself_in_the_text_is_not_nested_there():
    mentions = [("苦逼青年", "A"), ("文艺青年", "A"), ("青年", "B")]
    text = "苦逼青年和文艺青年"
    assert placed(text, mentions) == [(5, 9, "A"), (0, 4, "A"), (2, 4, "B"), (7, 9, "B")]
    assert placed(text + "，青年", mentions) == [(5, 9, "A"), (0, 4, "A"), (10, 12, "B")]


def test_what_stands_across_another_only_is_left_out():
    found = align("甲乙丙丁", [("甲乙丙", "A"), ("丙丁", "B")])
    assert [span.label for span in found.spans] == ["A"]
    assert (found.crossing, found.missing) == ([("丙丁", "B")], [])


def test_in_order_goes_on_behind_the_mention_before():
    mentions = [("王", "A"), ("李", "B"), ("王", "C"), ("王", "D")]
    found = align("王李王", mentions, "order")
    assert [(span.start, span.label) for span in found.spans] == [(0, "A"), (1, "B"), (2, "C"), (2, "D")]
    assert align("王李", [("李", "B"), ("王", "A")], "order").missing == [("王", "A")]


MENTIONS = st.lists(st.tuples(st.text("甲乙丙", max_size=3), st.sampled_from("AB")), max_size=4)


@given(st.text("甲乙丙", max_size=12), MENTIONS)
def test_every_mention_is_placed_or_reported_and_what_is_placed_is_there(text, mentions):
    for how in ("all", "first", "order"):
        found = align(text, mentions, how)
        assert all(text[span.start : span.end] == span.mention for span in found.spans)
        seen = {(span.mention, span.label) for span in found.spans} | {*found.missing, *found.crossing}
        assert seen == set(mentions)
        assert all(not mention or mention not in text or how == "order" for mention, _ in found.missing)
    spans = align(text, mentions).spans
    for one in spans:
        for other in spans:  # inside one another or apart, never across
            apart = one.end <= other.start or other.end <= one.start
            inside = (one.start >= other.start and one.end <= other.end) or (
                other.start >= one.start and other.end <= one.end
            )
            covered = all(
                any(each.start <= place < each.end and len(each.mention) > len(one.mention) for each in spans)
                for place in range(one.start, one.end)
            )
            assert apart or inside or covered or len(one.mention) > len(other.mention)


def test_labels_without_end_are_refused():
    with pytest.raises(DataError, match="more than 16 entities for each character"):
        align("甲" * 10, [("甲", str(number)) for number in range(20)])


def test_order_and_first_reach_the_reader(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "王李王", "entities": [["王", "A"], ["李", "B"]]}\n', encoding="utf-8")
    counts = {how: len(read_with_report(path, align=how).documents[0].entities) for how in ("all", "first", "order")}
    assert counts == {"all": 3, "first": 2, "order": 2}
    chosen = {"all": "every occurrence is annotated", "first": "the first occurrence is annotated"}
    for how, done in chosen.items():
        (line,) = read_with_report(path, align=how).repairs.describe()
        assert line.startswith(f"1 mentions found more than once in their text: {done}; --align ")
    (listed,) = read_with_report(path).repairs.listed()
    assert listed == f"mentions found more than once in their text: {path}:1: '王' as 'A'"
