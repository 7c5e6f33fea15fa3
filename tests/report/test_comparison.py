from dataclasses import replace

import pytest

from bert4ner.config import Config
from bert4ner.entities import Document
from bert4ner.errors import DataError
from bert4ner.report.comparison import compare_pairs, differing_options
from bert4ner.report.run_record import load_run
from bert4ner.scoring.metrics import evaluate


@pytest.fixture
def record(run):
    return load_run(run)


def test_only_options_that_differ_are_told_and_a_combined_run_has_none(record):
    others = [replace(record, config=record.config.replace(head="crf", seed=7)), replace(record, config=None)]
    assert differing_options([record, *others]) == {"head": ["softmax", "crf", None], "seed": [42, 7, None]}
    assert differing_options([record, record]) == differing_options([others[1]]) == {}
    assert differing_options([replace(record, config=Config().replace(learning_rate=1)), record])["learning_rate"] == [
        1,
        "auto",
    ]


def test_every_two_runs_are_compared_on_the_documents_that_both_held_out(record, gold, predicted):
    perfect = replace(record, predicted=gold[1:][::-1])
    elsewhere = replace(record, predicted=[Document("new", "人参")])
    with_new = [*gold, Document("new", "人参")]
    pairs = compare_pairs([record, perfect, elsewhere], with_new)
    assert [(pair.one, pair.other) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    difference = pairs[0].difference
    assert difference.documents == 5 and 0 < difference.p_value < 1
    assert difference.f1 == pytest.approx(evaluate(gold[1:], predicted[1:]).micro.f1 - 1)
    assert pairs[1].difference is pairs[2].difference is None


def test_other_texts_and_repeated_ids_are_refused(record, gold):
    with pytest.raises(DataError, match=r"the text of 'leaflet-0' in gold is not that which .*run was scored on"):
        compare_pairs([record], [Document("leaflet-0", "人参"), *gold[1:]])
    with pytest.raises(DataError, match="1 ids occur more than once"):
        compare_pairs([record], [*gold, gold[0]])
