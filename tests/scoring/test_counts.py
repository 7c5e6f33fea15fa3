"""Counts of single texts: repeats and scores do not matter, figures of the CoNLL script."""

import pytest

from bert4ner.entities import Entity
from bert4ner.scoring.counts import Counts, count_matches


def test_figures_known_from_the_conll_script():
    """Conlleval's own example: 3 of 4 found phrases right, 5 wanted."""
    counts = Counts(hits=3, gold=5, predicted=4)
    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)


def test_repeats_and_scores_of_entities_do_not_matter():
    gold = [Entity(0, 2, "A")]
    predicted = [Entity(0, 2, "A", 0.9), Entity(0, 2, "A", 0.3), Entity(0, 2, "A")]
    assert count_matches(gold, predicted) == {"A": Counts(1, 1, 1)}
    assert count_matches(predicted, gold) == {"A": Counts(1, 1, 1)}
