"""Vocabularies of pieces: from the files of SentencePiece and of transformers, tokens that tile every text."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bert4ner.errors import CheckpointError
from bert4ner.text.pieces import PieceVocabulary, open_vocabulary
from bert4ner.text.token_places import token_span
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer, make_tokenizer
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
    again = again.with_rules(vocabulary.rules, where=where)
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


@pytest.mark.parametrize("said", [{"tokenizer_config": {"do_lower_case": True}}, {"config": {"model_type": "albert"}}])
def test_what_stands_beside_the_same_model_is_read_anew(tmp_path, path, said):
    (tmp_path / "spiece.model").write_bytes(path.read_bytes())
    (tmp_path / "tokenizer_config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "xlnet_config.json").write_text("{}", encoding="utf-8")
    assert written(open_vocabulary(tmp_path)[0], "本A")[-1][0] == "<unk>"
    for name, content in said.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    assert written(open_vocabulary(tmp_path)[0], "本A")[-1][0] == "a"


@pytest.mark.parametrize("key", ["do_lower_case", "keep_accents"])
def test_a_setting_that_is_neither_true_nor_false_is_refused(tmp_path, path, key):
    (tmp_path / "spiece.model").write_bytes(path.read_bytes())
    settings = {"tokenizer_class": "AlbertTokenizer", key: "no"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(CheckpointError, match=f"tokenizer_config.json: expected {key} to be true or false, found 'no'"):
        open_vocabulary(tmp_path)


def test_merges_beside_the_same_pairs_are_read_anew(tmp_path):
    pairs = {name: number for number, name in enumerate(["<s>", "<pad>", "</s>", "<unk>", "a", "b", "ab"])}
    (tmp_path / "vocab.json").write_text(json.dumps(pairs), encoding="utf-8")
    for merges, expected in (("", ["a", "b"]), ("a b\n", ["ab"])):
        (tmp_path / "merges.txt").write_text(merges, encoding="utf-8")
        assert [name for name, *_ in written(open_vocabulary(tmp_path)[0], "ab")] == expected


def test_a_vocabulary_of_words_is_left_to_its_own_reader(tmp_path, path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n本\n", encoding="utf-8")
    (tmp_path / "spiece.model").write_bytes(path.read_bytes())
    assert type(open_vocabulary(tmp_path)[0]) is Vocabulary


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda spiece: spiece(PIECES, model=3), "expected a SentencePiece model of type unigram or BPE"),
        (lambda spiece: spiece(PIECES)[:-3], "not a SentencePiece model, or truncated"),
        (lambda spiece: b"[PAD]\n[UNK]\n", "not a"),
        (lambda spiece: b"", "expected a SentencePiece model"),
        (lambda spiece: spiece(PIECES[:5] + PIECES[6:]), "expected one of the pieces <pad>"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path, spiece, make, message):
    path = tmp_path / "spiece.model"
    path.write_bytes(make(spiece))
    with pytest.raises(CheckpointError) as caught:
        PieceVocabulary.load(path)
    assert str(caught.value).startswith(f"{path}: ") and message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [PieceVocabulary.load, Vocabulary.from_tokenizer_json])
def test_the_name_of_another_model_is_shortened(tmp_path, read):
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"model": {"type": "x" * 5000, "vocab": {}}}), encoding="utf-8")
    with pytest.raises(CheckpointError, match="found 'xxx") as caught:
        read(path)
    assert len(str(caught.value)) < len(str(path)) + 200


def test_all_characters_of_a_long_text_are_looked_up_at_once(vocabulary):
    encoding = CharacterTokenizer(vocabulary).encode("本品" * 500)
    assert np.array_equal(encoding.ids, np.tile([vocabulary.ids["本"], vocabulary.ids["品"]], 500))
