"""Tokenizers: offsets that are right on any Unicode text."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bert4ner.errors import ConfigError
from bert4ner.text.token_places import token_span
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer, make_tokenizer
from bert4ner.text.vocabulary import Vocabulary

TOKENS = [
    "[PAD]",
    "[unused1]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *"abcdefghijklmnopqrstuvwxyz0123456789[](),.，。。"[:-1],
    *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz0123456789"),
    "fever",
    "##ing",
    "mg",
    "12",
    *"本品用于气血",
    "\u1112",
    "##\u1161",
    "##\u11ab",
    "ß",
    "Q",
]


VOCABULARY = Vocabulary(TOKENS)


CHARACTERS = CharacterTokenizer(VOCABULARY)


WORDPIECE = WordPieceTokenizer(VOCABULARY)


# Arbitrary Unicode (lone surrogates too), and text in which tokens, marks and odd spaces are frequent.
TEXTS = st.text(st.characters(), max_size=40) | st.text(
    st.sampled_from(
        "ab12fe本品 \n\t\x1c\x85\u3000\u200b\u200d\ufeff\x00\x07\ufffd"
        "İıßﬁé\u0301\u0308\u3099がカ한각ᄒ😀👩🏽‍⚕️①ⅷＡ[]SEP。.-"
    ),
    max_size=40,
)


def pieces(tokenizer, text):
    encoding = tokenizer.encode(text)
    return [
        (VOCABULARY.tokens[number], text[start:end])
        for number, start, end in zip(
            encoding.ids.tolist(), encoding.starts.tolist(), encoding.ends.tolist(), strict=True
        )
    ]


@pytest.mark.parametrize("tokenizer", [CHARACTERS, WORDPIECE], ids=["characters", "wordpiece"])
@settings(max_examples=400)
@given(text=TEXTS)
@example(text="İ北京天安门")
@example(text="")
@example(text="\u0301\u0301")
@example(text=" \u0301a\u0301\u0301")
def test_every_character_of_any_text_is_in_exactly_one_token(tokenizer, text):
    encoding = tokenizer.encode(text)
    covered = np.zeros(len(text), dtype=int)
    for start, end in zip(encoding.starts.tolist(), encoding.ends.tolist(), strict=True):
        assert 0 <= start < end <= len(text)
        covered[start:end] += 1
    assert (covered == 1).all()
    assert len(encoding.ids) == len(encoding.starts) == len(encoding.ends) <= len(text)
    assert (np.diff(encoding.starts) > 0).all()
    assert encoding.ids.dtype == encoding.starts.dtype == encoding.ends.dtype == np.int32
    assert ((encoding.ids >= 0) & (encoding.ids < len(VOCABULARY))).all()


@pytest.mark.parametrize("tokenizer", [CHARACTERS, WORDPIECE], ids=["characters", "wordpiece"])
@settings(max_examples=200)
@given(text=TEXTS)
def test_white_space_has_a_token_of_its_own(tokenizer, text):
    for token, piece in pieces(tokenizer, text):
        if any(character.isspace() for character in piece):
            assert (token, len(piece)) == ("[unused1]", 1)
        else:
            assert token != "[unused1]"


@settings(max_examples=200)
@given(text=TEXTS)
def test_known_pieces_say_what_stands_there(text):
    for token, piece in pieces(WORDPIECE, text):
        if token not in ("[UNK]", "[unused1]") and piece.isascii() and piece.isalnum():
            assert token.removeprefix("##") == piece.lower()


@settings(max_examples=100)
@given(text=TEXTS)
def test_characters_are_looked_up_one_by_one(text):
    for character, (token, piece) in zip(text, pieces(CHARACTERS, text), strict=True):
        lower = character.lower()
        choices = [character, lower] if len(lower) == 1 else [character]
        known = next((choice for choice in choices if choice in VOCABULARY.ids), "[UNK]")
        assert (token, piece) == ("[unused1]" if character.isspace() else known, character)


@settings(max_examples=50)
@given(texts=st.lists(TEXTS, max_size=5))
def test_many_texts_are_encoded_like_each_alone(texts):
    for tokenizer in (CHARACTERS, WORDPIECE):
        for text, encoding in zip(texts, tokenizer.encode_all(texts), strict=True):
            alone = tokenizer.encode(text)
            assert encoding.ids.tolist() == alone.ids.tolist()
            assert encoding.starts.tolist() == alone.starts.tolist()
            assert encoding.ends.tolist() == alone.ends.tolist()


def test_the_exact_case_wins_where_the_vocabulary_has_it():
    assert [token for token, _ in pieces(CHARACTERS, "qQA")] == ["q", "Q", "a"]


def test_word_pieces_of_mixed_text():
    assert pieces(WORDPIECE, "用于Fevering 12mg。") == [
        ("用", "用"),
        ("于", "于"),
        ("fever", "Fever"),
        ("##ing", "ing"),
        ("[unused1]", " "),
        ("12", "12"),
        ("##m", "m"),
        ("##g", "g"),
        ("。", "。"),
    ]


def test_what_folding_changes_in_length_shifts_nothing():
    assert pieces(WORDPIECE, "İa\u0301b") == [("i", "İ"), ("##a", "a\u0301"), ("##b", "b")]
    assert pieces(WORDPIECE, "本😀本") == [("本", "本"), ("[UNK]", "😀"), ("本", "本")]
    assert pieces(WORDPIECE, "한本") == [("\u1112", "한"), ("本", "本")]
    assert pieces(WORDPIECE, "ﬁ品") == [("[UNK]", "ﬁ"), ("品", "品")]


def test_special_tokens_in_a_text_are_text():
    assert [token for token, _ in pieces(WORDPIECE, "[SEP]")] == ["[", "s", "##e", "##p", "]"]
    assert [token for token, _ in pieces(CHARACTERS, "[SEP]")] == ["[", "s", "e", "p", "]"]


def test_runs_of_white_space_keep_their_width():
    assert [piece for _, piece in pieces(WORDPIECE, "a \u3000\r\nb\t")] == ["a", " ", "\u3000", "\r", "\n", "b", "\t"]


def test_very_long_words_keep_their_offsets():
    text = "a" * 500 + "本" + "b"
    assert pieces(WORDPIECE, text) == [("[UNK]", "a" * 500), ("本", "本"), ("b", "b")]


@settings(max_examples=100)
@given(text=TEXTS.filter(bool), data=st.data())
def test_a_token_span_covers_exactly_the_characters_asked_for(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert token_span(CHARACTERS.encode(text), start, end) == (start, end)
    encoding = WORDPIECE.encode(text)
    place = token_span(encoding, start, end)
    aligned = start in encoding.starts and end in encoding.ends
    assert (place is not None) == aligned
    if place is not None:
        first, last = place
        assert (encoding.starts[first], encoding.ends[last - 1]) == (start, end)


def test_a_boundary_inside_a_token_has_no_token_span():
    encoding = WORDPIECE.encode("用fever")
    assert token_span(encoding, 1, 6) == (1, 2)
    assert token_span(encoding, 1, 3) is None and token_span(encoding, 2, 6) is None
    assert token_span(encoding, 3, 4) is None and token_span(encoding, 0, 9) is None


@pytest.mark.parametrize("kind", ["characters", "wordpiece"])
def test_unknown_characters_are_unknown_and_white_space_is_where_there_is_a_token_for_it(kind):
    for tokens, unknown in ((TOKENS, [1, 3, 6]), ([each for each in TOKENS if each != "[unused1]"], [1, 2, 3, 4, 6])):
        vocabulary = Vocabulary(tokens)
        ids = make_tokenizer(kind, vocabulary).encode("本龘 龘\n用麤a").ids
        assert np.flatnonzero(ids == vocabulary.unk_id).tolist() == unknown


def test_an_unknown_kind_of_tokenizer_is_refused():
    with pytest.raises(ConfigError, match="'characters' or 'wordpiece'"):
        make_tokenizer("bytes", VOCABULARY)
