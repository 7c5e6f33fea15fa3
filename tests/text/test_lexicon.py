"""What a lexicon says of tokens: by hand, token by token; and never what a document itself taught it."""

import json

import numpy as np
import pytest

from bert4ner.data.documents import read_documents
from bert4ner.entities import Document, Entity, sorted_labels
from bert4ner.errors import ConfigError
from bert4ner.schema import Misfit, build
from bert4ner.text.lexicon import KeptLexicon, Lexicon
from tests.conftest import ROOT
from tests.text.encoding import encoded

BEGINS, INSIDE, ENDS, ALONE = range(4)
SAMPLE = list(read_documents(ROOT / "examples/data/leaflets.jsonl"))


def said(lexicon, documents, **options):
    """What is said of the first window, (length, places, channels)."""
    store = encoded(documents, **options)
    found = lexicon.features(store, [0], store.token_ids([0]).shape[1])[0]
    return found.reshape(len(found), 4, -1)


def test_words_are_reported_by_place_and_list():
    lexicon = Lexicon([], {"herbs": ["气血两", "气"], "more": ["两亏"]}, entities=False)
    found = said(lexicon, [Document("a", "补气血两亏")])  # tokens 1 to 5
    expected = np.zeros((8, 4, 2))
    expected[2, BEGINS, 0] = expected[3, INSIDE, 0] = expected[4, ENDS, 0] = expected[2, ALONE, 0] = 1
    expected[4, BEGINS, 1] = expected[5, ENDS, 1] = 1
    np.testing.assert_array_equal(found, expected)
    assert lexicon.width == 8


def test_of_words_over_each_other_the_likeliest_counts():
    lexicon = Lexicon(["DRUG"])
    lexicon.learn(
        [Document("a", "气血", (Entity(0, 2, "DRUG"),)), Document("b", "气血两亏气血两", (Entity(0, 3, "DRUG"),))]
    )
    found = said(lexicon, [Document("c", "气血两")])
    assert found[1, BEGINS, 0] == np.float32(1 / 2.5)  # 气血两: once of 2; 气血: once of 3
    assert found[2, ENDS, 0] == np.float32(1 / 3.5) and found[3, ENDS, 0] == np.float32(1 / 2.5)


def test_words_that_do_not_end_where_tokens_do_are_left_out():
    lexicon = Lexicon([], {"units": ["e", "ver", "血f", "血"]}, entities=False)
    found = said(lexicon, [Document("a", "血fever")], kind="wordpiece")  # [CLS] 血 fever [SEP]
    assert found[1, ALONE, 0] == 1 and found.sum() == 1


def test_words_of_a_window_are_those_of_its_characters():
    lexicon = Lexicon([], {"herbs": ["气血"]}, entities=False)
    store = encoded([Document("a", "月经" * 10 + "。气血")], max_length=16, overlap=0)
    found = lexicon.features(store, range(len(store)), 16).reshape(len(store), 16, 4)
    assert found.sum() == 2 and found[-1, int(store.text_lengths[-1]) - 1, BEGINS] == 1


def test_the_words_of_jieba_are_a_channel():
    pytest.importorskip("jieba")
    found = said(Lexicon([], words=True, entities=False), [Document("a", "月经量少")])[1:5, :, 0]
    assert (found.sum(axis=1) == 1).all() and found[0, ENDS] == 0  # every token is in exactly one word


@pytest.mark.parametrize("number", [0, 7, 30])
def test_a_document_is_reported_nothing_that_it_taught(number):
    """As if the lexicon had been learned from all documents of other texts."""
    labels, document = sorted_labels(SAMPLE), SAMPLE[number]
    doubled = [*SAMPLE, Document("copy", document.text, document.entities)]
    lexicon, other = Lexicon(labels, {"list": ["口服"]}), Lexicon(labels, {"list": ["口服"]})
    lexicon.learn(doubled)
    other.learn([each for each in SAMPLE if each.text != document.text])
    store = encoded([document])
    windows, length = range(len(store)), int(store.lengths.max())
    left_out = lexicon.features(store, windows, length, taught=[document.text])
    np.testing.assert_array_equal(left_out, other.features(store, windows, length))
    assert not np.array_equal(left_out, lexicon.features(store, windows, length))
    assert left_out.any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ["X"]}, "expected counts by label"),
        ({"labels": []}, "expected different labels and, only with labels, their entities"),
        ({"entities": None}, "expected different labels and, only with labels, their entities"),
        ({"entities": {"气血": 3}}, "expected entities.气血 to be a list of 2, found 3"),
        ({"entities": {"气血": ["a", {}]}}, r"expected entities.气血\[0\] to be a number, found 'a'"),
        ({"entities": {"气血": [-1, {}]}}, r"expected entities.气血\[0\] to be a number of at least 0, found -1"),
        ({"entities": {"": [1, {}]}}, "expected a name in entities to be a text that is not empty"),
        ({"lists": 3}, "expected lists to be names with values, found 3"),
        ({"words": "yes"}, "expected words to be true or false, found 'yes'"),
    ],
)
def test_what_is_damaged_is_reported(changes, message):
    lexicon = Lexicon(sorted_labels(SAMPLE), {"list": ["口服"]})
    lexicon.learn(SAMPLE)
    with pytest.raises(Misfit, match=message):
        build(KeptLexicon, {**json.loads(json.dumps(lexicon.to_dict())), **changes})


def test_a_saved_lexicon_says_the_same():
    lexicon = Lexicon(sorted_labels(SAMPLE), {"list": ["口服"]})
    lexicon.learn(SAMPLE)
    read = Lexicon.restore(build(KeptLexicon, json.loads(json.dumps(lexicon.to_dict()))))
    store = encoded(SAMPLE[:5])
    np.testing.assert_array_equal(read.features(store, [0, 1], 256), lexicon.features(store, [0, 1], 256))


def test_a_lexicon_that_learned_nothing_is_refused():
    with pytest.raises(ConfigError, match="the lexicon is empty: it learns entities by"):
        said(Lexicon(["DRUG"]), [Document("a", "气血")])
