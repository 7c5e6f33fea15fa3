"""Word lists: words alone, with labels, as jieba has them; a mistake is reported with file and line."""

import pytest

from bert4ner.data.word_lists import read_word_list
from bert4ner.errors import DataError


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("人参\n\n 黄芪 \r\n", {"herbs": ["人参", "黄芪"]}),
        (
            "人参\t药材\n口服\n月经不调\t症状\n黄芪\t药材",
            {"herbs:药材": ["人参", "黄芪"], "herbs": ["口服"], "herbs:症状": ["月经不调"]},
        ),
        ("人参\t \n口服\t\t", {"herbs": ["人参", "口服"]}),
        ("人参 3 n\n黄芪 12\n", {"herbs": ["人参", "黄芪"]}),
        ("人参 3 n\n维生素 B 12 片\n", {"herbs": ["人参 3 n", "维生素 B 12 片"]}),
    ],
)
def test_words_are_read(tmp_path, content, found):
    path = tmp_path / "herbs.txt"
    path.write_bytes(content.encode())
    assert read_word_list(path) == found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("\n \n", "herbs.txt: no words; expected one per line"),
        ("人参\n\t药材\n", "herbs.txt:2: expected a word, or a word, a tab and its label, found '\\t药材'"),
        ("人参\t药材\t3\n", "herbs.txt:1: expected a word, or a word, a tab and its label"),
    ],
)
def test_a_mistake_is_reported(tmp_path, content, message):
    path = tmp_path / "herbs.txt"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_word_list(path)
    assert message in str(caught.value)
