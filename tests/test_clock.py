"""Nothing depends on the time of day, which may jump backwards: durations are of clocks that only go forward.

Times of files, which may lie in the future, are only compared for equality. In `cli/test_cli_clock.py` the clock jumps.
"""

import ast

import pytest

from tests.test_floors import MODULES

OF_THE_DAY = {"time", "time_ns", "localtime", "gmtime", "strftime", "ctime", "asctime", "now", "today", "utcnow"}
"""Functions of `time` and `datetime` that tell it."""
OF_FILES = {f"st_{kind}time{unit}" for kind in ("a", "m", "c", "birth") for unit in ("", "_ns")}
"""When a file was changed and the like; `os.path` has functions that give the same."""


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


def weighed(source: str) -> list[str]:
    """Where a source looks at the time of a file other than in a tuple, which is compared as a whole."""
    tree = ast.parse(source)
    whole = {part for node in ast.walk(tree) if isinstance(node, ast.Tuple) for part in node.elts}
    return [
        f"line {node.lineno}: {node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node not in whole
        if node.attr in OF_FILES or node.attr in ("getmtime", "getctime", "getatime")
    ]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_no_module_asks_for_the_time_of_day(module):
    assert asked(MODULES[module]) == []
    assert weighed(MODULES[module]) == []


def test_whoever_asks_is_found():
    assert asked("import time\nstarted = time.time()\n") == ["line 2: time.time"]
    assert asked("import datetime\nx = datetime.datetime.now()") == ["line 2: datetime.now"]
    assert asked("from time import time") == ["line 1: time"]
    assert asked("import time\ntime.monotonic() + time.perf_counter()") == []
    assert asked("import time\nprint(time.ctime())") == ["line 2: time.ctime"]
    assert weighed("if a.stat().st_mtime < b.stat().st_mtime:\n    pass") == ["line 1: st_mtime"] * 2
    assert weighed("os.path.getmtime(path)") == ["line 1: getmtime"]
    assert weighed("same = (a.st_ino, a.st_mtime_ns) == (b.st_ino, b.st_mtime_ns)") == []
