"""Annotation is matched to what a run held out, or refused."""

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
