"""From what a file states to a checked document, format by format alike."""

import itertools
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.data.conventions import EndConvention
from bert4ner.data.files import BOM_REMOVED
from bert4ner.data.records import Record, Span, agrees, flat_entities, make_document
from bert4ner.data.repairs import Repairs
from bert4ner.data.unique_ids import make_unique
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError


def document_of(text, *spans, **options):
    repairs = Repairs()
    return make_document(Record("file:7", "d", text, list(spans)), repairs, **options), repairs


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (Span(0, 9, "A"), "within the text of 4 characters"),
        (Span(-1, 2, "A"), "within the text of 4 characters"),
        (Span(2, 2, "A"), "at least one character"),
        (Span(3, 1, "A"), "at least one character"),
        (Span(0, 2, ""), "expected a label"),
        (Span(0, 2, "A ", "一二"), "expected a label"),
        (Span(0, 2, "A", "二三"), r"file:7: expected '二三' at \[0, 2\), found '一二'"),
    ],
)
def test_impossible_spans_are_refused_with_their_place(span, expected):
    with pytest.raises(DataError, match=expected) as caught:
        document_of("一二三四", span)
    assert str(caught.value).startswith("file:7: ")


def test_a_span_may_know_its_place_better_than_its_record():
    with pytest.raises(DataError, match=r"^file\.ann:3: "):
        document_of("一二三四", Span(0, 2, "A", "二三", where="file.ann:3"))


@pytest.mark.parametrize("text", ["a\x00b", "a\ud83d"])
def test_texts_that_no_tool_carries_are_refused(text):
    with pytest.raises(DataError, match="file:7: character 1"):
        document_of(text)


def test_repeated_annotations_count_once_and_are_reported():
    document, repairs = document_of("一二三", Span(0, 2, "A"), Span(0, 2, "A"), Span(0, 2, "B"))
    assert document.entities == (Entity(0, 2, "A"), Entity(0, 2, "B"))
    assert repairs == {"repeated annotations (same span, same label) read once": 1}


def units_of(text, tool):
    """Offsets of every character (and of the end) as another tool counts, the slow way."""
    return [len(tool(text[:position])) for position in range(len(text) + 1)]


def as_utf16(text):
    return text.encode("utf-16-le")[::2]  # one byte for each code unit


TOOLS = {
    "UTF-16": as_utf16,
    "Windows": lambda text: text.replace("\n", "\r\n"),
    "UTF-8": lambda text: text.encode(),
    "UTF-16 code units with Windows": lambda text: as_utf16(text.replace("\n", "\r\n")),
}


@pytest.mark.parametrize("name", TOOLS)
def test_offsets_counted_in_other_units_are_turned_and_counted(name):
    text = "😀气\n血😀两亏\n月经"
    offsets = units_of(text, TOOLS[name])
    wanted = [(1, 2), (3, 6), (8, 10)]
    spans = [Span(offsets[start], offsets[end], "A", text[start:end]) for start, end in wanted]
    document, repairs = document_of(text, *spans)
    assert [(entity.start, entity.end) for entity in document.entities] == wanted
    ((kind, count),) = repairs.items()
    assert name in kind
    assert count == 3


def test_offsets_that_ignore_carriage_returns_are_turned():
    document, repairs = document_of("气血\r\n两亏\r\n月经", Span(3, 5, "A", "两亏"), Span(6, 8, "A", "月经"))
    assert [document.mention(entity) for entity in document.entities] == ["两亏", "月经"]
    assert repairs["offsets counted in characters with line ends as one character turned into characters"] == 2


def test_offsets_that_count_a_removed_byte_order_mark_are_turned_only_where_there_was_one():
    repairs = Repairs({BOM_REMOVED: 1})
    document = make_document(Record("file:7", "d", "气血两亏", [Span(3, 5, "A", "两亏")]), repairs)
    assert document.entities == (Entity(2, 4, "A"),)
    with pytest.raises(DataError, match="within the text"):
        document_of("气血两亏", Span(3, 5, "A", "两亏"))


def test_one_wrong_mention_among_right_ones_is_refused_not_moved():
    with pytest.raises(DataError, match="expected '血'"):
        document_of("😀气血", Span(1, 2, "A", "气"), Span(1, 2, "A", "血"))


@pytest.mark.parametrize("mention", ["气 血", "气血", "气\n血", "气\r\n血"])
def test_a_line_break_may_be_shown_as_a_space_or_left_out(mention):
    assert agrees("气\n血", mention)
    assert agrees("气\r\n血", mention)
    assert not agrees("气，血", mention)


