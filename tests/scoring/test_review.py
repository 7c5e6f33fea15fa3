"""Review files: what annotation tools see, and that what nobody touched reads back as it was."""

import json

import numpy as np
import pytest

from bert4ner.data.documents import read_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.scoring.review import most_doubtful, write_review
from bert4ner.scoring.suspicion import Opinions

DRUG, LONGER, SYMPTOM = Entity(0, 2, "DRUG"), Entity(0, 3, "DRUG"), Entity(5, 7, "SYMPTOM")


@pytest.fixture
def opinions():
    """Three documents: fairly doubtful, gravely, hardly."""
    return [
        Opinions(
            Document(id, "人参片用于头痛。", (DRUG,)), (DRUG, LONGER, SYMPTOM), np.array([row]), np.zeros((1, 3)) > 0
        )
        for id, row in (("a", [0.3, 0.7, 0.1]), ("b", [0.1, 0.8, 0.9]), ("c", [0.95, 0.05, 0.04]))
    ]


def test_the_gravest_documents_come_first_with_their_likely_doubts(opinions):
    chosen = most_doubtful(opinions, 2)
    assert [each.document.id for each in chosen] == ["b", "a"]
    assert [[doubt.kind for doubt in each.doubts] for each in chosen] == [
        ["missing", "wrong boundary"],
        ["wrong boundary"],
    ]
    assert chosen[0].likely.entities == (LONGER, SYMPTOM)
    assert len(most_doubtful(opinions, 10)) == 3 and len(most_doubtful(opinions, 10)[2].doubts) == 1


@pytest.mark.parametrize("format", ["doccano", "labelstudio", "jsonl"])
@pytest.mark.parametrize("named", [True, False])
def test_what_nobody_touches_reads_back_as_annotated(opinions, tmp_path, format, named):
    chosen = most_doubtful(opinions, 2)
    write_review(chosen, tmp_path / "review", format)
    read = read_documents(tmp_path / "review", format if named else "auto")
    assert read == [each.document for each in chosen]


def test_tools_see_what_models_would_have_and_why(opinions, tmp_path):
    chosen, path = most_doubtful(opinions, 1), tmp_path / "review"
    sentences = [doubt.describe(chosen[0].document) for doubt in chosen[0].doubts]
    for format in ("doccano", "jsonl"):
        write_review(chosen, path, format)
        record = json.loads(path.read_text(encoding="utf-8"))
        assert record["doubts"] == sentences
        assert record["predicted"] == ["人参片 DRUG 0.800", "头痛 SYMPTOM 0.900"]
    write_review(chosen, path, "labelstudio")
    (task,) = json.loads(path.read_text(encoding="utf-8"))
    spans = [(each["value"]["start"], each["value"]["end"]) for each in task["predictions"][0]["result"]]
    assert spans == [(0, 3), (5, 7)] and task["meta"] == {"doubts": sentences}
    with pytest.raises(DataError, match="review files have the format doccano, labelstudio, jsonl, not 'bio'"):
        write_review(chosen, path, "bio")
