"""Vocabularies are read as they were written, and refused with their line when they are wrong."""

import json

import pytest

from bert4ner.errors import CheckpointError
from bert4ner.text.vocabulary import Vocabulary


def test_a_saved_vocabulary_is_loaded_equal(tmp_path):
    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u2028", "\u3000", "气", "\x85"])
    (tmp_path / "vocab.txt").write_bytes(vocabulary.to_text().encode("utf-8"))
    loaded = Vocabulary.load(tmp_path / "vocab.txt")
    assert loaded.tokens == vocabulary.tokens and loaded.ids == vocabulary.ids
    assert (loaded.pad_id, loaded.unk_id, loaded.cls_id, loaded.sep_id) == (0, 1, 2, 3)


def test_windows_line_ends_and_a_byte_order_mark_are_no_part_of_tokens(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_bytes("\ufeff[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n气".encode())
    assert Vocabulary.load(path).tokens == ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "气")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[PAD]\n[UNK]\n[CLS]\n[SEP]\na\na\n", r"vocab.txt:6: token 'a' stands on line 5 already"),
        (b"[PAD]\n\n[UNK]\n[CLS]\n[SEP]\n", r"vocab.txt:2: empty line"),
        (b"", r"vocab.txt: \[PAD\] is missing"),
        (b"[PAD]\n[UNK]\n[CLS]\n", r"\[SEP\] is missing"),
        (b"[PAD]\n[UNK]\n\xff\n", r"vocab.txt:3: not UTF-8"),
    ],
)
def test_a_wrong_vocabulary_file_is_refused_with_its_line(tmp_path, content, message):
    (tmp_path / "vocab.txt").write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        Vocabulary.load(tmp_path / "vocab.txt")


def test_a_missing_vocabulary_file_is_reported(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be read"):
        Vocabulary.load(tmp_path / "vocab.txt")


def test_padding_may_stand_on_any_line(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("[CLS]\n[PAD]\n[SEP]\n[UNK]\n气\n", encoding="utf-8")
    vocabulary = Vocabulary.load(path)
    assert (vocabulary.cls_id, vocabulary.pad_id, vocabulary.sep_id, vocabulary.unk_id) == (0, 1, 2, 3)
    assert vocabulary.fits(5) and vocabulary.fits(9) and not vocabulary.fits(4)


def test_two_files_must_not_give_a_token_two_ids(tmp_path):
    """A token that replaced [unused1] in vocab.txt alone is no contradiction."""
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n气\n血\n", encoding="utf-8")
    ids = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[unused1]": 4, "血": 5}
    fast = tmp_path / "tokenizer.json"
    fast.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": ids}}), encoding="utf-8")
    assert Vocabulary.of_folder(tmp_path)[0].ids["气"] == 4
    fast.write_text(json.dumps({"model": {"type": "WordPiece", "vocab": {**ids, "血": 4}}}), encoding="utf-8")
    wrong = r"token '血' has the id 4, but 5 in .*vocab\.txt; keep the file that came"
    with pytest.raises(CheckpointError, match=wrong):
        Vocabulary.of_folder(tmp_path)


def test_tokens_are_added_behind(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n", encoding="utf-8")
    added = tmp_path / "added_tokens.json"
    added.write_text('{"<e>": 5, "<b>": 4, "[SEP]": 3}', encoding="utf-8")
    assert Vocabulary.of_folder(tmp_path)[0].tokens[4:] == ("<b>", "<e>")
    for broken, expected in (
        ('{"<e>": 6}', "the id 6, which is taken or leaves a gap"),
        ('{"<e>": 1}', "the id 1, which is taken"),
        ('{"[SEP]": 4}', "the id 4, which is taken"),
        ("[]", "not a readable added_tokens.json"),
    ):
        added.write_text(broken, encoding="utf-8")
        with pytest.raises(CheckpointError, match=expected):
            Vocabulary.of_folder(tmp_path)
