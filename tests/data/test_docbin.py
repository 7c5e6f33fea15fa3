"""spaCy's DocBin as records: by a stand-in for spaCy here; with the real one where it is installed."""

import sys
from types import SimpleNamespace

import pytest

from bert4ner.data.documents import read_with_report
from bert4ner.errors import DataError

START = b"x\x9c"


def span(start, end, label):
    return SimpleNamespace(start_char=start, end_char=end, label_=label)


def stand_in(monkeypatch, documents):
    class DocBin:
        def from_disk(self, path):
            if documents is None:
                raise ValueError("[E1014] no DocBin\nat all")
            return self

        def get_docs(self, vocab):
            return iter(documents)

    spacy = SimpleNamespace(blank=lambda language: SimpleNamespace(vocab=language))
    monkeypatch.setitem(sys.modules, "spacy", spacy)
    monkeypatch.setitem(sys.modules, "spacy.tokens", SimpleNamespace(DocBin=DocBin))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.spacy"
    path.write_bytes(START + b"123")
    return path


def test_its_documents_are_read(path, monkeypatch):
    stand_in(monkeypatch, [SimpleNamespace(text="王小明在", ents=[span(0, 3, "PER")], spans={})])
    result = read_with_report(path)
    assert result.format == "spacy"
    assert [(each.start, each.end, each.label) for each in result.documents[0].entities] == [(0, 3, "PER")]


def test_span_groups_are_not_lost_in_silence(path, monkeypatch):
    stand_in(monkeypatch, [SimpleNamespace(text="王小明在", ents=[], spans={"sc": [span(0, 3, "PER")]})])
    with pytest.raises(DataError, match="record 1: found what looks like annotation under 'spans'"):
        read_with_report(path)


def test_what_spacy_cannot_read_is_refused_in_one_line(path, monkeypatch):
    stand_in(monkeypatch, None)
    with pytest.raises(DataError, match=r"cannot be read as spaCy's DocBin \(ValueError: \[E1014\] no DocBin at all\)"):
        read_with_report(path)


def test_without_spacy_it_is_said_what_to_do(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(DataError, match=r"pip install 'bert4ner\[spacy\]'"):
        read_with_report(path)


def test_a_real_one_is_read(tmp_path):
    spacy, tokens = pytest.importorskip("spacy"), pytest.importorskip("spacy.tokens")
    document = spacy.blank("xx")("Ann Lee met Bob")
    document.set_ents([document.char_span(0, 7, label="PER")])
    tokens.DocBin(docs=[document]).to_disk(tmp_path / "a.spacy")
    (read,) = read_with_report(tmp_path / "a.spacy").documents
    assert [read.mention(each) for each in read.entities] == ["Ann Lee"]
