"""Tag sets: legal encodings, lenient reading, and tables that agree with each other."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.errors import ConfigError, DataError
from bert4ner.text.schemes import SCHEMES, TagSet

LABELS = ("DRUG", "SYMPTOM", "FOOD")


@st.composite
def spans_without_overlap(draw):
    length = draw(st.integers(0, 30))
    bounds = sorted(draw(st.sets(st.integers(0, length), max_size=14)))
    pieces = [(start, end, draw(st.sampled_from(LABELS))) for start, end in pairwise(bounds)]
    return [piece for piece in pieces if draw(st.booleans())], length


def conlleval(tags):
    """Read tags one by one with the rules of the conlleval script, `S`/`E` as in its later editions."""
    found, start, previous = [], None, "O"
    for place, tag in enumerate([*tags, "O"]):
        same = tag[1:] == previous[1:]
        ends = previous != "O" and (tag[0] in "OBS" or previous[0] in "ES" or not same)
        begins = tag != "O" and (tag[0] in "BS" or previous[0] in "OES" or not same)
        if ends:
            found.append((start, place, previous[2:]))
        if begins:
            start = place
        previous = tag
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
@given(case=spans_without_overlap())
def test_decode_returns_what_was_encoded(scheme, case):
    spans, length = case
    tag_set = TagSet(scheme, LABELS)
    tag_ids, lost = tag_set.encode(spans, length)
    assert (tag_set.decode(tag_ids), lost) == (spans, [])
    assert tag_ids.dtype == np.int32 and tag_ids.shape == (length,)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(case=spans_without_overlap())
def test_encoded_sequences_are_legal(scheme, case):
    tag_set = TagSet(scheme, LABELS)
    tag_ids, _ = tag_set.encode(*case)
    assert tag_set.transition_allowed[tag_ids[:-1], tag_ids[1:]].all()
    assert tag_set.start_allowed[tag_ids[:1]].all() and tag_set.end_allowed[tag_ids[-1:]].all()


@pytest.mark.parametrize("scheme", SCHEMES)
@given(numbers=st.lists(st.integers(0, 10**6), max_size=20))
def test_any_tags_are_read_as_conlleval_reads_them(scheme, numbers):
    tag_set = TagSet(scheme, LABELS)
    tag_ids = np.array([number % len(tag_set) for number in numbers], dtype=np.int32)
    assert tag_set.decode(tag_ids) == conlleval([tag_set.tags[number] for number in tag_ids])


@pytest.mark.parametrize("scheme", SCHEMES)
@given(numbers=st.lists(st.integers(0, 10**6), max_size=12))
def test_a_legal_sequence_is_the_encoding_of_its_entities(scheme, numbers):
    tag_set = TagSet(scheme, LABELS[:2])
    tag_ids = np.array([number % len(tag_set) for number in numbers], dtype=np.int32)
    legal = (
        tag_set.start_allowed[tag_ids[:1]].all()
        and tag_set.end_allowed[tag_ids[-1:]].all()
        and tag_set.transition_allowed[tag_ids[:-1], tag_ids[1:]].all()
    )
    again, _ = tag_set.encode(tag_set.decode(tag_ids), len(tag_ids))
    assert legal == (again.tolist() == tag_ids.tolist())


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("bio", ["B-X", "O", "B-X", "I-X", "I-X"]),
        ("bios", ["S-X", "O", "B-X", "I-X", "I-X"]),
        ("bioes", ["S-X", "O", "B-X", "I-X", "E-X"]),
    ],
)
def test_tags_of_a_short_and_a_long_entity(scheme, tags):
    tag_set = TagSet(scheme, ["X"])
    tag_ids, _ = tag_set.encode([(2, 5, "X"), (0, 1, "X")], 5)
    assert [tag_set.tags[number] for number in tag_ids] == tags


def test_tags_are_numbered_label_by_label_in_the_order_given():
    tag_set = TagSet("bioes", ["Z", "A"])
    assert tag_set.tags == ("O", "B-Z", "I-Z", "E-Z", "S-Z", "B-A", "I-A", "E-A", "S-A")
    assert tag_set.label_numbers.tolist() == [-1, 0, 0, 0, 0, 1, 1, 1, 1]
    assert len(tag_set) == 9 and tag_set.ids["E-A"] == 7


def test_only_bio_lets_b_stand_alone():
    for scheme, alone in (("bio", True), ("bios", False), ("bioes", False)):
        tag_set = TagSet(scheme, ["X"])
        assert tag_set.transition_allowed[tag_set.ids["B-X"], 0] == alone
        assert tag_set.end_allowed[tag_set.ids["B-X"]] == alone


def test_an_inside_tag_of_another_label_opens_an_entity():
    tag_set = TagSet("bio", ["X", "Y"])
    assert tag_set.decode(np.array([1, 4, 4, 0, 2])) == [(0, 1, "X"), (1, 3, "Y"), (4, 5, "X")]


def test_of_overlapping_spans_the_longest_then_the_earlier_is_kept():
    tag_set = TagSet("bios", ["X", "Y"])
    tag_ids, lost = tag_set.encode([(3, 5, "Y"), (0, 2, "X"), (1, 4, "Y"), (5, 7, "X"), (6, 8, "X"), (5, 7, "X")], 8)
    assert tag_set.decode(tag_ids) == [(1, 4, "Y"), (5, 7, "X")]
    assert lost == [(0, 2, "X"), (3, 5, "Y"), (6, 8, "X")]


def test_without_labels_everything_is_outside():
    tag_set = TagSet("bios", [])
    assert tag_set.tags == ("O",) and tag_set.transition_allowed.tolist() == [[True]]
    assert tag_set.decode(np.zeros(3, dtype=np.int32)) == []


def test_what_cannot_be_encoded_is_refused():
    tag_set = TagSet("bios", ["X"])
    for span in ((-1, 2, "X"), (2, 2, "X"), (3, 6, "X")):
        with pytest.raises(ValueError, match="sequence of 5 tokens"):
            tag_set.encode([span], 5)
    with pytest.raises(DataError, match="'Y' is not among"):
        tag_set.encode([(0, 1, "Y")], 5)


def test_bad_tag_sets_are_refused():
    with pytest.raises(ConfigError, match="bio, bios, bioes"):
        TagSet("bmes", ["X"])
    for labels in (["X", "X"], [""]):
        with pytest.raises(DataError, match="distinct"):
            TagSet("bio", labels)


def test_tables_cannot_be_written_to():
    tag_set = TagSet("bio", ["X"])
    for table in (tag_set.transition_allowed, tag_set.continues, tag_set.start_allowed, tag_set.end_allowed):
        with pytest.raises(ValueError, match="read-only"):
            table[0] = False
