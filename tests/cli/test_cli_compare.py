"""`bert4ner compare` of runs that were scored on different documents."""

import json

import pytest

from bert4ner.data.documents import write_documents
from bert4ner.entities import Document, Entity
from tests.made_runs import gold, make_run, predicted

__all__ = ["gold", "make_run", "predicted"]  # fixtures
ELSEWHERE = [Document("new", "人参", (Entity(0, 2, "DRUG"),))]


@pytest.fixture
def runs(make_run, gold, predicted):
    """Two of the same documents, one of a part of them, one of others."""
    return [
        make_run(gold, predicted, name="one"),
        make_run(gold, gold, name="same"),
        make_run(gold[:4], predicted[:4], name="part"),
        make_run(ELSEWHERE, ELSEWHERE, name="elsewhere", folds=1),
    ]


def test_scores_of_different_documents_are_named(bert4ner, runs, gold, tmp_path):
    one, same, part, elsewhere = runs
    assert "were scored on" not in bert4ner("compare", one, same).out
    apart = f"{one} and {elsewhere} were scored on different documents and have none in common: their F1 cannot be "
    overlapping = f"{one} and {part} were scored on different documents, 4 in common: their F1 can be compared only on "
    out = bert4ner("compare", one, part, elsewhere).out
    assert apart in out and f"{overlapping}these, with --gold DATA" in out

    data, foreign = tmp_path / "gold.jsonl", tmp_path / "foreign.jsonl"
    write_documents(gold, data, "jsonl")
    write_documents(ELSEWHERE, foreign, "jsonl")
    out = bert4ner("compare", one, part, elsewhere, "--gold", data).out
    assert apart in out and f"{overlapping}these\n" in out
    table = out.partition("Differences on documents")[2].partition("were scored")[0]
    assert "part" in table and table.count("elsewhere") == 0 and "no document that both" not in out
    out = bert4ner("compare", one, same, "--gold", foreign).out
    assert "Differences" not in out and f"annotates no document that both {one} and {same} held out" in out
    read = json.loads(bert4ner("compare", one, elsewhere, "--json").out)
    assert read["different_documents"] == [{"one": 0, "other": 1, "common": 0}]
