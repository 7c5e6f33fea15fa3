"""A folder is held by one process, and is free again however that ends."""

import subprocess
import sys

import pytest

from bert4ner.errors import RunError
from bert4ner.runs.lock import held

HOLDER = """
import sys, time
from pathlib import Path
from bert4ner.runs.lock import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_process_at_a_time_and_a_killed_one_lets_go(tmp_path):
    pytest.importorskip("fcntl", reason="no locks on this system")
    run = tmp_path / "run"
    with subprocess.Popen([sys.executable, "-c", HOLDER, run], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(RunError, match="another process trains into this folder"):
            held(run).__enter__()
        holder.kill()
        holder.wait()
    for _ in range(2):
        with held(run):
            assert list(run.iterdir()) == []


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for place in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunError, match=r"cannot create the folder \(.+\); choose another --output"):
            held(place).__enter__()
