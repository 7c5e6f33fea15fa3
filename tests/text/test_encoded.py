"""The store of encoded documents: every token in its place, offsets of the document, nothing padded beyond."""

import numpy as np

from bert4ner.entities import Document, Entity
from bert4ner.text.token_places import token_span
from tests.text.encoding import VOCABULARY, encoded


def test_token_ids_are_framed_and_padded():
    store = encoded([Document("a", "气血两亏"), Document("b", "月经量少 本品龘"), Document("c", "")])
    ids = store.token_ids([1, 0], bucket=4)
    names = [[VOCABULARY.tokens[number] for number in row] for row in ids]
    assert names == [
        ["[CLS]", *"月经量少", "[unused1]", *"本品", "[UNK]", "[SEP]", "[PAD]", "[PAD]"],
        ["[CLS]", *"气血两亏", "[SEP]", *["[PAD]"] * 6],
    ]
    assert ids.dtype == np.int32 and store.token_ids([0]).shape == (1, 8)
    assert store.lengths.tolist() == [6, 10] and store.document.tolist() == [0, 1]
    assert store.ids.dtype == np.uint16


def test_nothing_is_padded_beyond_the_longest_window_that_may_be():
    store = encoded([Document("a", "气血" * 30)], max_length=50, overlap=6)
    assert store.lengths.max() == 50
    assert store.token_ids(range(len(store))).shape[1] == store.token_ids([0], bucket=64).shape[1] == 50


def test_a_batch_reads_each_window_in_its_place(rng):
    documents = [
        Document(f"d{number}", "".join(rng.choice(list("气血两亏，。"), size=rng.integers(1, 120))))
        for number in range(9)
    ]
    store = encoded(documents, max_length=34, overlap=8)
    numbers = rng.permutation(len(store))
    for number, row in zip(numbers, store.token_ids(numbers), strict=True):
        text = documents[store.document[number]].text[slice(*store.bounds[number])]
        assert [VOCABULARY.tokens[token] for token in row[row > 0]] == ["[CLS]", *text, "[SEP]"]


def test_offsets_are_characters_of_the_document():
    store = encoded([Document("a", "气血。" * 20)], max_length=22, overlap=6)
    for window, bounds in enumerate(store.bounds):
        encoding = store.encoding(window)
        assert encoding.starts.tolist() == list(range(*bounds))
        assert token_span(encoding, bounds.start, bounds.end) == (0, bounds.end - bounds.start)


def test_truncation_keeps_the_parts_asked_for():
    document = Document("a", "气" * 30 + "血" * 30, (Entity(0, 2, "X"), Entity(58, 60, "X"), Entity(29, 31, "X")))
    parts = {"head": [(0, 20)], "tail": [(40, 60)], "head_tail": [(0, 10), (50, 60)]}
    for (mode, bounds), reached in zip(parts.items(), (1, 1, 2), strict=True):
        store = encoded([document], truncate=mode, max_length=22, overlap=0)
        assert store.bounds == bounds and sum(map(len, store.spans)) == reached
        assert [loss.reason for loss in store.lost] == ["fits no window"] * (3 - reached)


def test_no_documents_make_an_empty_store():
    store = encoded([])
    assert len(store) == 0 and store.lengths.tolist() == [] and store.token_ids([]).shape == (0, 8)
