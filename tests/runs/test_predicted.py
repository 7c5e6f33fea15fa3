"""What was found out of fold is read by one reader, and refused as a part of the run that it is."""

import json

import pytest

from bert4ner.cli.own_texts import find_own_texts
from bert4ner.errors import RunError
from bert4ner.runs.predicted import read_predicted


def test_the_documents_are_read_with_their_scores(run, predicted):
    assert read_predicted(run) == predicted


@pytest.mark.parametrize("score", [float("nan"), float("inf"), -0.5, 2, 10**400])
def test_a_score_that_is_no_probability_is_refused(run, score):
    path = run / "out_of_fold.jsonl"
    line = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    line["entities"][0]["score"] = score
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    with pytest.raises(RunError, match=r"out_of_fold\.jsonl"):
        read_predicted(run)


def test_evaluate_reads_them_as_a_part_of_the_run(run, gold, caplog):
    assert find_own_texts(run / "fold-0", gold).out_of_fold == run / "out_of_fold.jsonl"
    assert "6 of 6 gold texts were used to make this run" in caplog.text
    (run / "out_of_fold.jsonl").write_text('{"text": 1}\n', encoding="utf-8")
    with pytest.raises(RunError, match=r"out_of_fold\.jsonl:1"):
        find_own_texts(run, gold)
