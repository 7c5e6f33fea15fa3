"""Encoded documents and batch plans: every window once, in the budget, with little padding; nothing lost silently."""

import logging
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.config import WindowConfig
from bert4ner.entities import Document, Entity
from bert4ner.text.batches import encode_documents, plan_batches, warn_of_lost
from bert4ner.text.token_spans import TokenSpan
from bert4ner.text.tokenizer import Vocabulary, make_tokenizer, token_span
from tests.padding import padding_share

VOCABULARY = Vocabulary(
    [
        "[PAD]",
        "[unused1]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        *"气血两亏月经量少本品用于0123456789，。",
        "fever",
        *"mg",
        "##g",
    ]
)
LENGTHS = st.lists(st.integers(3, 260), max_size=200)


TOKENIZERS = {kind: make_tokenizer(kind, VOCABULARY) for kind in ("characters", "wordpiece")}


def encoded(documents, *, kind="characters", **options):
    return encode_documents(documents, TOKENIZERS[kind], WindowConfig(tokens=kind, **options))


@given(
    lengths=LENGTHS,
    batch_tokens=st.integers(1, 5000),
    bucket=st.sampled_from([1, 8, 32]),
    seed=st.none() | st.integers(0, 99),
)
def test_each_window_is_in_one_batch_and_every_batch_in_the_budget(lengths, batch_tokens, bucket, seed):
    rng = None if seed is None else np.random.default_rng(seed)
    batches = plan_batches(lengths, batch_tokens=batch_tokens, bucket=bucket, rng=rng)
    assert sorted(number for batch in batches for number in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = -(-max(lengths[number] for number in batch) // bucket) * bucket
        assert len(batch) == 1 or len(batch) * longest <= batch_tokens


@given(lengths=LENGTHS, batch_tokens=st.integers(64, 5000), seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)))
def test_the_seed_decides_the_plan_but_not_the_sizes_of_its_batches(lengths, batch_tokens, seeds):
    plans = [
        plan_batches(lengths, batch_tokens=batch_tokens, rng=np.random.default_rng(seed))
        for seed in (seeds[0], seeds[0], seeds[1])
    ]
    assert [batch.tolist() for batch in plans[0]] == [batch.tolist() for batch in plans[1]]
    assert sorted(map(len, plans[0])) == sorted(map(len, plans[2]))
    assert len(plans[0]) == len(plan_batches(lengths, batch_tokens=batch_tokens))


def test_another_seed_is_another_plan():
    plans = [plan_batches([50] * 100, batch_tokens=512, rng=np.random.default_rng(seed)) for seed in (0, 1)]
    assert [batch.tolist() for batch in plans[0]] != [batch.tolist() for batch in plans[1]]


def test_without_randomness_windows_come_sorted_by_length(rng):
    lengths = rng.integers(3, 256, size=300)
    batches = plan_batches(lengths, batch_tokens=2048)
    for before, after in pairwise(batches):
        assert lengths[before].max() <= lengths[after].min()


@pytest.mark.parametrize("seed", [None, 7])
def test_little_of_what_is_fed_is_padding(rng, seed):
    # Windows of long documents cut at punctuation, and the rests of documents.
    lengths = np.concatenate([rng.integers(180, 257, size=1500), rng.integers(20, 257, size=300)])
    shuffling = None if seed is None else np.random.default_rng(seed)
    batches = plan_batches(lengths, batch_tokens=4096, rng=shuffling)
    assert padding_share(lengths, batches) < 0.08
    blind = np.array_split(rng.permutation(len(lengths)), len(batches))
    assert padding_share(lengths, batches) < 0.6 * padding_share(lengths, blind)


def test_short_sentences_are_not_mostly_padding(rng):
    lengths = rng.integers(5, 43, size=3000)
    assert padding_share(lengths, plan_batches(lengths, batch_tokens=4096, rng=rng)) < 0.3


def test_no_tiny_batch_is_left_over():
    sizes = [len(batch) for batch in plan_batches([256] * 16 + [30], batch_tokens=4096)]
    assert sorted(sizes) == [8, 9]


def test_padding_share_counts_what_is_fed():
    assert padding_share([10, 20, 32, 33], [np.array([0, 1]), np.array([2]), np.array([3])], 32) == pytest.approx(
        1 - 95 / (64 + 32 + 64)
    )
    assert padding_share([], []) == 0.0


def test_nothing_to_plan_is_no_batch():
    assert plan_batches([], batch_tokens=100) == []


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
