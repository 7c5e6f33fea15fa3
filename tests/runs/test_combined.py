"""A combined run is written with copies of what it is made of, without what only training needs."""

import errno
import shutil

import pytest

from bert4ner.data.writing import atomic_folder
from bert4ner.errors import DataError, RunError
from bert4ner.runs.combination import Combination
from bert4ner.runs.combined import read_curves, write_combined, write_curves
from bert4ner.runs.record import CombinedRun, open_run

COMBINATION = Combination("vote", ("one", "other"), (1.0, 1.0), sizes=(2, 1))


def test_a_combined_run_holds_its_members_and_is_read_again(make_run, gold, predicted, tmp_path):
    sources = [make_run(gold, predicted, name=name) for name in ("a", "b", "c")]
    for name in ("report.html", "fold-0/state/training.safetensors", "fold-0/.predictions.jsonl.7.part"):
        (sources[0] / name).parent.mkdir(exist_ok=True)
        (sources[0] / name).write_text("", encoding="utf-8")
    folder = tmp_path / "all"
    folder.mkdir()
    write_combined(folder, COMBINATION, sources, labels=["DRUG", "SYMPTOM"], predicted=predicted)
    record = open_run(folder)
    assert isinstance(record, CombinedRun) and record.combination == COMBINATION
    assert record.labels == ["DRUG", "SYMPTOM"] and record.predicted == predicted and record.environment["bert4ner"]
    members = record.member_folders()
    assert members == [(folder / "member-0", folder / "member-1"), (folder / "member-2",)]
    assert open_run(members[0][0]).predicted == predicted
    assert not {"report.html", "state"} & {path.name for path in members[0][0].rglob("*")}
    assert not list(folder.rglob("*.part"))


def test_a_run_that_cannot_be_copied_is_named(tmp_path):
    with pytest.raises(RunError, match="gone: cannot be copied"):
        write_combined(tmp_path, COMBINATION, [tmp_path / "gone"] * 3, labels=["A"], predicted=[])


def test_a_copy_that_does_not_fit_names_the_new_run_and_tries_no_other_file(
    make_run, gold, predicted, tmp_path, monkeypatch
):
    sources = [make_run(gold, predicted, name=name) for name in ("a", "b", "c")]
    tried = []

    def copyfile(source, target):
        tried.append(source)
        raise OSError(errno.ENOSPC, "full", str(source), None, str(target))

    monkeypatch.setattr(shutil, "copyfile", copyfile)
    with (
        pytest.raises(DataError, match=rf"^{tmp_path}/new: cannot be written \(full\); free some space"),
        atomic_folder(tmp_path / "new") as folder,
    ):
        write_combined(folder, COMBINATION, sources, labels=["DRUG", "SYMPTOM"], predicted=predicted)
    assert len(tried) == 1 and not (tmp_path / "new").exists()


def test_curves_round_trip_and_may_be_missing(tmp_path):
    assert read_curves(tmp_path) == {}
    curves = {"药": {"threshold": [0.5], "precision": [1.0], "recall": [0.25]}}
    write_curves(tmp_path, curves)
    assert read_curves(tmp_path) == curves