def test_mentions_decide_whether_ends_are_inclusive():
    convention = EndConvention(default_inclusive=False)
    assert not convention.inclusive
    spans = [Span(0, 1, "A", "气血"), Span(3, 3, "A", "亏"), Span(0, 0, "A")]
    convention.look(Record("file:1", "d", "气血两亏", spans))
    assert convention.inclusive
    document, _ = document_of("气血两亏", Span(0, 1, "A", "气血"), inclusive=True)
    assert document.entities == (Entity(0, 2, "A"),)


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize(("count", "wrong"), [(3, 0), (2, 0), (20, 1), (10, 1)])
def test_mentions_decide_whether_offsets_count_from_one(inclusive, count, wrong):
    spans = [Span(2, 4 - inclusive, "A", "血两") for _ in range(count - wrong)]
    spans += [Span(1, 3 - inclusive, "A", "两亏") for _ in range(wrong)]
    record, repairs = Record("file:1", "d", "气血两亏", spans), Repairs()
    convention = EndConvention(default_inclusive=False)
    convention.look(record)
    assert convention.from_one == (count in (3, 20))
    if convention.from_one:
        assert convention.inclusive == inclusive
        counted = convention.count_from_zero(record, repairs)
        assert {(each.start, each.end) for each in counted.spans[: count - wrong]} == {(1, 3 - inclusive)}
        assert repairs == {"offsets count from 1: corrected": count}
        if wrong:
            with pytest.raises(DataError, match=r"^file:1 \(1 subtracted from its offsets\): expected '两亏'"):
                make_document(counted, repairs, inclusive=inclusive)
    else:
        assert convention.count_from_zero(record, repairs) is record and not repairs


@pytest.mark.parametrize("text", ["😀气血两", "气气气"])
def test_offsets_that_fit_otherwise_do_not_count_from_one(text):
    place = text.index("气") + (text[0] == "😀")
    convention = EndConvention(default_inclusive=False)
    convention.look(Record("file:1", "d", text, [Span(place + 1, place + 2, "A", "气") for _ in range(5)]))
    assert not convention.from_one


def test_inclusive_ends_are_shown_as_they_stand_in_the_file():
    with pytest.raises(DataError, match=r"found A at \[2, 4\]; offsets count characters from 0, end inclusive"):
        document_of("一二三四", Span(2, 4, "A"), inclusive=True)


def test_reversed_spans_can_be_left_out_and_are_counted():
    document, repairs = document_of("一二三四", Span(2, 1, "A"), Span(1, 1, "A"), inclusive=True, drop_reversed=True)
    assert document.entities == (Entity(1, 2, "A"),)
    assert repairs == {"spans left out because they end before they start": 1}


def test_repeated_ids_become_unique_and_are_counted():
    repairs = Repairs()
    documents = [Document(id, "一") for id in ["a", "a#2", "a", "b", "a"]]
    assert [document.id for document in make_unique(documents, repairs)] == ["a", "a#2", "a#3", "b", "a#4"]
    assert repairs.total() == 2


spans = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 5), st.sampled_from("AB")), max_size=8)


@given(spans)
def test_flat_entities_are_the_longest_that_do_not_overlap(triples):
    entities = {Entity(start, start + width, label) for start, width, label in triples}
    kept, lost = flat_entities(entities)
    assert sorted(kept + lost) == sorted(entities)
    assert all(one.end <= other.start for one, other in itertools.pairwise(kept))
    for entity in lost:  # something at least as long stands in its way
        assert any(
            entity.start < other.end
            and other.start < entity.end
            and other.end - other.start >= entity.end - entity.start
            for other in kept
        )


def peak_of(work):
    tracemalloc.start()
    try:
        kept = work()
        return kept, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_goes_to_entities_and_documents_not_to_sets_of_them():
    number = 22_000  # where a set or a dict has just grown
    record = Record("a:1", "a", "气" * number, [Span(place, place + 1, "A") for place in range(number)])
    document, peak = peak_of(lambda: make_document(record, Repairs()))
    assert len(document.entities) == number and peak < 120 * number  # an entity alone takes 72
    documents = [Document(str(place), "气") for place in range(number)]
    kept, peak = peak_of(lambda: make_unique(documents, Repairs()))
    assert kept == documents and peak < 30 * number
