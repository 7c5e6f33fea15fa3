"""Texts on disk: token by token what the tokenizer gives, words as jieba cuts them, a split that keeps equal texts."""

import jieba
import numpy as np
import pytest

from bert4ner.errors import DataError, RunError
from bert4ner.pretraining.options import MaskingOptions
from bert4ner.pretraining.store import MOST_HELD_OUT, open_store, write_store
from bert4ner.pretraining.words import EveryToken, Words, make_words
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer


def test_every_token_is_there_and_words_begin_where_jieba_says(store, texts, vocabulary):
    tokenizer = CharacterTokenizer(vocabulary)
    assert np.array_equal(store.tokens, np.concatenate([tokenizer.encode(text).ids for text in texts]))
    expected = [start for _, start, _ in jieba.tokenize(texts[7])]
    begins = store.begins[store.starts[7] : store.ends[7]]
    assert np.flatnonzero(begins).tolist() == expected
    assert store.ends.tolist() == np.cumsum([len(text) for text in texts]).tolist()


def test_a_word_of_the_user_is_one_and_only_for_this_training(tmp_path, vocabulary):
    (tmp_path / "words.txt").write_text("反藜芦人参\n", encoding="utf-8")
    text = "本品反藜芦人参用。"
    encoding = CharacterTokenizer(vocabulary).encode(text)
    cut = {name: Words(name).begins(text, encoding).tolist() for name in (str(tmp_path / "words.txt"), "")}
    with_words, without = cut.values()
    assert with_words[2:8] == [True, False, False, False, False, True] and without[2:8] != with_words[2:8]


def test_a_word_piece_belongs_to_the_word_that_it_begins_in(vocabulary):
    text = "人参 rhubarb 用于"
    encoding = WordPieceTokenizer(vocabulary).encode(text)
    starts = {start for _, start, _ in jieba.tokenize(text)}
    assert Words().begins(text, encoding).tolist() == [int(start) in starts for start in encoding.starts]


def test_without_words_all_tokens_begin_one(vocabulary):
    words = make_words(MaskingOptions(masking="ngrams"))
    assert isinstance(words, EveryToken)
    assert words.begins("人参", CharacterTokenizer(vocabulary).encode("人参")).tolist() == [True, True]


@pytest.fixture
def small(tmp_path, vocabulary):
    """Makes a store of texts, of which every token is a word."""

    def make(texts, seed=42):
        tokenizer = CharacterTokenizer(vocabulary)
        return write_store(tmp_path / "s" / "texts", texts, tokenizer, EveryToken(), seed=seed, source=[1])

    return make


def test_documents_are_held_out_by_seed_and_text_whatever_their_order(small):
    texts = [f"第{number}页" for number in range(200)]
    learned, held = small(texts).split(0.1)
    assert len(held) == 20 and sorted([*learned, *held]) == list(range(200))
    chosen = {texts[number] for number in held}
    assert chosen == {texts[::-1][number] for number in small(texts[::-1]).split(0.1)[1]}
    assert chosen != {texts[number] for number in small(texts, seed=7).split(0.1)[1]}


def test_equal_texts_are_on_one_side(small):
    texts = ["人参", "当归", "川芎", "白术"] * 25
    learned, held = small(texts).split(0.3)
    assert {texts[number] for number in held}.isdisjoint({texts[number] for number in learned})
    assert len(held) == 50  # the 30th is one of 25 like the 26th


def test_no_more_is_held_out_than_can_be_measured_often(small):
    store = small([f"{number:06}" * 500 for number in range(100)])
    assert len(store.split(0.5)[1]) == MOST_HELD_OUT // 3000


def test_nothing_may_be_held_out(small):
    learned, held = small(["人参", ""]).split(0.0)
    assert (learned.tolist(), held.tolist()) == ([0], [])
    with pytest.raises(DataError, match="with --held-out 0 no document is"):
        small(["人参", "人参"]).split(0.02)
    with pytest.raises(DataError, match="contain no token"):
        small([""])


def test_a_store_is_taken_up_again_unless_the_texts_are_others(small, tmp_path):
    folder = tmp_path / "s" / "texts"
    assert open_store(folder, source=[1]) is None
    store = small(["人参", "当归"])
    again = open_store(folder, source=[1])
    for name in ("tokens", "begins", "ends", "draws"):
        assert np.array_equal(getattr(store, name), getattr(again, name))
    with pytest.raises(RunError, match="was begun with other texts"):
        open_store(folder, source=[2])
    (folder / "store.json").unlink()  # killed before the end
    assert open_store(folder, source=[1]) is None
