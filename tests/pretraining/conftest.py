"""The sample's texts as a store of tokens, cut into words by jieba, as a training has them."""

import pytest

from bert4ner.data.documents import read_documents
from bert4ner.pretraining.store import write_store
from bert4ner.pretraining.words import Words
from bert4ner.text.tokenizer import CharacterTokenizer
from bert4ner.text.vocabulary import Vocabulary
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def vocabulary():
    """The bundled encoder's."""
    return Vocabulary.load(ROOT / "pretrained/tcm-mini/vocab.txt")


@pytest.fixture(scope="session")
def texts():
    """Those of the sample."""
    return [document.text for document in read_documents(ROOT / "examples/data/leaflets.jsonl")]


@pytest.fixture(scope="session")
def store(texts, vocabulary, tmp_path_factory):
    """The sample's texts, encoded."""
    folder = tmp_path_factory.mktemp("store") / "texts"
    return write_store(folder, texts, CharacterTokenizer(vocabulary), Words(), seed=42, source=["sample"])
