"""What is masked on real text: shares, whole words, never a special token; and what a training sees of it, when."""

from collections import Counter

import numpy as np
import pytest

from bert4ner.errors import CheckpointError, ConfigError
from bert4ner.pretraining.batches import Batches
from bert4ner.pretraining.masking import Masking
from bert4ner.pretraining.options import MaskingOptions, PretrainingOptions
from bert4ner.pretraining.windows import PackedWindows
from bert4ner.text.vocabulary import Vocabulary

KINDS = ["words", "ngrams", "characters"]


@pytest.fixture(scope="module")
def windows(store, vocabulary):
    packed = PackedWindows(store, np.arange(len(store.ends)), vocabulary, window=64)
    return packed.read(np.arange(len(packed)))


def drawn(windows, vocabulary, kind, times=20, **options):
    masking = Masking(vocabulary, MaskingOptions(masking=kind, **options))
    return [masking(windows, np.random.default_rng(seed)) for seed in range(times)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.15, 0.4])
def test_the_share_is_masked_and_eight_one_one_of_it(kind, share, windows, vocabulary):
    tokens = (windows.words >= 0).sum()
    counts = Counter()
    for masked in drawn(windows, vocabulary, kind, mask_share=share):
        assert len(masked.places) / tokens == pytest.approx(share, rel=0.01)
        now = masked.ids.ravel()[masked.places]
        counts["mask"] += (now == vocabulary.ids["[MASK]"]).sum()
        counts["same"] += (now == masked.targets).sum()
        counts["all"] += len(now)
    assert counts["mask"] / counts["all"] == pytest.approx(0.8, abs=0.01)
    assert counts["same"] / counts["all"] == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_tokens_of_words_is_touched_and_targets_are_what_stood_there(kind, windows, vocabulary):
    special = [0, vocabulary.unk_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.space_id]
    hits = np.zeros(windows.ids.size)
    for masked in drawn(windows, vocabulary, kind, times=60):
        assert np.array_equal(masked.targets, windows.ids.ravel()[masked.places])
        changed = np.flatnonzero(masked.ids.ravel() != windows.ids.ravel())
        assert set(changed) <= set(masked.places)
        assert len(set(masked.places)) == len(masked.places)
        hits[masked.places] += 1
    assert not np.isin(windows.ids.ravel()[hits > 0], special).any()
    assert (hits[windows.words.ravel() >= 0] > 0).mean() > 0.99


def test_words_are_masked_whole(windows, vocabulary):
    (masked,) = drawn(windows, vocabulary, "words", times=1)
    flat = windows.words.ravel()
    chosen = np.unique(flat[masked.places])
    assert np.array_equal(np.flatnonzero(np.isin(flat, chosen)), masked.places)
    assert np.bincount(np.unique(flat[masked.places], return_counts=True)[1])[2:].sum() > 100  # words of several


def test_words_of_any_length_are_equally_likely(windows, vocabulary):
    sizes = dict(zip(*np.unique(windows.words[windows.words >= 0], return_counts=True), strict=True))
    there, chosen = Counter(sizes.values()), Counter()
    for masked in drawn(windows, vocabulary, "words", times=100):
        chosen.update(sizes[word] for word in np.unique(windows.words.ravel()[masked.places]))
    shares = [chosen[size] / there[size] / 100 for size in (1, 2, 3)]
    assert shares == pytest.approx([0.15] * 3, rel=0.05)


def test_runs_have_lengths_in_inverse_proportion_and_cross_no_separator(windows, vocabulary):
    masking = Masking(vocabulary, MaskingOptions(masking="ngrams"))
    words = np.where(windows.words >= 0, 0, -1)
    runs = masking._runs(words, np.random.default_rng(1))
    assert np.array_equal(runs < 0, words < 0)
    _, first, sizes = np.unique(runs[runs >= 0], return_index=True, return_counts=True)
    shares = np.bincount(sizes)[1:] / len(sizes)
    assert shares == pytest.approx([6 / 11, 3 / 11, 2 / 11], abs=0.05)  # some are cut by separators
    places = np.flatnonzero(runs.ravel() >= 0)
    assert (places[first + sizes - 1] - places[first] == sizes - 1).all()


