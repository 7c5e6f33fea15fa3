"""Changes that all models agree on: by hand, and by the rule read aloud over all votes of three models."""

from itertools import product

import numpy as np
import pytest

from bert4ner.entities import Document, Entity
from bert4ner.scoring.agreement import Change, agreed_changes, apply_changes
from bert4ner.scoring.suspicion import Opinions

TEXT = "人参片用于头痛发热。"
DRUG, SYMPTOM = Entity(0, 2, "DRUG"), Entity(5, 7, "SYMPTOM", 0.9)


def voted(gold, votes, probabilities=None):
    """Opinions of models that found what `votes` says (models, candidates) of DRUG and SYMPTOM."""
    found = np.array(votes, dtype=bool)
    probabilities = np.where(found, 0.75, 0.25) if probabilities is None else np.array(probabilities)
    return Opinions(Document("d", TEXT, tuple(gold)), (DRUG, SYMPTOM), probabilities, found)


@pytest.mark.parametrize("votes", list(product([False, True], repeat=3)))
def test_only_what_all_or_none_find_is_changed(votes):
    both = [[vote, vote] for vote in votes]
    changes = agreed_changes([voted([DRUG], both)], least_models=3)
    added = [Change("d", "added", SYMPTOM, 3, 3, 0.75)] if all(votes) else []
    removed = [] if any(votes) else [Change("d", "removed", DRUG, 0, 3, 0.25)]
    assert changes == added + removed
    assert all(change.entity.score is None for change in changes)


def test_fewer_models_change_nothing_nor_do_those_that_cannot_find_such_an_entity():
    nobody = [[False, False]] * 2
    assert agreed_changes([voted([DRUG], nobody)], least_models=3) == []
    assert len(agreed_changes([voted([DRUG], nobody)], least_models=2)) == 1
    unable = [[0.2, 0.2], [np.nan, 0.2]]
    assert agreed_changes([voted([DRUG], nobody, unable)], least_models=2) == []
    found = [[False, True]] * 3
    some = [[0.2, 0.9], [0.2, np.nan], [0.2, 0.9]]
    (removed, added) = agreed_changes([voted([DRUG], found, some)], least_models=2)
    assert (removed.action, removed.models, added.action, added.votes, added.models) == ("removed", 3, "added", 2, 2)
    assert added.probability == pytest.approx(0.9)


def test_applied_changes_are_all_that_changes():
    documents = [Document("d", TEXT, (DRUG,), weight=0.5), Document("other", TEXT, (DRUG,))]
    changes = agreed_changes([voted([DRUG], [[False, True]] * 3)], least_models=3)
    new = apply_changes(documents, changes)
    assert new[0] == Document("d", TEXT, (SYMPTOM,), weight=0.5) and new[1] is documents[1]
    assert documents[0].entities == (DRUG,)
