"""Gold entities in windows: each is in some window or lost, and lost ones are reported once."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.config import WindowConfig
from bert4ner.entities import Document, Entity
from bert4ner.text.alignment import warn_of_lost, warn_of_taught
from bert4ner.text.token_spans import TokenSpan
from tests.text.encoding import encoded


@st.composite
def annotated_documents(draw):
    documents = []
    for number in range(draw(st.integers(0, 4))):
        text = draw(st.text("气血亏，。 12mgfever\n龘", max_size=80))
        places = st.tuples(st.integers(0, len(text)), st.integers(1, 6), st.sampled_from("XY"))
        entities = {
            Entity(start, start + width, label)
            for start, width, label in draw(st.lists(places, max_size=6))
            if start + width <= len(text)
        }
        documents.append(Document(f"d{number}", text, tuple(entities)))
    return documents


@pytest.mark.parametrize("kind", ["characters", "wordpiece"])
@pytest.mark.parametrize("truncate", ["none", "head_tail"])
@given(documents=annotated_documents())
def test_every_entity_is_in_some_window_or_lost(kind, truncate, documents):
    store = encoded(documents, kind=kind, truncate=truncate, max_length=22, overlap=6)
    assert np.array_equal(store.lengths, store.text_lengths + 2)
    assert (store.lengths <= 22).all() and len(store) == len(store.bounds) == len(store.spans) == len(store.document)
    found = set()
    for window in range(len(store)):
        encoding, owner = store.encoding(window), store.document[window]
        assert (encoding.starts[0], encoding.ends[-1]) == store.bounds[window]
        for span in store.spans[window]:
            assert span.score is None and span.pieces == ()
            found.add((owner, Entity(int(encoding.starts[span.start]), int(encoding.ends[span.end - 1]), span.label)))
    lost = {(int(loss.document_id[1:]), loss.entity) for loss in store.lost}
    assert not found & lost and len(lost) == len(store.lost)
    assert found | lost == {(owner, entity) for owner, document in enumerate(documents) for entity in document.entities}


@pytest.mark.parametrize("kind", ["characters", "wordpiece"])
@given(documents=annotated_documents())
def test_unsure_spans_are_in_windows_as_entities_are(kind, documents):
    unsure = [Document(each.id, each.text, unsure=each.entities) for each in documents]
    one, other = (encoded(given, kind=kind, max_length=22, overlap=6) for given in (documents, unsure))
    assert other.unsure == one.spans and other.lost_unsure == one.lost
    assert not any(other.spans) and not other.lost and not any(one.unsure) and not one.lost_unsure


def test_unsure_spans_that_are_taught_as_none_are_reported_once(caplog):
    document = Document("long", "气" * 60, unsure=(Entity(3, 45, "X"), Entity(1, 2, "X")))
    warn_of_taught(encoded([document], max_length=22, overlap=6).lost_unsure, [document])
    (record,) = caplog.records
    assert record.getMessage().startswith("1 of 2 unsure spans cannot be ignored and are learned as no entities:")
    warn_of_taught([], [document])
    assert len(caplog.records) == 1


def test_what_cannot_be_learned_is_reported_once(caplog):
    documents = [
        Document("long", "气" * 60, (Entity(3, 45, "X"), Entity(1, 2, "X"))),
        Document("latin", "用fever", (Entity(1, 3, "Y"), Entity(0, 1, "Y"))),
    ]
    with caplog.at_level(logging.WARNING):
        store = encoded(documents, kind="wordpiece", max_length=22, overlap=6)
        assert not caplog.records  # predicting loses nothing: gold is not looked at
        warn_of_lost(store.lost, documents, WindowConfig(22, 6, tokens="wordpiece"))
    assert [(loss.document_id, loss.mention, loss.reason) for loss in store.lost] == [
        ("long", "气" * 42, "fits no window"),
        ("latin", "fe", "no token boundary"),
    ]
    (record,) = caplog.records
    assert "2 of 4 entities will not be learned: 1 fit in no window" in record.getMessage()
    assert "document long" in record.getMessage()


def test_nothing_is_said_where_nothing_is_lost(caplog):
    document = Document("a", "用fever", (Entity(1, 3, "Y"),))
    with caplog.at_level(logging.WARNING):
        store = encoded([document])
        warn_of_lost(store.lost, [document], WindowConfig())
    assert store.lost == [] and store.spans == [[TokenSpan(1, 3, "Y")]] and not caplog.records