def test_any_token_replaces_but_no_special_one(windows, vocabulary):
    found = np.concatenate([m.ids.ravel()[m.places] for m in drawn(windows, vocabulary, "words", times=60)])
    others = Counter(vocabulary.tokens[number] for number in found if number != vocabulary.ids["[MASK]"])
    assert len(others) > 2000 and not [token for token in others if len(token) > 2 and token.startswith("[")]


def test_a_vocabulary_without_mask_is_refused():
    with pytest.raises(CheckpointError, match=r"no \[MASK\]"):
        Masking(Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "人"]), MaskingOptions())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_tokens": 100}, "batch_tokens must be at least 128, a window, got 100"),
        ({"dictionary": "w.txt", "masking": "ngrams"}, "a dictionary is for masking=words"),
        ({"longest_ngram": 4}, "longest_ngram is for masking=ngrams, got masking=words"),
        ({"pretrained": "one", "architecture": "two"}, "give exactly one of"),
        ({"architecture": "one", "tokens": "wordpiece"}, "with --architecture tokens are characters"),
        ({"teacher": "one", "architecture": "two"}, "give exactly one of"),
        ({"layers": 3}, "layers=3, but there is no teacher"),
        ({"least_count": 1}, "most_characters and least_count are for --architecture"),
    ],
)
def test_options_that_do_nothing_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        PretrainingOptions().replace(**options)


# --- batches ---


@pytest.fixture(scope="module")
def options():
    return PretrainingOptions().replace(window=64, batch_tokens=1024, epochs=2, held_out=0.05)


def make(store, vocabulary, options):
    return Batches(store, Masking(vocabulary, options.masks), options)


def unmasked(batch):
    ids = batch.ids.ravel().copy()
    ids[batch.places] = batch.targets
    return ids.reshape(batch.ids.shape)


def test_an_epoch_has_every_token_of_the_documents_that_are_not_held_out_once(store, vocabulary, options):
    batches = make(store, vocabulary, options)
    learned, held = store.split(0.05)
    expected = Counter(token for each in learned for token in store.tokens[store.starts[each] : store.ends[each]])
    rows = {}
    for epoch in range(2):
        numbers = range(epoch * batches.per_epoch, (epoch + 1) * batches.per_epoch)
        rows[epoch] = np.concatenate([unmasked(batches.batch(number)) for number in numbers])
        found = Counter(rows[epoch][:, 1:-1].ravel().tolist())
        for token in (0, vocabulary.sep_id):
            del found[token]
        assert found == expected
    assert batches.total == 2 * batches.per_epoch and batches.rows == 16
    assert not np.array_equal(rows[0], rows[1])
    held_out = np.concatenate([unmasked(batches.held_out(number)) for number in range(batches.num_held_out)])
    tokens = np.concatenate([store.tokens[store.starts[each] : store.ends[each]] for each in held])
    inner = held_out[:, 1:-1].ravel()
    assert np.array_equal(inner[(inner != 0) & (inner != vocabulary.sep_id)], tokens)


def test_a_batch_follows_from_seed_and_number_alone(store, vocabulary, options):
    one, other = make(store, vocabulary, options), make(store, vocabulary, options)
    late = one.per_epoch + 3
    for number in (0, 3, late):
        one.batch(number)
    for left, right in zip(one.batch(late), other.batch(late), strict=True):
        assert np.array_equal(left, right)
    assert np.array_equal(one.held_out(0).ids, other.held_out(0).ids)
    another = make(store, vocabulary, options.replace(seed=1))
    assert not np.array_equal(one.batch(0).ids, another.batch(0).ids)


def test_the_same_window_is_masked_differently_in_every_epoch(store, vocabulary, options):
    masks = {tuple(make(store, vocabulary, options).batch(number).places) for number in range(5)}
    assert len(masks) == 5
