"""What TensorFlow multiplies with on a CPU: oneDNN, unless the user or a command that saves memory chose otherwise."""

import os
import platform
import subprocess
import sys

import pytest

from bert4ner.backend.onednn import OWN, SWITCH

X86 = platform.machine() in ("x86_64", "AMD64")
ACTIVATE = "from bert4ner.compat import activate; activate()\n"
WITHOUT = "from bert4ner.backend.onednn import without_onednn; without_onednn()\n"
ANSWER = (
    "import os\nfrom tensorflow.python.util import _pywrap_util_port as port\n"
    f"print(os.environ.get('{SWITCH}'), port.IsMklEnabled())"
)


def answer(script: str, **environment: str) -> list[str]:
    """The switch in a fresh Python after a script, and what TensorFlow says that it does."""
    inherited = {name: value for name, value in os.environ.items() if name != SWITCH}
    inherited |= {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_USE_LEGACY_KERAS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script + ANSWER],
        capture_output=True,
        text=True,
        check=True,
        env={**inherited, **environment},
    )
    return done.stdout.split()


@pytest.mark.skipif(not X86, reason="TensorFlow chooses on other processors")
def test_every_x86_processor_uses_onednn():
    assert answer(ACTIVATE) == [OWN, "True"]


def test_what_the_user_set_stays():
    assert answer(ACTIVATE, **{SWITCH: "0"}) == ["0", "False"]


@pytest.mark.parametrize("inherited", [{}, {SWITCH: OWN}])
def test_saving_memory_goes_first_also_in_a_process_that_inherits_the_switch(inherited):
    assert answer(WITHOUT + ACTIVATE, **inherited) == ["0", "False"]


def test_saving_memory_leaves_the_choice_of_the_user():
    assert answer(WITHOUT + ACTIVATE, **{SWITCH: "1"}) == ["1", "True"]


def test_where_tensorflow_was_imported_before_its_choice_stays():
    """Set now, the switch would reach only the processes started later."""
    assert answer("import tensorflow\n" + ACTIVATE)[0] == "None"
