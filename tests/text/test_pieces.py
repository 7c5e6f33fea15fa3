"""Vocabularies of pieces: from the files of SentencePiece and of transformers, tokens that tile every text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.errors import CheckpointError
from bert4ner.text.pieces import PieceVocabulary, open_vocabulary
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer, make_tokenizer, token_span
from bert4ner.text.vocabulary import Vocabulary

NORMAL, UNKNOWN, CONTROL = 1, 2, 3
XLNET = [("<unk>", 0.0, UNKNOWN), *((name, 0.0, CONTROL) for name in ("<s>", "</s>", "<cls>", "<sep>", "<pad>"))]
TEXT = [
    ("▁", -2.0),
    ("本品", -2.5),
    ("本", -4.0),
    ("品", -4.0),
    ("▁本品", -6.0),
    (",", -3.0),
    ("▁a", -3.5),
    ("a", -4.0),
    ("b", -4.0),
    ("ab", -9.0),
    ("清热", -3.0),
    ("清", -5.0),
    ("热", -5.0),
    ("。", -3.0),
]

PIECES = [*XLNET, *((name, score, NORMAL) for name, score in TEXT)]


@pytest.fixture(scope="module")
def path(tmp_path_factory, spiece):
    path = tmp_path_factory.mktemp("xlnet") / "spiece.model"
    path.write_bytes(spiece(PIECES))
    return path


@pytest.fixture(scope="module")
def vocabulary(path):
    return PieceVocabulary.load(path)


def written(vocabulary, text, kind="wordpiece"):
    encoding = make_tokenizer(kind, vocabulary).encode(text)
    return [
        (vocabulary.tokens[number], start, end)
        for number, start, end in zip(
            encoding.ids.tolist(), encoding.starts.tolist(), encoding.ends.tolist(), strict=True
        )
    ]


def test_a_model_file_gives_its_pieces_in_their_order(vocabulary):
    assert vocabulary.tokens == tuple(name for name, *_ in PIECES)
    assert (vocabulary.unk_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.pad_id) == (0, 3, 4, 5)
    assert vocabulary.space_id == vocabulary.ids["▁"]
    assert vocabulary.fits(20) and vocabulary.fits(128) and not vocabulary.fits(19)


def test_without_a_piece_in_front_the_end_stands_there(tmp_path, spiece):
    path = tmp_path / "spiece.model"
    path.write_bytes(spiece([("<pad>", 0.0, CONTROL), ("</s>", 0.0, CONTROL), ("<unk>", 0.0, UNKNOWN), *PIECES[6:]]))
    vocabulary = PieceVocabulary.load(path)
    assert (vocabulary.pad_id, vocabulary.cls_id, vocabulary.sep_id, vocabulary.unk_id) == (0, 1, 1, 2)


def test_pieces_are_the_likeliest_and_begin_at_their_first_character(vocabulary):
    assert written(vocabulary, "本品 ab。") == [("本品", 0, 2), ("▁", 2, 3), ("▁a", 3, 4), ("b", 4, 5), ("。", 5, 6)]
    encoding = WordPieceTokenizer(vocabulary).encode("本品 ab。")
    assert token_span(encoding, 0, 2) == (0, 1) and token_span(encoding, 3, 5) == (2, 4)
    assert token_span(encoding, 1, 2) is None


def test_what_a_text_says_about_special_pieces_stays_text(vocabulary):
    for name in ("<sep>", "<unk>", "<pad>"):
        found = WordPieceTokenizer(vocabulary).encode(f"本品{name}").ids.tolist()
        assert not {3, 4, 5} & set(found)


def test_characters_have_the_piece_of_their_normal_form(vocabulary):
    assert written(vocabulary, "本，Ａ\u3000B某", "characters") == [
        ("本", 0, 1),
        (",", 1, 2),
        ("a", 2, 3),
        ("▁", 3, 4),
        ("b", 4, 5),
        ("<unk>", 5, 6),
    ]


@given(text=st.text(alphabet=st.sampled_from("本品ab，。 \t\n\u3000清é\u0301ｱ🙂\ud800<sep>▁"), max_size=24))
def test_tokens_tile_every_text(vocabulary, text):
    for kind in ("wordpiece", "characters"):
        encoding = make_tokenizer(kind, vocabulary).encode(text)
        assert [0, *encoding.ends.tolist()] == [*encoding.starts.tolist(), len(text)]
        assert (encoding.starts < encoding.ends).all()
        assert ((encoding.ids >= 0) & (encoding.ids < len(vocabulary))).all()


def test_a_saved_vocabulary_is_the_same(vocabulary, tmp_path):
    (tmp_path / vocabulary.file_name).write_text(vocabulary.to_text(), encoding="utf-8")
    again, where = open_vocabulary(tmp_path)
    assert where == tmp_path / "tokenizer.json" and isinstance(again, PieceVocabulary)
    assert again.tokens == vocabulary.tokens and again.pad_id == vocabulary.pad_id
    for text in ("本品 ab。", "清热<sep>"):
        assert written(again, text) == written(vocabulary, text)


def test_the_tokenizer_of_transformers_finds_the_same_pieces(tmp_path):
    transformers = pytest.importorskip("transformers")
    theirs = transformers.XLNetTokenizer(vocab=[(name, score) for name, score, *_ in PIECES], unk_id=0)
    theirs.save_pretrained(tmp_path)
    vocabulary, where = open_vocabulary(tmp_path)
    assert where.name == "tokenizer.json" and vocabulary.tokens[:20] == tuple(name for name, *_ in PIECES)
    for text in ("本品清热。ab,a", "本品", "清清热本品"):
        expected = theirs(text, add_special_tokens=False)["input_ids"]
        found = WordPieceTokenizer(vocabulary).encode(text).ids.tolist()
        assert found == [number for number in expected if number != vocabulary.space_id]


def test_a_vocabulary_of_words_is_left_to_its_own_reader(tmp_path, path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n本\n", encoding="utf-8")
    (tmp_path / "spiece.model").write_bytes(path.read_bytes())
    assert type(open_vocabulary(tmp_path)[0]) is Vocabulary


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda spiece: spiece(PIECES, model=2), "expected a SentencePiece model of type unigram"),
        (lambda spiece: spiece(PIECES)[:-3], "not a SentencePiece model, or truncated"),
        (lambda spiece: b"[PAD]\n[UNK]\n", "not a"),
        (lambda spiece: b"", "expected a SentencePiece model"),
        (lambda spiece: spiece(PIECES[:5] + PIECES[6:]), "expected one of the pieces <pad>"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, spiece, make, told):
    path = tmp_path / "spiece.model"
    path.write_bytes(make(spiece))
    with pytest.raises(CheckpointError) as caught:
        PieceVocabulary.load(path)
    assert str(caught.value).startswith(f"{path}: ") and told in str(caught.value) and "\n" not in str(caught.value)


def test_all_characters_of_a_long_text_are_looked_up_at_once(vocabulary):
    encoding = CharacterTokenizer(vocabulary).encode("本品" * 500)
    assert np.array_equal(encoding.ids, np.tile([vocabulary.ids["本"], vocabulary.ids["品"]], 500))
