"""Windows: they cover the text, keep their size, cut at punctuation, and stitching gives back what was cut."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.entities import Entity
from bert4ner.text.windows import Window, cut_windows, stitch, truncate, window_entities

TEXTS = st.text(alphabet="病痛气血。，、！\n a（）<br/>", max_size=400) | st.text(alphabet="气血虚", max_size=400)
SENTENCE_ENDS = "。！\n）"  # a bracket closed after a full stop belongs to the sentence


@st.composite
def cuttings(draw):
    text = draw(TEXTS)
    size = draw(st.integers(1, 60))
    overlap = draw(st.integers(0, size - 1))
    return text, size, overlap


@given(case=cuttings())
def test_windows_cover_the_text_and_keep_their_size(case):
    text, size, overlap = case
    windows = cut_windows(text, size=size, overlap=overlap)
    covered = [False] * len(text)
    for window in windows:
        assert 0 < window.end - window.start <= size
        covered[window.start : window.end] = [True] * (window.end - window.start)
    assert all(covered) and (len(windows) >= 1) == bool(text)
    for before, after in pairwise(windows):
        assert before.start < after.start and before.end < after.end
        assert before.end - overlap <= after.start <= before.end
        assert overlap == 0 or after.start < before.end


@st.composite
def annotated(draw):
    """A cut text with entities that are not longer than the overlap and run across no sentence end."""
    text, size, overlap = draw(cuttings())
    places = st.tuples(st.integers(0, len(text)), st.integers(1, max(1, overlap)), st.sampled_from("XY"))
    spans = draw(st.lists(places, max_size=12))
    entities = []
    for start, width, label in spans:
        piece = text[start : start + width]
        crosses = any(end in piece[:-1] for end in SENTENCE_ENDS) or "<" in piece or ">" in piece
        if len(piece) == width <= overlap and not crosses:
            entities.append(Entity(start, start + width, label, score=0.5))
    windows = cut_windows(text, size=size, overlap=overlap)
    return text, size, overlap, list(compatible(entities, windows))


def compatible(entities, windows):
    """Those that some window holds together with each earlier one that they overlap: others are in conflict."""
    kept = []
    for entity in entities:
        over = [other for other in kept if other.start < entity.end and entity.start < other.end]
        bounds = [(min(entity.start, other.start), max(entity.end, other.end)) for other in over]
        if all(any(window.start <= start and end <= window.end for window in windows) for start, end in bounds):
            kept.append(entity)
    return kept


def test_crossing_entities_that_no_window_holds_together_are_in_conflict():
    windows = cut_windows("<<<<<<<<<<<aaaaa", size=4, overlap=3)
    both = [Entity(11, 14, "X", score=0.5), Entity(13, 16, "X", score=0.6)]
    assert compatible(both, windows) == both[:1]
    assert stitch(windows, window_entities(windows, both)[0]) == both[1:]


@given(case=annotated())
def test_stitching_gives_back_what_was_cut(case):
    text, size, overlap, entities = case
    windows = cut_windows(text, size=size, overlap=overlap)
    inside, outside = window_entities(windows, entities)
    assert outside == []
    assert stitch(windows, inside) == sorted(set(entities))


def test_entities_that_a_window_between_their_owners_found_are_not_in_conflict():
    entities = [Entity(1, 3, "X", score=0.5), Entity(2, 5, "X", score=0.5)]
    windows = cut_windows("<aaaa<", size=4, overlap=3)
    assert windows == [(0, 4), (1, 5), (2, 6)]
    assert stitch(windows, window_entities(windows, entities)[0]) == entities


@given(case=annotated(), data=st.data())
def test_no_entity_that_some_window_holds_is_lost_whatever_its_length(case, data):
    text, size, overlap, _ = case
    windows = cut_windows(text, size=size, overlap=overlap)
    bounds = st.tuples(st.integers(0, len(text)), st.integers(1, size))
    entities = [Entity(start, start + width, "X") for start, width in data.draw(st.lists(bounds, max_size=1))]
    inside, outside = window_entities(windows, entities)
    assert sorted(stitch(windows, inside) + outside) == entities


def test_windows_end_with_sentences_and_start_with_them():
    text = "气血两亏，月经量少。" * 10
    windows = cut_windows(text, size=35, overlap=12)
    assert all(text[window.end - 1] == "。" for window in windows)
    assert all(window.start % 10 == 0 for window in windows)
    assert windows[0] == Window(0, 30) and windows[1] == Window(20, 50)


@pytest.mark.parametrize("mark", ["。", "！", "？", "；", "!", "?", ";", "\n", "<br/>", "<br>", "。”"])
def test_every_kind_of_sentence_end_is_seen(mark):
    text = "气" * 14 + mark + "血，" * 10
    assert cut_windows(text, size=20, overlap=0)[0].end == 14 + len(mark)


@pytest.mark.parametrize("mark", ["，", "、", ",", "：", "）", ")"])
def test_without_a_sentence_end_a_clause_end_is_taken(mark):
    text = "气" * 14 + mark + "血" * 30
    assert cut_windows(text, size=20, overlap=0)[0].end == 15


def test_a_cut_in_the_first_half_is_not_taken():
    text = "气。" + "血" * 40
    assert cut_windows(text, size=20, overlap=4)[0].end == 20


def test_where_nothing_ends_windows_share_exactly_the_overlap():
    assert cut_windows("血" * 50, size=20, overlap=5) == [(0, 20), (15, 35), (30, 50)]


def test_a_short_text_is_one_window_and_an_empty_one_none():
    assert cut_windows("气。血", size=3, overlap=2) == [(0, 3)]
    assert cut_windows("", size=3, overlap=2) == []


@pytest.mark.parametrize("text", ["血" * 10**6, "a " * 5 * 10**5, "。" * 10**6, "气。" * 5 * 10**5, "<br " * 250_000])
def test_a_megabyte_is_cut_in_linear_time(text):
    began = time.thread_time()
    windows = cut_windows(text, size=254, overlap=64)
    assert time.thread_time() - began < 3.0
    assert windows[-1].end == len(text)


def test_impossible_overlaps_are_refused():
    for overlap in (-1, 10):
        with pytest.raises(ValueError, match="overlap must be in"):
            cut_windows("气血", size=10, overlap=overlap)


@pytest.mark.parametrize(
    ("mode", "windows"),
    [
        ("head", [(0, 5)]),
        ("tail", [(5, 10)]),
        ("head_tail", [(0, 3), (8, 10)]),
    ],
)
def test_truncation_keeps_its_part(mode, windows):
    assert truncate("0123456789", size=5, mode=mode) == windows
    assert truncate("01234", size=5, mode=mode) == [(0, 5)]
    assert truncate("", size=5, mode=mode) == []


def test_unknown_truncation_is_refused():
    with pytest.raises(ValueError, match="head_tail"):
        truncate("气", size=5, mode="middle")
    with pytest.raises(ValueError, match="too small"):
        truncate("气", size=1, mode="head_tail")


def test_entities_are_given_to_every_window_that_holds_them_whole():
    windows = [Window(0, 10), Window(6, 16), Window(12, 20)]
    low, shared, cut = Entity(0, 3, "X"), Entity(7, 9, "X"), Entity(4, 12, "X")
    assert window_entities(windows, [low, shared, cut]) == ([[low, shared], [shared], []], [cut])


def test_each_window_is_believed_up_to_the_middle_of_what_is_shared():
    windows = [Window(0, 20), Window(10, 30)]
    left, right = Entity(11, 14, "X"), Entity(16, 19, "X")
    assert stitch(windows, [[left, right], []]) == [left]
    assert stitch(windows, [[], [left, right]]) == [right]


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        (Entity(12, 16, "X", 0.9), Entity(14, 18, "Y", 0.8), "X"),
        (Entity(12, 16, "X", 0.8), Entity(14, 18, "Y", 0.9), "Y"),
        (Entity(12, 16, "X"), Entity(14, 18, "Y", 0.1), "Y"),
        (Entity(12, 16, "X", 0.5), Entity(14, 19, "Y", 0.5), "Y"),
        (Entity(12, 16, "X", 0.5), Entity(14, 18, "Y", 0.5), "X"),
    ],
)
def test_conflicts_between_windows_go_to_the_surer_the_longer_the_earlier(first, second, kept):
    found = stitch([Window(0, 20), Window(10, 30)], [[first], [second]])
    assert [entity.label for entity in found] == [kept]


def test_nested_entities_of_one_window_are_left_alone():
    windows = [Window(0, 20), Window(10, 30)]
    outer, inner = Entity(2, 8, "X"), Entity(3, 5, "Y")
    assert stitch(windows, [[inner, outer], []]) == [outer, inner]


def test_nested_entities_that_one_window_found_together_are_left_alone():
    windows = [Window(0, 20), Window(10, 30)]
    outer, inner = Entity(10, 19, "X"), Entity(16, 19, "Y")  # owned by different windows
    assert stitch(windows, [[outer, inner], [outer, inner]]) == [outer, inner]
    assert stitch(windows, [[outer], [inner]]) == [outer]


def test_where_entities_may_be_nested_only_those_that_cross_are_in_conflict():
    windows = [Window(0, 20), Window(10, 30)]
    outer, inner, crossing = Entity(10, 19, "X", 0.5), Entity(16, 19, "Y", 0.5), Entity(14, 25, "Z", 0.9)
    assert stitch(windows, [[outer], [inner]], nesting="any") == [outer, inner]
    assert stitch(windows, [[outer], [inner, crossing]], nesting="any") == [crossing, inner]
    assert stitch(windows, [[outer, crossing], [inner, crossing]], nesting="any") == [outer, crossing, inner]
    long = Entity(2, 13, "X")  # fits the first window only
    assert stitch(windows, [[long], [Entity(10, 12, "Y")]], nesting="any") == [long]
    twice = [Entity(16, 19, "X"), Entity(16, 19, "Y")]
    assert stitch(windows, [[], twice], nesting="any") == twice


def test_of_one_label_only_none_may_nest_where_labels_say_so():
    windows = [Window(0, 20), Window(10, 30)]
    outer, inner, alike = Entity(10, 19, "X", 0.9), Entity(16, 19, "Y", 0.5), Entity(16, 18, "X", 0.5)
    assert stitch(windows, [[outer], [inner, alike]], nesting="labels") == [outer, inner]
    assert stitch(windows, [[outer], [inner, alike]], nesting="any") == [outer, alike, inner]
    assert stitch(windows, [[outer], [inner, alike]], nesting="none") == [outer]


def test_a_loser_of_a_conflict_takes_nobody_with_it():
    windows = [Window(0, 20), Window(10, 30)]
    entities = [Entity(11, 14, "X", 0.9), Entity(13, 18, "X", 0.5), Entity(17, 20, "X", 0.4)]
    found = stitch(windows, [entities[:1], entities[1:]])
    assert found == [entities[0], entities[2]]


def test_repeated_entities_come_once():
    entity = Entity(2, 4, "X")
    assert stitch([Window(0, 9)], [[entity, entity]]) == [entity]


def test_stitching_wants_one_list_for_each_window():
    with pytest.raises(ValueError, match="2 lists"):
        stitch([Window(0, 2), Window(1, 3)], [[]])
