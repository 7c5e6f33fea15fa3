"""`activate` in processes of their own: what it makes possible, what it leaves alone, what it says when it cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

BLOCK = """
import sys
class Blocked:
    names = set()
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocked())
"""
ATTEMPT = """
import json, os, sys
from bert4ner.compat import activate
from bert4ner.errors import EnvironmentProblem
def attempt():
    try:
        activate()
    except EnvironmentProblem as problem:
        return str(problem)
    return "active"
"""


def python(script: str, **environment: str) -> tuple[dict, str]:
    """Run a script in a fresh Python; the facts that it prints as its last line, and its stderr."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TF_USE_LEGACY_KERAS", "TF_KERAS", "TF_CPP_MIN_LOG_LEVEL")
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**inherited, **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.fixture(scope="module")
def activated():
    """Facts about a process that called `activate` first and went on as users do."""
    return python(
        ATTEMPT
        + """
facts = {"outcome": attempt(), "keras imported": "keras" in sys.modules, "TF_KERAS": os.environ.get("TF_KERAS")}
from bert4keras.layers import LayerNormalization
from bert4keras.models import build_transformer_model
mended = LayerNormalization.call
facts["again"] = attempt()
facts["mended once"] = LayerNormalization.call is mended
facts["bert4keras"] = callable(build_transformer_model)
import tensorflow as tf, tf_keras
facts["tf.keras is tf_keras"] = tf.keras.layers.Layer is tf_keras.layers.Layer
facts["devices"] = len(tf.config.list_physical_devices())
import keras
facts["keras"] = keras.__version__
facts["keras works"] = keras.layers.Dense(3)(keras.Input((2,))).shape[-1]
print(json.dumps(facts))
"""
    )


def test_bert4keras_can_be_imported_on_keras_2(activated):
    facts, _ = activated
    assert facts["outcome"] == "active" and facts["bert4keras"] and facts["tf.keras is tf_keras"]


def test_keras_is_still_keras_3_for_everyone_else(activated):
    facts, _ = activated
    assert (facts["keras imported"], facts["TF_KERAS"]) == (False, None)
    assert facts["keras"].startswith("3.") and facts["keras works"] == 3


def test_nothing_is_printed(activated):
    _, stderr = activated
    assert stderr == ""


def test_a_second_call_does_nothing(activated):
    facts, _ = activated
    assert facts["again"] == "active" and facts["mended once"]


def test_it_is_too_late_after_a_plain_import_of_tensorflow():
    facts, _ = python(
        ATTEMPT
        + """
import tensorflow as tf
facts = {"plain": attempt(), "switch": os.environ.get("TF_USE_LEGACY_KERAS"), "bert4keras": "bert4keras" in sys.modules}
facts["keras"] = tf.keras.__version__
os.environ["TF_USE_LEGACY_KERAS"] = "1"                 # too late as well: tf.keras is there already
facts["switched late"] = attempt()
print(json.dumps(facts))
"""
    )
    for outcome in (facts["plain"], facts["switched late"]):
        assert outcome.startswith("TensorFlow was imported before bert4ner.compat.activate(), so its tf.keras is")
        assert "call bert4ner.compat.activate() before the first import of tensorflow" in outcome
        assert "TF_USE_LEGACY_KERAS=1" in outcome and "\n" not in outcome
    assert (facts["switch"], facts["bert4keras"], facts["keras"][0]) == (None, False, "3")


def test_tensorflow_and_keras_3_may_come_first_when_the_switch_was_set():
    facts, _ = python(
        ATTEMPT
        + """
import keras
import tensorflow as tf
before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "keras"}
facts = {"outcome": attempt(), "legacy": tf.keras.__name__, "keras": keras.__version__}
after = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "keras"}
facts["untouched"] = all(after.get(name) is module for name, module in before.items())
print(json.dumps(facts))
""",
        TF_USE_LEGACY_KERAS="1",
    )
    assert facts["outcome"] == "active" and facts["untouched"] and facts["keras"].startswith("3.")


def test_a_missing_bert4keras_is_reported_with_its_cure_and_distutils_is_supplied():
    facts, stderr = python(
        BLOCK
        + ATTEMPT
        + """
for name in [name for name in sys.modules if "distutils" in name]:
    del sys.modules[name]
Blocked.names = {"bert4keras", "distutils", "_distutils_hack"}
facts = {"without": attempt()}
Blocked.names = {"distutils", "_distutils_hack"}
facts["with"] = attempt()
from distutils.util import strtobool
facts["truth"] = [strtobool("1"), strtobool("off")]
facts["supplied"] = getattr(sys.modules["distutils"], "__file__", None)
try:
    strtobool("perhaps")
except ValueError as error:
    facts["refused"] = str(error)
print(json.dumps(facts))
"""
    )
    assert facts["without"] == (
        "the package bert4keras is not installed; run: pip install --no-deps bert4keras==0.11.5"
    )
    assert facts["with"] == "active" and facts["truth"] == [1, 0] and facts["supplied"] is None
    assert facts["refused"] == "invalid truth value 'perhaps'" and stderr == ""


@pytest.mark.parametrize(("package", "cure"), [("tensorflow", "pip install tensorflow")])
def test_a_missing_package_is_reported_with_its_cure(package, cure):
    facts, _ = python(f"{BLOCK}Blocked.names = {{{package!r}}}{ATTEMPT}print(json.dumps({{'outcome': attempt()}}))")
    assert facts["outcome"] == f"the package {package} is not installed; run: {cure}"
