"""A training that fails before its first epoch leaves nothing behind; one that fails later keeps what it has."""

import shutil

import pytest

from bert4ner.errors import DataError, RunError
from bert4ner.train.crossval import cross_validate, train_model
from bert4ner.train.worker import Worker


@pytest.fixture
def truncated(tiny_checkpoint, tmp_path):
    """A checkpoint whose data ends early, as after a download that broke off."""
    folder = tmp_path / "truncated"
    shutil.copytree(tiny_checkpoint, folder)
    (data,) = folder.glob("*.data-*")
    data.write_bytes(data.read_bytes()[:1000])
    return folder


def test_a_truncated_checkpoint_names_the_variable_and_leaves_no_folder(truncated, documents, tiny_config, tmp_path):
    config = tiny_config(pretrained=str(truncated))
    with pytest.raises(RunError, match=r"variable bert/\S+ cannot be read, the file is truncated"):
        cross_validate(documents, config, output=tmp_path / "run", folds=2)
    assert not (tmp_path / "run").exists()


def test_a_folder_of_somebody_else_is_left_as_it_was(documents, tiny_config, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="holds no run"):
        cross_validate(documents, tiny_config(), output=tmp_path / "run", folds=2)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.txt"]


def test_what_epochs_were_completed_is_kept(documents, tiny_config, tmp_path, monkeypatch):
    def fail_in_the_second_epoch(self, task):
        task.folder.mkdir(parents=True)
        (task.folder / "history.jsonl").write_text('{"epoch": 1, "f1": 0.0}\n', encoding="utf-8")
        raise RunError("no memory")

    monkeypatch.setattr(Worker, "run", fail_in_the_second_epoch)
    with pytest.raises(RunError, match="no memory"):
        cross_validate(documents, tiny_config(), output=tmp_path / "run", folds=2)
    assert (tmp_path / "run" / "fold-0" / "history.jsonl").is_file() and (tmp_path / "run" / "folds.json").is_file()


def test_a_run_that_was_renamed_meanwhile_is_said_and_can_go_on_when_it_is_back(
    documents, tiny_config, tmp_path, monkeypatch
):
    def rename(self, task):
        (tmp_path / "run").rename(tmp_path / "moved")

    monkeypatch.setattr(Worker, "run", rename)
    with pytest.raises(RunError, match=r"run: was removed or renamed during the training; move it back and repeat"):
        cross_validate(documents, tiny_config(), output=tmp_path / "run", folds=2)
    assert [path.name for path in tmp_path.iterdir() if path.name in ("run", "moved")] == ["moved"]
    assert (tmp_path / "moved/folds.json").is_file()


def test_descriptions_that_do_not_fit_the_labels_are_reported_before_anything_is_made(documents, tiny_config, tmp_path):
    (tmp_path / "labels.tsv").write_text("DRUG\t药\n", encoding="utf-8")
    config = tiny_config(head="mrc", label_descriptions=str(tmp_path / "labels.tsv"))
    for start in (cross_validate, train_model):
        with pytest.raises(DataError, match=r"labels\.tsv: no description of PERSON, SYMPTOM"):
            start(documents, config, output=tmp_path / "run")
    assert not (tmp_path / "run").exists()
