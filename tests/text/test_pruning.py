"""A vocabulary with some of its tokens cuts the text that it was made for into the same tokens."""

import json

import numpy as np
import pytest
import tokenizers

from bert4ner.errors import DataError
from bert4ner.text.pieces import open_vocabulary
from bert4ner.text.pruning import (
    chinese_characters,
    common_characters,
    lines_changed,
    lines_of,
    needed_tokens,
    pruned_json,
    share_lacking,
)
from bert4ner.text.rules import read_object
from bert4ner.text.tokenizer import CharacterTokenizer, WordPieceTokenizer
from bert4ner.text.vocabulary import Vocabulary
from tests.text.test_rules import SPECIAL, WORDS, byte_pairs, unigram, word_pieces

TEXT = "the fever of the\n\n本品用于，气血 (fever)\n"


def pruned(folder, target, keep):
    """The vocabulary of a folder with the tokens kept, written and read again; the whole; ids of the kept."""
    vocabulary, _ = open_vocabulary(folder)
    described = read_object(folder / "tokenizer.json") or None
    ids = needed_tokens(vocabulary, keep, described)
    target.mkdir()
    if described is None:
        word_pieces(target, [vocabulary.tokens[number] for number in ids])
    else:
        path = target / "tokenizer.json"
        path.write_text(json.dumps(pruned_json(described, ids.tolist())), encoding="utf-8")
    return open_vocabulary(target)[0], vocabulary, ids


@pytest.fixture(params=["word pieces", "byte pairs", "unigram"])
def folder(request, tmp_path):
    if request.param == "word pieces":
        return word_pieces(tmp_path / "whole", [*SPECIAL, *WORDS, "liver", "never", "##eve"])
    return (byte_pairs if request.param == "byte pairs" else unigram)(tmp_path / "whole")


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_text_is_cut_as_before(folder, text, tmp_path):
    after, before, ids = pruned(folder, tmp_path / "less", text)
    assert len(after) == len(ids) < len(before)
    assert after.tokens == tuple(before.tokens[number] for number in ids)
    for line in lines_of(text):
        now, was = WordPieceTokenizer(after).encode(line), WordPieceTokenizer(before).encode(line)
        assert ids[now.ids].tolist() == was.ids.tolist() and now.starts.tolist() == was.starts.tolist()
        now, was = CharacterTokenizer(after).encode(line), CharacterTokenizer(before).encode(line)
        assert ids[now.ids].tolist() == was.ids.tolist()
    assert lines_changed(before, after, ids, lines_of(text)) == 0
    assert lines_changed(before, after, ids[::-1], lines_of(text)) == 2
    for part in ("pad_id", "cls_id", "sep_id", "unk_id"):
        assert ids[getattr(after, part)] == getattr(before, part)


def test_characters_keep_their_tokens(folder, tmp_path):
    after, before, ids = pruned(folder, tmp_path / "less", "characters")
    characters = chinese_characters()
    assert len(after) < len(before)
    now, was = (CharacterTokenizer(each).encode(characters).ids for each in (after, before))
    assert np.array_equal(ids[now], was)
    assert share_lacking(after, [common_characters()]) == share_lacking(before, [common_characters()])


def test_other_tools_read_what_was_pruned(text, tmp_path):
    folder = byte_pairs(tmp_path / "whole")
    after, _, ids = pruned(folder, tmp_path / "less", text)
    one, other = (tokenizers.Tokenizer.from_file(str(each / "tokenizer.json")) for each in (folder, tmp_path / "less"))
    for line in lines_of(text):
        assert ids[other.encode(line).ids].tolist() == one.encode(line).ids  # <s> and </s> around it
    assert other.token_to_id("<mask>") == after.ids["<mask>"]


def test_padding_keeps_its_id_where_it_is_low(tmp_path, text):
    tokens = ["[UNK]", "[unused1]", "[unused2]", "[PAD]", "[CLS]", "[SEP]", "zzz", *WORDS]
    vocabulary, _ = open_vocabulary(word_pieces(tmp_path / "whole", tokens))
    ids = needed_tokens(vocabulary, text, None)
    assert ids[:4].tolist() == [0, 1, 2, 3] and vocabulary.ids["zzz"] not in ids


def test_shares_are_of_what_is_seen():
    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "本"])
    assert share_lacking(vocabulary, ["本 品", "本本"]) == 0.25 and share_lacking(vocabulary, []) == 0
    assert len(common_characters()) == 7445 and len(set(common_characters())) == 7445
    assert set("中龥ａ，α℃①") <= set(chinese_characters()) and not set("\ud55c\u0e01\u0628") & set(chinese_characters())


def test_a_text_that_cannot_be_read_is_reported(tmp_path):
    with pytest.raises(DataError, match=r"none\.txt: cannot be read .*--keep-tokens takes characters or a text file"):
        list(lines_of(tmp_path / "none.txt"))
    (tmp_path / "text.txt").write_bytes(b"a\n\xff\n")
    with pytest.raises(DataError, match="not UTF-8"):
        list(lines_of(tmp_path / "text.txt"))
