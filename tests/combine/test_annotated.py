"""The annotation of what the runs held out, and the rest, by id or by text."""

from dataclasses import replace

import pytest

from bert4ner.combine.annotated import annotate
from bert4ner.combine.members import open_members
from bert4ner.entities import Document
from bert4ner.errors import RunError
from tests.made_runs import gold_documents, predicted_documents, write_run


def test_what_was_paired_by_text_is_not_among_the_others(tmp_path):
    gold, more = gold_documents(), Document("b-9", "蜂蜜")
    runs = open_members([write_run(tmp_path / "run", gold, predicted_documents(gold))])
    renamed = [replace(document, id=f"b-{number}") for number, document in enumerate(gold)]
    for documents in ([*gold, more], [*renamed, more]):
        found = annotate(runs, documents)
        assert (found.gold, found.others) == (gold, [more])


def test_runs_of_one_data_set_under_several_names_are_refused_with_the_cure(tmp_path):
    gold, found = gold_documents(), predicted_documents(gold_documents())
    renamed = [[replace(each, id=f"b-{each.id}") for each in documents] for documents in (gold, found)]
    runs = [write_run(tmp_path / "a", gold, found), write_run(tmp_path / "b", *renamed)]
    with pytest.raises(RunError, match="combine runs that held out the same documents; the texts are the same: ids "):
        open_members(runs)
