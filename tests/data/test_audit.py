"""Everything suspicious in a data set, counted as a patient reader would count it."""

import json
import random

import pytest

from bert4ner.data.audit import audit
from bert4ner.data.audit_mentions import ShortEnds, find_short_ends
from bert4ner.data.surfaces import find_leakage, surface_consistency
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError


def document(id, marked):
    """A document from a text with annotation written as [mention|LABEL]."""
    text, entities = "", []
    for piece in marked.replace("]", "[").split("["):
        mention, bar, label = piece.partition("|")
        if bar:
            entities.append(Entity(len(text), len(text) + len(mention), label))
        text += mention
    return Document(id, text, tuple(entities))


def test_sizes_and_labels():
    report = audit([document("a", "[气血|A]两[亏|B]"), document("b", "[虚|A]" + "。" * 9)], window_size=9)
    assert report.labels == {"A": 2, "B": 1}
    assert (report.sizes.documents, report.sizes.entities, report.sizes.characters) == (2, 3, 14)
    assert report.sizes.longer_than_window == 1
    assert report.sizes.lengths["min"] == 4
    assert report.sizes.lengths["max"] == 10
    assert report.sizes.mention_lengths["max"] == 2
    assert report.rare_labels == {"A": 2, "B": 1}
    assert audit([document("a", "[气|A]")], num_folds=1).rare_labels == {}


def test_a_clean_set_has_no_findings_and_a_report_without_entities_works():
    assert audit([document("a", "[气血亏虚|A]。")], num_folds=1).findings() == []
    report = audit([Document("a", "")])
    assert report.findings() == ["no entity in 1 document: wrong format, or not annotated"]
    several = audit([Document(name, "气血") for name in "ab"]).findings()
    assert several[0] == "no entity in any of 2 documents: wrong format, or not annotated"
    assert report.consistency.share == 1.0
    with pytest.raises(DataError, match="empty data set"):
        audit([])


def test_labels_that_are_hardly_different_are_shown():
    report = audit([document("a", "[气|公司][血|公司。][两|人][亏|ＰＥＲ][虚|per]")], num_folds=1)
    assert report.alike_labels == ["per", "ＰＥＲ", "公司", "公司。"] and report.to_dict()["alike_labels"]
    assert "labels that differ only in punctuation, spaces, width or case (per, ＰＥＲ, 公司, 公司。): 4" in map(
        str, report.findings()
    )
    assert not audit([document("a", "[气|甲][血|乙][两|+][亏|-]")]).alike_labels


def test_duplicates_and_conflicts():
    documents = [document("a", "[气血|A]"), document("b", "[气血|A]"), document("c", "[气|A]血"), document("d", "亏")]
    duplicates = audit(documents).duplicates
    assert (duplicates.repeats, duplicates.conflicting) == (2, 1)
    assert duplicates.conflicting_examples == [["a", "b", "c"]]


def test_mentions_annotated_here_and_not_there():
    documents = [
        document("a", "[糖尿病|A]与糖尿病，[糖尿病肾病|B]，糖尿病肾病"),
        document("b", "糖尿病的[糖尿病|C]；[虚|A]虚虚；[AB|A]ABAB；[气血|A]气血"),
    ]
    found = surface_consistency(documents)
    # short surfaces are not looked for, and 糖尿病 within 糖尿病肾病 is no occurrence
    assert (found.annotated, found.bare) == (4, 4)
    assert found.share == 0.5
    assert [(each.surface, each.annotated, each.bare) for each in found.bare_examples] == [
        ("糖尿病", 2, 2),
        ("气血", 1, 1),
        ("糖尿病肾病", 1, 1),
    ]
    assert (found.num_ambiguous, found.ambiguous_examples[0].labels) == (1, {"A": 1, "C": 1})


