"""The demonstration runs in an empty folder, and ends with scores, entities in their sentences, and the report."""

import re
import shutil

import pytest

from bert4ner import bundled
from bert4ner.cli.found import choose, context, print_found
from bert4ner.cli.main import main
from bert4ner.data.documents import read_documents, write_documents
from bert4ner.data.sample import sample_documents
from bert4ner.entities import Document, Entity
from bert4ner.registry import EXECUTORS

TEXT = "第一句。本品用于气血两亏引起的月经量少，\n孕妇忌服。"


def test_an_entity_is_shown_in_its_sentence_in_one_line():
    assert context(Document("1", TEXT), Entity(8, 12, "X")) == ("本品用于", "气血两亏", "引起的月经量少，")
    assert context(Document("1", "头" * 50), Entity(20, 22, "X")) == (f"…{'头' * 16}", "头头", f"{'头' * 16}…")


def test_examples_are_of_many_labels_and_texts_the_surest_first():
    documents = [
        Document(str(number), TEXT, (Entity(0, 1, "A", 0.9 - number / 10), Entity(4, 6, "B", 0.1 + number / 10)))
        for number in range(3)
    ]
    chosen = [(document.id, entity.label) for document, entity in choose(documents, 3)]
    assert sorted(chosen) == [("0", "A"), ("1", "A"), ("2", "B")]
    assert len(choose(documents, 100)) == 6 and choose([Document("1", TEXT)], 3) == []


def test_in_a_file_brackets_stand_for_colours(capsys):
    print_found([Document("1", TEXT, (Entity(8, 12, "症候", 0.5),))])
    assert capsys.readouterr().out.splitlines()[-1] == "症候  0.50  本品用于【气血两亏】引起的月经量少，"


@pytest.mark.tensorflow
@pytest.mark.slow
def test_the_demonstration_in_an_empty_folder(tmp_path, monkeypatch, capsys, shallow_encoder):
    from bert4ner.train.executors.in_process import InProcessExecutor

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(EXECUTORS._loaded, "local", InProcessExecutor)
    package = tmp_path / "site-packages/bert4ner"
    (package / "_bundled").mkdir(parents=True)
    (package / "_bundled/tcm-mini").symlink_to(shallow_encoder)
    shutil.copy(bundled.bundled(bundled.UNLABELLED), package / "_bundled")
    write_documents(sample_documents()[:24], package / "_bundled/leaflets.jsonl", "jsonl")
    monkeypatch.setattr(bundled, "_PACKAGE", package)
    assert main(["demo", "--epochs", "2", "--folds", "2"]) == 0
    out = capsys.readouterr().out
    shown = re.findall(r"^[A-Z_]+ +[01]\.\d\d  .*【.+】", out, re.MULTILINE)
    assert len(shown) == 10 and out.index("micro") < out.index(shown[0])
    assert out.splitlines()[-1] == "report: runs/demo/report.html" and (tmp_path / "runs/demo/report.html").is_file()
    found = read_documents(tmp_path / "runs/demo/predicted.jsonl")
    assert f"{sum(len(each.entities) for each in found)} entities in 66 new texts" in out
