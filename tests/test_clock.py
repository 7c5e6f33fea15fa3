"""Nothing depends on the time of day, which may jump backwards: durations are of clocks that only go forward."""

import ast

import pytest

from tests.test_floors import MODULES

OF_THE_DAY = {"time", "time_ns", "localtime", "gmtime", "strftime", "now", "today", "utcnow"}
"""Functions of `time` and `datetime` that tell it."""


def asked(source: str) -> list[str]:
    """Where a source asks for the time of day."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module in ("time", "datetime"):
            found += [f"line {node.lineno}: {each.name}" for each in node.names if each.name in OF_THE_DAY]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in OF_THE_DAY:
            of = ast.unparse(node.func.value).rpartition(".")[2]
            found += [f"line {node.lineno}: {of}.{node.func.attr}"] if of in ("time", "datetime", "date") else []
    return found


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_asks_for_the_time_of_day(module):
    assert asked(MODULES[module]) == []


def test_whoever_asks_is_found():
    assert asked("import time\nstarted = time.time()\n") == ["line 2: time.time"]
    assert asked("import datetime\nx = datetime.datetime.now()") == ["line 2: datetime.now"]
    assert asked("from time import time") == ["line 1: time"]
    assert asked("import time\ntime.monotonic() + time.perf_counter()") == []