def test_bare_occurrences_agree_with_a_slow_search():
    rng = random.Random(7)
    documents = []
    for number in range(40):
        text = "".join(rng.choices("气血亏", k=30))
        starts = rng.sample(range(0, 26, 5), 2)
        entities = tuple(Entity(start, start + rng.randint(2, 4), "A") for start in starts)
        documents.append(Document(str(number), text, entities))
    surfaces = sorted({d.mention(e) for d in documents for e in d.entities}, key=len, reverse=True)
    bare = 0
    for each in documents:
        covered = {position for entity in each.entities for position in range(entity.start, entity.end)}
        position = 0
        while position < len(each.text):
            for surface in surfaces:
                places = set(range(position, position + len(surface)))
                if each.text[position : position + len(surface)] == surface and not places & covered:
                    bare += 1
                    position += len(surface) - 1
                    break
            position += 1
    assert bare > 0
    assert surface_consistency(documents).bare == bare


def test_overlaps():
    text = "一二三四五六七八九十"
    entities = [Entity(0, 6, "A"), Entity(1, 5, "A"), Entity(1, 3, "A"), Entity(1, 3, "B"), Entity(4, 8, "A")]
    overlaps = audit([Document("a", text, tuple(entities)), document("b", "[气|A][血|B]")]).overlaps
    assert overlaps.nested == 3
    assert overlaps.crossing == 1
    assert overlaps.same_span == 2
    assert overlaps.depth == 2
    assert overlaps.lost_by_flat_tags == 4
    touching = audit([document("b", "[气|A][血|B]")]).overlaps
    assert (touching.nested, touching.crossing, touching.same_span, touching.depth) == (0, 0, 0, 0)


def test_odd_mentions_and_characters():
    documents = [document("a", "[ 胃体|A][胃\n体|A][胃体，|A][胃\u200b体|A]\ufffd\t\r\n\ue000")]
    oddities = audit(documents).oddities
    assert oddities.mentions == {
        "white space at the edge": 1,
        "a line break": 1,
        "punctuation at the edge": 1,
        "invisible or broken characters": 1,
    }
    assert oddities.characters == {"U+200B": 1, "U+FFFD": 1, "U+E000": 1}
    assert oddities.mention_examples["white space at the edge"] == ["a: ' 胃体'"]


def test_what_a_vocabulary_lacks():
    report = audit([document("a", "[气a|A]Ab　b\n [血|A]血")], vocabulary=["气", "a", "[UNK]"])
    gaps = report.vocabulary
    assert (gaps.characters, gaps.white_space, gaps.lacking, gaps.entities_touched) == (7, 3, 4, 1)
    assert gaps.share == 4 / 7
    assert gaps.most_frequent == [("b", 2), ("血", 2)]


def test_what_two_sets_share():
    first = [document("a", "用于[气血两亏|A]引起的症状。[气|B]")]
    other = [document("b", "服药。用于[气血两亏|A]引起的症状；[气|A]"), document("c", "用于气血两亏引起的症状。气")]
    leakage = find_leakage(first, other)
    assert (leakage.num_documents, leakage.shared_texts) == (2, 1)
    assert (leakage.num_clauses, leakage.shared_clauses) == (2, 2)
    assert (leakage.num_entities, leakage.known_entities) == (2, 1)


def test_the_report_is_plain_values_and_says_what_it_found():
    documents = [document("a", "[气血|A]气血"), document("b", "[气血|B]气血"), document("c", " [气血 |B]")]
    report = audit(documents, vocabulary=["气"], other=documents, window_size=3)
    values = json.loads(json.dumps(report.to_dict()))
    assert values["consistency"]["share"] == report.consistency.share
    assert values["vocabulary"]["share"] == 0.5
    assert report.findings() == [
        "documents longer than a window of 3 characters: 3",
        "documents that repeat the text of an earlier one: 1",
        "texts annotated in different ways: 1",
        "places where a word annotated elsewhere is not annotated: 2 (40.0% of its occurrences)",
        "mentions with more than one label: 1",
        "mentions with white space at the edge: 1",
        "labels in fewer documents than there are folds: 2",
        "characters that the vocabulary lacks, 50.00% of all: 5",
        "texts of the second set that are in the first one too: 3",
    ]


