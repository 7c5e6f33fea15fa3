"""Files of pseudo-labelled documents: what was written comes back, and any other file is read as it is."""

import json

import pytest

from bert4ner.data.documents import read_documents, write_documents
from bert4ner.entities import Document, Entity
from bert4ner.errors import DataError
from bert4ner.runs.pseudo_labels import (
    ELSEWHERE,
    PseudoLabelled,
    Teachers,
    as_unlabelled,
    fingerprint_of_pseudo,
    read_pseudo_labels,
    write_pseudo_labels,
)

DOCUMENT = Document("a", "当归头痛", (Entity(0, 2, "DRUG", 0.75),), 0.5, (Entity(2, 4, "SYMPTOM", 0.5),))
LABELLED = [
    PseudoLabelled(DOCUMENT, Teachers("abc", (0, 2))),
    PseudoLabelled(Document("b", "人参"), ELSEWHERE),
    PseudoLabelled(Document("c", "人参")),
]


def test_what_was_written_comes_back_and_is_a_file_of_documents(tmp_path):
    path = tmp_path / "pseudo.jsonl"
    write_pseudo_labels(LABELLED, path)
    read = read_pseudo_labels(path)
    assert read == LABELLED
    assert read[0].document.entities[0].score == 0.75 and read[0].document.unsure[0].score == 0.5
    assert read_documents(path) == [each.document for each in LABELLED]
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [record.get("taught_by") for record in records] == [{"division": "abc", "folds": [0, 2]}, "elsewhere", None]


def test_documents_without_labels_are_their_texts_and_can_be_written_too(tmp_path):
    found = as_unlabelled([DOCUMENT, Document("b", "人参")])
    assert found == [
        PseudoLabelled(Document("a", "当归头痛", weight=0.0), ELSEWHERE),
        PseudoLabelled(Document("b", "人参", weight=0.0), ELSEWHERE),
    ]
    write_pseudo_labels(found, tmp_path / "new.jsonl")
    assert read_pseudo_labels(tmp_path / "new.jsonl") == found


def test_files_of_other_formats_say_nothing_of_teachers(tmp_path):
    write_documents([DOCUMENT], tmp_path / "file.bio", "bio")
    (read,) = read_pseudo_labels(tmp_path / "file.bio")
    assert read.teachers is None and read.document.entities == DOCUMENT.entities


@pytest.mark.parametrize("found", ["nowhere", {}, {"division": "abc", "folds": []}, {"division": 1, "folds": [0]}, [0]])
def test_teachers_that_cannot_be_are_refused_with_the_line(tmp_path, found):
    path = tmp_path / "pseudo.jsonl"
    path.write_text(json.dumps({"text": "人参", "entities": [], "taught_by": found}) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"pseudo\.jsonl:1: expected 'taught_by' as .*, found "):
        read_pseudo_labels(path, "jsonl")


def test_the_fingerprint_is_that_of_documents_and_teachers():
    assert fingerprint_of_pseudo([]) == ""
    assert (
        fingerprint_of_pseudo(LABELLED) == fingerprint_of_pseudo(list(LABELLED)) != fingerprint_of_pseudo(LABELLED[:2])
    )
