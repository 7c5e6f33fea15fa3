"""Callbacks that another process cannot have are refused with one line that names them and the cure."""

import subprocess
import sys
import threading
from collections import Counter
from fractions import Fraction

import pytest

from bert4ner.errors import ConfigError
from bert4ner.train.executors.pickling import check_callbacks
from tests.conftest import ROOT


class Locked:
    """Cannot be pickled."""

    def __init__(self):
        self.lock = threading.Lock()


def test_what_can_be_pickled_is_accepted():
    check_callbacks([Fraction(1, 2), Counter("ab"), [Fraction]])


def test_what_cannot_is_named():
    with pytest.raises(ConfigError) as error:
        check_callbacks([Fraction(1, 2), Locked()])
    assert str(error.value).startswith(
        "callbacks[1], a Locked, cannot be sent to the process that trains (cannot pickle"
    )
    assert "train in this process with executor='in_process'" in str(error.value)
    with pytest.raises(ConfigError, match=r"callbacks\[0\], a function, cannot be sent"):
        check_callbacks([lambda: None])


SCRIPT = """
from bert4ner.errors import ConfigError
from bert4ner.train.executors.pickling import check_callbacks
class Mine: pass
def function(): pass
for callback in (Mine(), {"part": Mine()}, function, Mine):
    try:
        check_callbacks([callback])
    except ConfigError as error:
        print(error)
"""


def test_what_stands_in_the_script_itself_is_refused_wherever_it_hides():
    command = [sys.executable, "-c", SCRIPT]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.splitlines()
    assert len(out) == 4
    assert all("is defined in the script itself); define it in a module that can be imported" in line for line in out)