def test_the_commonest_mentions_of_each_label():
    texts = ["[甲|A][乙|A]", "[乙|A][丙|B]", "[丁|A][戊|A][己|A][庚|A]"]
    found = audit([document(str(number), text) for number, text in enumerate(texts)]).commonest
    assert found == {"A": [("乙", 2), ("丁", 1), ("己", 1), ("庚", 1), ("戊", 1)], "B": [("丙", 1)]}


def test_ends_that_look_inclusive_are_suspicious_unless_mentions_rule_it_out():
    jobs = [
        document(str(number), f"{'老' * number}招聘[司|JOB]机{end}")
        for number, end in enumerate(["", "，", "。", " ", "！"])
    ]
    towns = [document(f"t{number}", f"{number}在[青山|TOWN]镇上") for number in range(5)]
    findings = audit([*jobs, *towns]).findings()
    assert findings[:2] == [
        "labels most of whose mentions stop one character before punctuation or the end (JOB), "
        "as if ends were inclusive: 1",
        "labels most of whose mentions are one character long (JOB); look at the commonest ones: 1",
    ]
    assert not [each for each in audit([*jobs, *towns], check_ends=False).findings() if each.startswith("labels most")]
    assert not [each for each in audit(jobs[1:]).findings() if each.startswith("labels most")]  # too few to tell


@pytest.mark.parametrize(
    "text", ["招聘[司机|JOB]。", "[司机|JOB]", "招聘[司机|JOB]一名，", "招聘[司机|JOB]（", "[司机|JOB]）。"]
)
def test_ends_at_punctuation_or_further_from_it_are_not_suspicious(text):
    assert find_short_ends([document(str(number), text) for number in range(9)]) == ShortEnds()


def test_everything_counted_is_shown_where_it_stands():
    documents = [
        document("a", "服[气血|A]后气血足\u200b。"),
        document("b", "[气血|B]与[ 胃|A]同服，[虚|A]则补"),
        document("c", "服[气血|A]后气血足\u200b。"),
        document("d", "服气血后气血足\u200b。"),
    ]
    report = audit(documents, window_size=9, num_folds=2, vocabulary="服气血后足与同，则补。", other=documents[1:2])
    found = {
        kind: [(each.id, each.start, each.end) for each in places] for kind, places in report.places_by_kind().items()
    }
    assert found == {
        "longer than a window": [("b", 9, 9)],
        "repeats an earlier text": [("c", 0, 0), ("d", 0, 0)],
        "annotated in different ways": [("d", 1, 3)],
        "in the second set, too": [("b", 0, 0)],
        "not annotated here": [("a", 4, 6), ("c", 4, 6), ("d", 1, 3), ("d", 4, 6)],
        "another label than usual": [("b", 0, 2)],
        "a mention with white space at the edge": [("b", 3, 5)],
        "a label in fewer documents than folds": [("b", 0, 2)],
        "an invisible or broken character": [("a", 7, 8), ("c", 7, 8), ("d", 7, 8)],
        "a character that the vocabulary lacks, once per document": [
            ("a", 7, 8),
            ("b", 4, 5),
            ("b", 8, 9),
            ("c", 7, 8),
            ("d", 7, 8),
        ],
    }
    assert all(each.text == dict_of(documents)[each.id].text[each.start : each.end] for each in report.places)
    shown = report.places_by_kind()["another label than usual"][0]
    assert (shown.before, shown.text, shown.after, shown.note) == ("", "气血", "与 胃同服，虚则补", "B, usually A")
    assert len(report.to_dict()["places"]) == len(report.places)


def dict_of(documents):
    return {each.id: each for each in documents}
