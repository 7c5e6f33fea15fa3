"""The example scripts run as they stand, from another folder, on a path with a space."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT


@pytest.mark.slow
def test_the_crf_baseline_trains_scores_and_recognizes(tmp_path):
    folder = tmp_path / "a user's folder"
    folder.mkdir()
    command = [sys.executable, ROOT / "examples/crf_baseline.py", "--folds", "2", "--epochs", "1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out of fold: precision 0.")
    assert (folder / "runs/crf-baseline/scores.json").is_file()
