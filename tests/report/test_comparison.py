from dataclasses import replace

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.report.comparison import Overlap, compare_pairs, different_documents, differing_options
from bert4ner.runs.record import open_run
from bert4ner.scoring.metrics import evaluate


@pytest.fixture
def record_of(make_run, gold, predicted):
    """The record of another run, of these documents unless others are given."""

    def record(name, found=predicted, annotated=gold, **options):
        return open_run(make_run(annotated, found, name=name, **options))

    return record


def test_only_options_that_differ_are_reported_and_a_combined_run_has_none(record_of, combined):
    record, other = record_of("one"), record_of("other", head="crf", seed=7)
    records = [record, other, open_run(combined)]
    assert differing_options(records) == {"head": ["softmax", "crf", None], "seed": [42, 7, None]}
    assert differing_options([record, record]) == differing_options([records[2]]) == {}
    faster = record_of("faster", learning_rate=1)
    assert differing_options([faster, record])["learning_rate"] == [1, "auto"]


def test_every_two_runs_are_compared_on_the_documents_that_both_held_out(record_of, gold, predicted):
    new = Document("new", "人参", (Entity(0, 2, "DRUG"),))
    perfect = record_of("perfect", gold[1:][::-1], gold[1:][::-1])
    elsewhere = record_of("elsewhere", [new], [new], folds=1)
    pairs = compare_pairs([record_of("one"), perfect, elsewhere], [*gold, new])
    assert [(pair.one, pair.other) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    difference = pairs[0].difference
    assert difference.documents == 5 and 0 < difference.p_value < 1
    assert difference.f1 == pytest.approx(evaluate(gold[1:], predicted[1:]).micro.f1 - 1)
    assert pairs[1].difference is pairs[2].difference is None


def test_runs_of_different_documents_are_found_by_their_texts(record_of, gold, predicted):
    renamed = [[replace(each, id=f"b-{each.id}") for each in documents] for documents in (gold, predicted)]
    new = Document("leaflet-0", "人参", (Entity(0, 2, "DRUG"),))
    records = [
        record_of("one"),
        record_of("renamed", renamed[1], renamed[0]),
        record_of("part", predicted[:4], gold[:4]),
        record_of("elsewhere", [new], [new], folds=1),
    ]
    assert different_documents(records[:2]) == []
    assert different_documents(records[1:]) == [Overlap(0, 1, 4), Overlap(0, 2, 0), Overlap(1, 2, 0)]


def test_runs_of_one_data_set_under_several_names_are_compared(record_of, gold, predicted):
    names = [
        [replace(each, id=f"{name}-{each.id}") for each in documents]
        for name, documents in (("b", gold), ("b", predicted), ("c", gold))
    ]
    (pair,) = compare_pairs([record_of("one"), record_of("two", names[1], names[0])], names[2])
    assert pair.difference is not None and pair.difference.documents == 6 and pair.difference.f1 == 0


def test_other_texts_and_repeated_ids_are_refused(record_of, gold):
    record = record_of("run")
    with pytest.raises(DataError, match=r"the text of 'leaflet-0' in gold is not that which .*run was scored on"):
        compare_pairs([record], [Document("leaflet-0", "人参"), *gold[1:]])
    with pytest.raises(DataError, match="1 ids occur more than once"):
        compare_pairs([record], [*gold, gold[0]])
