"""Vocabularies are read as they were written, and refused with their line when they are wrong."""

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
        (b"[UNK]\n[PAD]\n[CLS]\n[SEP]\n", r"vocab.txt:1: expected \[PAD\] on the first line.*found '\[UNK\]'"),
        (b"", r"vocab.txt:1: expected \[PAD\]"),
        (b"[PAD]\n[UNK]\n[CLS]\n", r"\[SEP\] is missing"),
        (b"[PAD]\n[UNK]\n\xff\n", r"vocab.txt:3: not UTF-8"),
    ],
)
def test_a_wrong_vocabulary_file_is_refused_with_its_line(tmp_path, content, message):
    (tmp_path / "vocab.txt").write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        Vocabulary.load(tmp_path / "vocab.txt")


def test_a_missing_vocabulary_file_is_told(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be read"):
        Vocabulary.load(tmp_path / "vocab.txt")
