"""Annotation is matched to what a run held out, or refused."""

from dataclasses import replace

import pytest

from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.runs.gold import match_gold
from bert4ner.runs.record import open_run


def test_gold_comes_in_the_order_of_the_run_without_the_rest(run, gold):
    more = [Document("other", "蜂蜜"), *reversed(gold)]
    assert match_gold(open_run(run), more) == gold


def test_gold_that_lacks_documents_is_refused(run, gold):
    with pytest.raises(DataError, match=r"gold lacks 2 of the 6 documents .*run was scored on, e\.g\. 'leaflet-4'"):
        match_gold(open_run(run), gold[:4])


def test_gold_with_another_text_is_refused(run, gold):
    other = Document("leaflet-2", "川芎用于咳嗽。", (Entity(0, 2, "DRUG"),))
    with pytest.raises(DataError, match=r"the texts of 1 gold documents are not those .* of 'leaflet-2'"):
        match_gold(open_run(run), [*gold[:2], other, *gold[3:]])


def test_gold_from_a_file_of_another_name_is_paired_by_text(run, gold):
    renamed = [replace(document, id=f"b-{number}") for number, document in enumerate(reversed(gold))]
    assert match_gold(open_run(run), [*renamed, Document("b-9", "蜂蜜")]) == gold


def test_where_that_is_not_safe_the_message_says_where_ids_come_from(run, gold):
    renamed = [replace(document, id=f"b-{number}") for number, document in enumerate([*gold, gold[0]])]
    with pytest.raises(DataError, match="that the run was made from; the texts are the same: ids come from the file's"):
        match_gold(open_run(run), renamed)
