"""How often an epoch has each document: the published repeat factors, drawn from seed and epoch alone."""

import logging
from collections import Counter

import numpy as np
import pytest

from bert4ner.config import Config
from bert4ner.entities import Document, Entity
from bert4ner.train.sampling import Sampling, expected_times, warn_of_idle


def document(number: int, labels: str) -> Document:
    return Document(f"d{number}", "人参头痛发热", tuple(Entity(n, n + 1, label) for n, label in enumerate(labels)))


DOCUMENTS = [document(n, labels) for n, labels in enumerate(["A"] * 12 + ["AB"] * 3 + ["BBC"] + [""] * 4)]  # 20
CONFIG = Config().replace(repeat_rare=0.45, keep_empty=0.25, seed=3)


def test_documents_are_repeated_as_their_rarest_label_by_the_published_formula():
    # A is in 15 of 20 documents, B in 4, C in 1: sqrt(0.45 / 0.75) < 1, sqrt(0.45 / 0.2) = 1.5, sqrt(0.45 / 0.05) = 3
    expected = [1.0] * 12 + [1.5] * 3 + [3.0] + [0.25] * 4
    assert expected_times(DOCUMENTS, repeat_rare=0.45, keep_empty=0.25).tolist() == pytest.approx(expected)


def test_by_default_every_epoch_has_every_document_once():
    sampling = Sampling(DOCUMENTS, Config())
    assert sampling.idle and sampling.times(5).tolist() == [1] * 20
    assert not Sampling(DOCUMENTS, CONFIG).idle


def test_epochs_have_them_so_often_on_average_and_no_epoch_much_less_or_more():
    sampling = Sampling(DOCUMENTS, CONFIG)
    times = np.array([sampling.times(epoch) for epoch in range(2000)])  # (epochs, documents)
    assert times.mean(axis=0) == pytest.approx(sampling.expected, abs=0.05)
    assert (np.abs(times - sampling.expected) < 1).all() and (times[:, 15] == 3).all()
    assert len({tuple(row) for row in times[:50].tolist()}) > 10


def test_what_is_drawn_follows_from_seed_and_epoch_alone():
    one, other = Sampling(DOCUMENTS, CONFIG), Sampling(DOCUMENTS, CONFIG)
    later = other.times(7).tolist()
    assert [one.times(epoch).tolist() for epoch in range(8)][7] == later
    assert any((Sampling(DOCUMENTS, CONFIG.replace(seed=4)).times(n) != one.times(n)).any() for n in range(3))


def test_documents_whose_entities_nobody_knows_are_there_once_and_make_no_label_rarer():
    unlabelled = [Document(f"u{n}", "人参头痛发热", (), weight=0.0) for n in range(80)]
    found = expected_times([*DOCUMENTS, *unlabelled], repeat_rare=0.45, keep_empty=0.25)
    assert found.tolist() == [
        *expected_times(DOCUMENTS, repeat_rare=0.45, keep_empty=0.25).tolist(),
        *[1.0] * len(unlabelled),
    ]
    with_them, alone = Sampling([*DOCUMENTS, *unlabelled], CONFIG), Sampling(DOCUMENTS, CONFIG)
    assert with_them.times(4)[: len(DOCUMENTS)].tolist() == alone.times(4).tolist()


def test_documents_without_entities_alone_are_all_kept():
    assert expected_times(DOCUMENTS[-4:], repeat_rare=0.5, keep_empty=0.1).tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("options", "documents", "message"),
    [
        ({"keep_empty": 0.5}, DOCUMENTS[:-4], "keep_empty=0.5 changes nothing: every document has an entity"),
        (
            {"repeat_rare": 0.05},
            DOCUMENTS,
            "repeat_rare=0.05 changes nothing: each label occurs in at least that share",
        ),
        ({"keep_empty": 0.5, "repeat_rare": 0.06}, DOCUMENTS, ""),
        ({}, DOCUMENTS, ""),
    ],
)
def test_options_that_change_nothing_are_reported(options, documents, message, caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_idle(documents, Config().replace(**options))
    assert [record.getMessage().startswith(message) for record in caplog.records] == ([True] if message else [])


def test_rare_labels_become_more_frequent():
    counts = Counter()
    for each, times in zip(DOCUMENTS, Sampling(DOCUMENTS, CONFIG).times(0), strict=True):
        counts.update({entity.label: int(times) for entity in each.entities})
    assert counts["C"] == 3 and counts["A"] > 12
