"""Descriptions of labels, from TOML and from plain text; missing, unknown or malformed ones are reported."""

import pytest

from bert4ner.data.descriptions import read_descriptions
from bert4ner.data.documents import read_documents
from bert4ner.entities import sorted_labels
from bert4ner.errors import DataError
from tests.conftest import ROOT

LABELS = ["DRUG", "药 名"]


def write(folder, name, text):
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.toml", '"药 名" = "找出：药品的名称"\nDRUG = "drugs "\n'),
        ("labels.tsv", "药 名\t找出：药品的名称\n\nDRUG\t drugs\n"),
        ("labels", "\ufeffDRUG\tdrugs\r\n药 名\t找出：药品的名称"),
    ],
)
def test_descriptions_are_read_in_the_order_of_the_labels(tmp_path, name, text):
    found = read_descriptions(write(tmp_path, name, text), LABELS)
    assert list(found.items()) == [("DRUG", "drugs"), ("药 名", "找出：药品的名称")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("labels.tsv", "DRUG\tdrugs\n", "labels.tsv: no description of 药 名; expected one for each of the labels"),
        ("labels.toml", 'DRUG = "a"\n"药 名" = "b"\nX = "c"', "describes 'X'; the labels of the data are DRUG, 药 名"),
        ("labels.tsv", "DRUG drugs\n", "labels.tsv:1: expected a label, a tab and its description, found 'DRUG drugs'"),
        ("labels.tsv", "\nDRUG\t\n", "labels.tsv:2: expected a label, a tab"),
        ("labels.tsv", "DRUG\ta\nDRUG\tb\n", "labels.tsv:2: a second description of 'DRUG'"),
        ("labels.toml", "DRUG = 3", "expected text as the description of 'DRUG', found 3"),
        ("labels.toml", 'DRUG = " "', "expected text as the description of 'DRUG'"),
        ("labels.toml", "DRUG drugs", "not valid TOML"),
    ],
)
def test_a_mistake_is_reported_in_one_line(tmp_path, name, text, message):
    with pytest.raises(DataError) as caught:
        read_descriptions(write(tmp_path, name, text), LABELS)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_descriptions(tmp_path / "none.tsv", LABELS)


def test_the_sample_comes_with_descriptions_of_its_labels():
    folder = ROOT / "examples/data"
    labels = sorted_labels(read_documents(folder / "leaflets.jsonl"))
    assert len(set(read_descriptions(folder / "leaflets-labels.tsv", labels).values())) == 13


def test_the_benchmark_describes_the_labels_of_cmeee(shared_data):
    labels = sorted_labels(read_documents(shared_data / "cmeee/val_data.txt"))
    assert len(set(read_descriptions(ROOT / "benchmarks/cmeee-labels.tsv", labels).values())) == 9
