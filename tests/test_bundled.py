"""What comes with the library is found in a checkout and, where a wheel put it into the package, there."""

import ast
from pathlib import Path

import pytest

import bert4ner
from bert4ner import bundled as module
from bert4ner.bundled import ENCODER, SAMPLE, UNLABELLED, bundled, or_bundled
from bert4ner.cli.main import main
from bert4ner.errors import EnvironmentProblem
from tests.conftest import ROOT


def test_a_checkout_has_them():
    assert bundled(ENCODER) == ROOT / "pretrained/tcm-mini"
    documents = bert4ner.sample_documents()
    assert len(documents) == 129 and sum(len(each.entities) for each in documents) == 2791


def test_the_package_comes_first_and_what_is_nowhere_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PACKAGE", tmp_path / "bert4ner")
    with pytest.raises(EnvironmentProblem, match=r"leaflets\.jsonl, which comes with bert4ner, is missing; install"):
        bundled(SAMPLE)
    (tmp_path / "bert4ner/_bundled").mkdir(parents=True)
    (tmp_path / "bert4ner/_bundled" / SAMPLE).touch()
    assert bundled(SAMPLE) == tmp_path / "bert4ner/_bundled" / SAMPLE


def test_a_wheel_gets_all_of_them():
    tree = ast.parse((ROOT / "setup.py").read_text(encoding="utf-8"))
    assigned = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    paths = [Path(path) for path in ast.literal_eval(assigned["BUNDLED"])]
    assert {path.name for path in paths} == {ENCODER, SAMPLE, UNLABELLED} == set(module._IN_REPOSITORY)
    assert all((ROOT / path).exists() for path in paths)


def test_a_folder_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert or_bundled(Path("other")) == Path("other")
    assert or_bundled(Path(ENCODER)) == ROOT / "pretrained/tcm-mini"
    Path(ENCODER).mkdir()
    assert or_bundled(Path(ENCODER)) == Path(ENCODER)


def test_an_audit_takes_its_vocabulary(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["audit", str(bundled(SAMPLE)), "--pretrained", ENCODER]) == 0
    assert "129" in capsys.readouterr().out


@pytest.mark.tensorflow
def test_the_encoder_has_a_name(tmp_path, monkeypatch):
    from bert4ner.models.pretrained.folder import open_folder

    monkeypatch.chdir(tmp_path)
    assert open_folder(ENCODER).path == ROOT / "pretrained/tcm-mini"
