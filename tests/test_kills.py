"""The examination of `make kills` itself: it finds whatever a kill could spoil. Kills are in test_crossval."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.kills import Kills, alive, children, differences


@pytest.fixture
def runs(tmp_path):
    """Two equal runs, whose epochs took different times."""
    for number, name in enumerate(("one", "other")):
        fold = tmp_path / name / "fold-0"
        (fold / "model").mkdir(parents=True)
        save_file({"a": np.arange(6, dtype="f4"), "b": np.zeros(2, "f4")}, fold / "model" / "weights.safetensors")
        line = {"epoch": 1, "f1": 0.5, "seconds": float(number), "tokens_per_second": 1.0 + number}
        (fold / "history.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
        for file in (fold / "predictions.jsonl", fold.parent / "scores.json", fold.parent / "out_of_fold.jsonl"):
            file.write_text("{}\n", encoding="utf-8")
    return tmp_path / "one", tmp_path / "other"


def test_runs_differ_by_their_results_not_by_their_times(runs):
    assert differences(*runs) == []
    run, _ = runs
    save_file({"a": np.arange(6, dtype="f4"), "b": np.ones(2, "f4")}, run / "fold-0" / "model" / "weights.safetensors")
    line = {"epoch": 1, "f1": 0.25, "seconds": 0.0, "tokens_per_second": 1.0}
    (run / "fold-0" / "history.jsonl").write_text(json.dumps(line), encoding="utf-8")
    (run / "scores.json").write_text("{ }\n", encoding="utf-8")
    (run / "out_of_fold.jsonl").unlink()
    (run / "fold-0" / "state").mkdir()
    (run / "fold-0" / ".tmpAbCdEf").touch()
    assert sorted(differences(*runs)) == [
        "fold-0/.tmpAbCdEf is left over",
        "fold-0/history.jsonl differs",
        "fold-0/model/weights.safetensors differs",
        "fold-0/state is left over",
        "out_of_fold.jsonl is missing",
        "scores.json differs",
    ]


def test_a_command_that_ends_wrongly_is_a_problem(runs, tmp_path):
    """A command that ends with 0 before its run is complete, or shows a traceback."""
    kills = Kills(tmp_path, random.Random(0))
    shutil.copytree(runs[0], kills.expected)

    def end(code, run):
        command = [sys.executable, "-c", code]
        process = subprocess.Popen(command, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        kills.check_end("group", process, run)

    end("pass", runs[0])  # its signal came too late
    assert kills.problems == []
    end("1 / 0", runs[0])
    assert "ZeroDivisionError" in kills.problems.pop()
    (runs[1] / "scores.json").unlink()
    end("pass", runs[1])
    assert kills.problems.pop() == "group 0: ended with 0, but scores.json is missing"
    (runs[0] / "scores.json").write_text("", encoding="utf-8")
    kills.completed(
        subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE, stderr=subprocess.PIPE), runs[0]
    )
    assert kills.problems == ["one: scores.json differs"] and not runs[0].exists()


def test_a_traceback_counts_unless_python_had_not_begun_our_code(tmp_path):
    kills = Kills(tmp_path, random.Random(0))
    ours = '  File "bert4ner/cli/main.py", line 62, in main\n'
    compiler = f'  File "{re.__file__}", line 14, in <module>\n'
    installed = f'  File "{pytest.__file__}", line 14, in <module>\n'
    for frames in ("", compiler, compiler + ours, installed):
        error = f'Traceback (most recent call last):\n  File "<frozen site>", line 73, in <module>\n{frames}'
        command = [sys.executable, "-c", f"import sys; sys.stderr.write({error!r}); sys.exit(1)"]
        process = subprocess.Popen(command, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        kills.check_end("signals", process, tmp_path)
    assert len(kills.problems) == 2
    assert "cli/main.py" in kills.problems[0] and "pytest" in kills.problems[1]


def test_children_are_found_and_the_dead_are_not_alive():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    assert process.pid in children(os.getpid()) and alive(process.pid)
    process.kill()
    while alive(process.pid):
        time.sleep(0.01)
    assert process.pid not in children(os.getpid())
    process.wait()
