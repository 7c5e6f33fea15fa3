"""Packed windows, against a stream that is put together token by token in Python."""

import numpy as np
import pytest

from bert4ner.pretraining.store import Store
from bert4ner.pretraining.windows import PackedWindows


def by_hand(store, documents, vocabulary, span):
    """All windows: ids, and for each token its word as (document, number), or None."""
    stream = []
    for document in documents:
        word = 0
        for place in range(store.starts[document], store.ends[document]):
            word += bool(store.begins[place])
            stream.append((int(store.tokens[place]), (document, word)))
        stream.append((vocabulary.sep_id, None))
    stream.pop()
    return [stream[start : start + span] for start in range(0, len(stream), span)], stream


def random_store(rng, vocabulary):
    lengths = rng.integers(1, 40, 30)
    ends = np.cumsum(lengths)
    begins = rng.random(ends[-1]) < 0.5
    begins[np.append(0, ends[:-1])] = True
    plain = np.arange(200, 3000)
    tokens = np.where(rng.random(ends[-1]) < 0.1, vocabulary.unk_id, rng.choice(plain, ends[-1])).astype(np.int32)
    return Store(tokens, begins, ends.astype(np.int64), np.arange(30, dtype=np.uint64))


@pytest.mark.parametrize("window", [8, 23, 64])
def test_windows_are_pieces_of_the_documents_one_after_the_other(window, rng, vocabulary):
    store, span = random_store(rng, vocabulary), window - 2
    packed = PackedWindows(store, np.arange(3, 30), vocabulary, window=window, rng=np.random.default_rng(5))
    assert sorted(packed.documents) == list(range(3, 30)) and list(packed.documents) != list(range(3, 30))
    expected, stream = by_hand(store, packed.documents, vocabulary, span)
    found = packed.read(np.arange(len(packed)))
    assert len(packed) == len(expected)
    for row, pieces in enumerate(expected):
        text = [token for token, _ in pieces]
        padding = [0] * (span - len(text))
        assert found.ids[row].tolist() == [vocabulary.cls_id, *text, vocabulary.sep_id, *padding]
    assert stream


@pytest.mark.parametrize("window", [8, 23, 64])
def test_words_are_whole_or_none(window, rng, vocabulary):
    store, span = random_store(rng, vocabulary), window - 2
    packed = PackedWindows(store, np.arange(30), vocabulary, window=window)
    expected, stream = by_hand(store, packed.documents, vocabulary, span)
    windows_of = {}
    for row, pieces in enumerate(expected):
        for _, word in pieces:
            windows_of.setdefault(word, set()).add(row)
    found, seen = packed.read(np.arange(len(packed))), {}
    for row, pieces in enumerate(expected):
        for column, (token, word) in enumerate(pieces):
            number = found.words[row, column + 1]
            maskable = word is not None and len(windows_of[word]) == 1 and token != vocabulary.unk_id
            assert (number >= 0) == maskable
            if maskable:
                assert seen.setdefault(number, word) == word
    assert len(set(seen.values())) == len(seen) and (found.words[:, [0, -1]] == -1).all()
    assert stream


def test_a_window_is_the_same_read_alone(rng, vocabulary):
    packed = PackedWindows(random_store(rng, vocabulary), np.arange(30), vocabulary, window=16)
    together = packed.read(np.array([5, 2]))
    assert np.array_equal(together.ids[1], packed.read(np.array([2])).ids[0])


def test_no_documents_make_no_windows(rng, vocabulary):
    assert len(PackedWindows(random_store(rng, vocabulary), np.arange(0), vocabulary, window=16)) == 0
