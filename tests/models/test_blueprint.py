"""What a network is built from."""

import pytest

from bert4ner.config import Config
from bert4ner.errors import ConfigError
from bert4ner.models.blueprint import Blueprint
from bert4ner.text.vocabulary import Vocabulary


def test_labels_are_sorted_each_once_and_there_is_one():
    vocabulary = Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    assert Blueprint.of(Config(), ["Y", "X", "Y"], {}, vocabulary).labels == ("X", "Y")
    with pytest.raises(ConfigError, match="no labels: the documents contain no entity"):
        Blueprint.of(Config(), [], {}, vocabulary)
