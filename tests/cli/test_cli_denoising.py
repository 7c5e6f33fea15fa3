"""Doubts in ``audit`` and all of ``correct``, with opinions that are given; those of models are in test_opinions."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.scoring.suspicion import Opinions

LONGER = Entity(0, 3, "DRUG")


@pytest.fixture
def run(tmp_path):
    """What passes for a run until it is opened."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run/folds.json").write_text("{}", encoding="utf-8")
    return tmp_path / "run"


@pytest.fixture
def asked(monkeypatch):
    """What runs were asked; three models would have the first document's drug longer, and its symptom, too."""
    given = []

    def ask_runs(runs, documents, *, nbest):
        given.append((list(map(str, runs)), len(documents), nbest))
        result = []
        for number, document in enumerate(documents):
            candidates = tuple(sorted({*document.entities, LONGER}))
            doubtful = number == 0
            sure = [each.label != "DRUG" or (each == LONGER) == doubtful for each in candidates]
            probabilities = np.where([sure] * 3, 0.875, 0.125)
            result.append(Opinions(document, candidates, probabilities, probabilities > 0.5))
        return result

    without_tensorflow = SimpleNamespace(ask_runs=ask_runs)
    monkeypatch.setitem(sys.modules, "bert4ner.combine.opinions", without_tensorflow)
    return given


def test_audit_ranks_what_runs_doubt(bert4ner, data, run, asked, documents):
    code, out, _ = bert4ner("audit", data, "--run", run, run, "--nbest", "3")
    assert code == 0 and asked == [([str(run), str(run)], 8, 3)]
    assert "8 documents, each checked by 3 models that did not learn from it" in out
    (row,) = [line for line in out.splitlines() if "wrong boundary" in line and documents[0].id in line]
    assert row.split() == [
        *("0.875", "wrong", "boundary", documents[0].id, "人参", "DRUG", "0.125", "人参用", "DRUG", "0.875"),
        documents[0].text,
    ]
    assert "judged" not in bert4ner("audit", data).out


def test_audit_gives_doubts_as_json(bert4ner, data, run, asked, documents):
    result = json.loads(bert4ner("audit", data, "--run", run, "--first", "2", "--json").out)["doubts"]
    assert len(result) == 2
    assert (result[0]["id"], result[0]["kind"], result[0]["suggested"]["end"]) == (
        documents[0].id,
        "wrong boundary",
        3,
    )
    assert "doubts" not in json.loads(bert4ner("audit", data, "--json").out)


@pytest.mark.parametrize("format", ["doccano", "labelstudio", "jsonl"])
def test_a_review_corrected_elsewhere_is_put_back(bert4ner, data, run, asked, documents, tmp_path, format):
    review, output, diff = tmp_path / "review.json", tmp_path / "new.jsonl", tmp_path / "diff.jsonl"
    code, out, _ = bert4ner("audit", data, "--run", run, "--review", review, "--review-format", format, "--first", "2")
    assert code == 0 and f"next:    bert4ner correct {data} --reviewed" in out
    chosen = read_documents(review)
    assert len(chosen) == 2 and chosen[0] == documents[0]
    corrected = Document("1", chosen[0].text, (LONGER, Entity(4, 6, "SYMPTOM"), Entity(6, 7, "SYMPTOM")))
    write_documents([corrected, Document("2", chosen[1].text, chosen[1].entities[:1])], review, format)
    before = data.read_bytes()
    code, out, _ = bert4ner("correct", data, "--reviewed", review, "--output", output, "--diff", diff)
    assert code == 0 and data.read_bytes() == before
    assert out == f"{output}: 8 documents, 2 with changes; entities: 1 added, 1 removed, 1 changed\n"
    new = {each.id: each for each in read_documents(output)}
    assert list(new) == [each.id for each in documents]
    assert new[chosen[0].id].entities == corrected.entities and len(new[chosen[1].id].entities) == 1
    assert all(new[each.id] == each for each in documents if each.id not in {d.id for d in chosen})
    lines = [json.loads(line) for line in diff.read_text(encoding="utf-8").splitlines()]
    assert [line["action"] for line in lines] == ["changed", "added", "removed"]
    assert lines[0]["before"]["mention"] == "人参" and lines[0]["entity"]["mention"] == "人参用"
    assert lines[0]["evidence"] == {"reviewed": str(review)}


def test_what_models_agree_on_goes_to_a_new_file_and_a_diff(bert4ner, data, run, asked, documents, tmp_path):
    output, diff = tmp_path / "new.jsonl", tmp_path / "diff.jsonl"
    before = data.read_bytes()
    code, out, _ = bert4ner("correct", data, "--run", run, "--output", output, "--diff", diff)
    assert code == 0 and data.read_bytes() == before and asked == [([str(run)], 8, 1)]
    assert out == f"{output}: 8 documents, 1 with changes; entities: 1 added, 1 removed, 0 changed\n"
    new = read_documents(output)
    assert new[0].entities == (LONGER, documents[0].entities[1]) and new[1:] == documents[1:]
    lines = [json.loads(line) for line in diff.read_text(encoding="utf-8").splitlines()]
    assert lines[1] == {
        "id": documents[0].id,
        "action": "added",
        "entity": {"start": 0, "end": 3, "label": "DRUG", "mention": "人参用"},
        "evidence": {"votes": 3, "models": 3, "probability": 0.875, "runs": [str(run)]},
    }
    assert (lines[0]["action"], lines[0]["evidence"]["votes"]) == ("removed", 0)


def test_what_cannot_be_is_refused(refused, data, run, asked, tmp_path):
    output = tmp_path / "new.jsonl"
    assert "either --reviewed or --run" in refused("correct", data, "--output", output)
    assert "either --reviewed or --run" in refused(
        "correct", data, "--output", output, "--run", run, "--reviewed", data
    )
    assert "is the input itself" in refused("correct", data, "--run", run, "--output", data)
    assert "is the input itself" in refused("correct", data, "--run", run, "--output", output, "--diff", data)
    assert "the same file; name two" in refused("correct", data, "--run", run, "--output", output, "--diff", output)
    assert "expected a run" in refused("correct", data, "--run", tmp_path / "nowhere", "--output", output)
    assert "at most 3 of the models did not see a document, 4 are asked for" in refused(
        *("correct", data, "--run", run, "--output", output, "--models", "4")
    )
    changed = tmp_path / "changed.jsonl"
    write_documents([Document("leaflet-人参-头痛", "人参用于 头痛。")], changed, "jsonl")
    assert "another text than in the data" in refused("correct", data, "--reviewed", changed, "--output", output)
    assert not output.exists()
    assert "a review file holds doubts of runs" in refused("audit", data, "--review", output)
    assert "is the input itself" in refused("audit", data, "--run", run, "--review", data)
    assert "expected a run" in refused("audit", data, "--run", tmp_path / "nowhere")
