"""What `evaluate` says of scores on texts that a run was made from."""

from pathlib import Path

import pytest

from bert4ner.cli.own_texts import advice, find_own_texts
from bert4ner.entities import Document, Entity
from tests.made_runs import gold_documents, make_run, predicted_documents

__all__ = ["make_run"]  # a fixture

OTHERS = [Document(f"new-{number}", "白芍用于腹痛。", (Entity(0, 2, "DRUG"),)) for number in range(2)]
DATA = Path("my gold.jsonl")


def said(run, gold, predicted):
    own = find_own_texts(run, gold)
    return own and advice(own, gold, predicted, DATA)


@pytest.fixture
def run(make_run):
    return make_run(gold_documents(), predicted_documents(gold_documents()))


def test_all_of_the_run_has_held_out_scores(run):
    gold = gold_documents()
    command = f"bert4ner evaluate {run}/out_of_fold.jsonl 'my gold.jsonl'"
    expected = f"These scores are optimistic: the run was made from these texts. For held-out scores: {command}"
    assert said(run, gold, gold) == said(run / "fold-0", gold, gold) == expected
    assert said(run, [*gold, *OTHERS], [*gold, *OTHERS]) == (
        "These scores are optimistic: the run was made from 6 of these 8 texts. On the other 2: micro F1 100.00. "
        f"For held-out scores: {command}"
    )
    assert said(run, OTHERS, OTHERS) is None


def test_a_part_of_the_run_gives_the_score_of_the_other_texts(run):
    gold = [*gold_documents()[:2], *OTHERS]
    missed = [*gold[:3], Document("new-1", gold[3].text)]
    assert said(run, gold, missed) == (
        "These scores are optimistic: the run was made from 2 of these 4 texts. On the other 2: micro F1 66.67."
    )
    assert said(run, gold[:2], gold[:2]) == (
        "These scores are optimistic: the run was made from these texts. "
        "For scores that are not, evaluate on texts that it was not made from"
    )


@pytest.mark.parametrize("options", [{"only_trained_on": OTHERS}, {"folds": 1}])
def test_texts_that_were_only_learned_from_are_not_called_others(make_run, options):
    run = make_run(gold_documents(), predicted_documents(gold_documents()), **options)
    gold = [*gold_documents()[:2], *OTHERS]
    assert said(run, gold, gold) == (
        "These scores are optimistic: the run was made from at least 2 of these 4 texts. "
        "For scores that are not, evaluate on texts that it was not made from"
    )
