"""`import bert4ner` and `bert4ner --help` answer at once: no TensorFlow. What they print is tested elsewhere."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"tensorflow", "keras", "tf_keras", "bert4keras", "sklearn", "matplotlib", "jieba"}
SECONDS = 0.5

IMPORT = "import bert4ner"
HELP = """
import runpy, sys
sys.argv = ["bert4ner", "--help"]
try:
    runpy.run_module("bert4ner", run_name="__main__", alter_sys=True)
except SystemExit as end:
    assert not end.code, end.code
"""
LOADED = """
import json, sys
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def python(*arguments: str) -> str:
    """Run Python in the repository; what it wrote to stderr."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def processor_seconds(*arguments: str) -> float:
    """Processor time of one run; the time on the clock would measure what else the machine is doing."""
    before = os.times()
    python(*arguments)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


@pytest.mark.parametrize("script", [IMPORT, HELP], ids=["import", "help"])
def test_loads_no_tensorflow(script):
    loaded = json.loads(python("-c", script + LOADED).splitlines()[-1])
    assert HEAVY.intersection(loaded) == set()


@pytest.mark.parametrize(
    "arguments",
    [("-c", IMPORT), *(("-m", "bert4ner", *command, "--help") for command in ((), ("crossval",), ("combine",)))],
    ids=["import", "help", "help-crossval", "help-combine"],
)
def test_takes_less_than_half_a_second(arguments):
    assert statistics.median(processor_seconds(*arguments) for _ in range(3)) < SECONDS
