"""How scripts run and which errors they show, tested without TensorFlow."""

import subprocess
import sys
import types
from importlib.machinery import ModuleSpec

import pytest

from bert4ner.backend.first_dialect import dialect
from bert4ner.cli.main import main
from bert4ner.errors import DataError
from bert4ner.legacy import runner
from bert4ner.legacy.bert4keras_before import groupby
from bert4ner.legacy.importing import LegacyFinder
from bert4ner.legacy.unsupported import INSTEAD, GoneModule, Unsupported, explain


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs a script's text, TensorFlow left out; exit code, stdout, stderr."""
    monkeypatch.setattr(runner, "activate", lambda legacy: None)
    monkeypatch.setattr(runner.names, "install", lambda tf1_version: None)
    monkeypatch.setattr(sys, "argv", sys.argv)  # the process becomes that of the script
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.chdir(tmp_path)

    def run_text(text, *arguments):
        script = tmp_path / "script.py"
        script.write_text(text, encoding="utf-8")
        code = runner.run_script(script, arguments)
        return code, *capsys.readouterr()

    return run_text


def test_a_script_finds_what_python_gives_it(run, tmp_path):
    (tmp_path / "beside.py").write_text("value = 7", encoding="utf-8")
    code, out, _ = run(
        """
import sys
import beside
class Here: pass
print(__name__, sys.argv[1:], sys.path[0], __file__, beside.value, Here.__module__)
print(sys.modules["__main__"].Here is Here, type(__builtins__).__name__)
""",
        "--lr",
        "3",
    )
    folder = str(tmp_path)
    assert (code, out) == (0, f"__main__ ['--lr', '3'] {folder} {folder}/script.py 7 __main__\nTrue module\n")
    assert (sys.modules["__main__"].__file__, sys.path[0]) == (f"{folder}/script.py", folder)  # threads may still run


@pytest.mark.parametrize("end", ["3", "'words'", "None"])
def test_a_script_ends_as_it_says(run, end):
    with pytest.raises(SystemExit) as caught:
        run(f"import sys\nsys.exit({end})")
    assert repr(caught.value.code) == end


def test_an_error_of_its_own_shows_the_traceback_that_python_shows(run, tmp_path):
    text = "def f(x):\n    return 1 / x\n\nf(0)\n"
    code, _, message = run(text)
    python = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")], capture_output=True, encoding="utf-8", check=False
    )
    assert (code, message) == (python.returncode, python.stderr)


def test_a_mistake_in_its_syntax_shows_as_python_shows_it(run):
    code, _, message = run("x = 1\nif x\n")
    assert code == 1 and 'script.py", line 2' in message and message.count("File") == 1


def test_python_2_is_reported(run):
    code, _, message = run("x = 1\nprint 'x'\n")
    assert code == 2 and message.endswith(
        "script.py:2: written for Python 2; write print(...), or convert the script with 2to3\n"
    )


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "tf.contrib.crf.crf_log_likelihood(1)",
            3,
            "tf.contrib.crf.crf_log_likelihood: does not exist any more; write "
            "bert4keras.layers.ConditionalRandomField",
        ),
        ("def f():\n    return tf.contrib.layers.xavier_initializer()\nf()", 4, "write tf.glorot_uniform_initializer"),
        (
            "from tensorflow.contrib.rnn import LSTMCell",
            3,
            "tf.contrib.rnn.LSTMCell: does not exist any more; write tf.nn.rnn_cell instead",
        ),
        ("import tensorflow.contrib.slim as slim\nslim.fully_connected()", 4, "tf.contrib.slim.fully_connected: does"),
        ("from keras_contrib.layers import CRF", 3, "keras_contrib: does not exist any more; write bert4keras.layers."),
        ("import keras.wrappers.scikit_learn", 3, "keras.wrappers: does not exist any more; write a subclass of"),
        ("try:\n    tf.contrib.crf.crf_decode\nexcept KeyError:\n    pass", 4, "tf.contrib.crf.crf_decode: does not"),
        (
            "from bert4keras.train import x",
            3,
            "bert4keras.train: does not exist any more; write bert4keras.optimizers.",
        ),
        ("tf.mul(1, 2)", 3, "tf.mul: does not exist any more; write tf.multiply instead"),
        ("tf.placeholdr", 3, "tf.placeholdr: does not exist in this TensorFlow; did you mean tf.placeholder?"),
        ("tf.no_such", 3, "tf.no_such: does not exist in this TensorFlow; see docs/legacy.md for names that do"),
    ],
)
def test_what_is_gone_is_reported_with_its_line(run, monkeypatch, text, line, message):
    class TensorFlow(types.ModuleType):
        def __getattr__(self, name):
            raise Unsupported(f"tensorflow.{name}", known=["placeholder"])

    tf, keras = TensorFlow("tensorflow"), types.ModuleType("keras")
    tf.contrib, tf.__path__, keras.__path__ = GoneModule("tensorflow.contrib"), [], []
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tensorflow", "keras", "keras_contrib")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorflow", tf)
    monkeypatch.setitem(sys.modules, "keras", keras)
    monkeypatch.setattr(sys, "meta_path", [LegacyFinder(), *sys.meta_path])
    code, _, found = run(f"import tensorflow as tf\nx = 1\n{text}")
    assert code == 2 and f"script.py:{line}: " in found and message in found
    assert found.count("\n") == 1
    for name in [name for name in sys.modules if name.startswith("tensorflow.contrib")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("try:\n    import tensorflow.contrib.crf\nexcept ImportError:\n    print('other way')", "other way\n"),
        (
            "try:\n    from tensorflow.contrib import crf\nexcept (KeyError, Exception):\n    print('other way')",
            "other way\n",
        ),
        (
            "import tensorflow.contrib\ntry:\n    from tensorflow.contrib import crf\nexcept Exception:\n    print(1)",
            "1\n",
        ),
        ("try:\n    import tensorflow.contrib.crf\nexcept:\n    print('other way')", "other way\n"),
        ("try:\n    import tensorflow.contrib.crf\nexcept KeyError:\n    print('other way')", ""),
        ("try:\n    pass\nexcept ImportError:\n    import tensorflow.contrib.crf", ""),
        ("import tensorflow.contrib.crf", ""),
    ],
)
def test_an_import_that_may_fail_fails_where_the_script_has_another_way(run, monkeypatch, text, out):
    monkeypatch.setitem(sys.modules, "tensorflow", types.ModuleType("tensorflow"))
    sys.modules["tensorflow"].__path__ = []
    monkeypatch.setattr(sys, "meta_path", [LegacyFinder(), *sys.meta_path])
    assert run(text)[:2] == (0, out)
    left = [name for name in sys.modules if name.startswith("tensorflow.contrib")]
    for name in left:
        del sys.modules[name]
    assert left == [] or out != "other way\n"  # as after any import that failed


def test_keras_is_found_under_its_names_and_the_script_speaks_it(run, monkeypatch):
    monkeypatch.setattr(dialect, "keras", False)
    made = types.ModuleType("tf_keras.layers")
    root = types.ModuleType("keras")
    root.__path__ = []
    for name in [name for name in sys.modules if name.partition(".")[0] == "keras"]:
        monkeypatch.delitem(sys.modules, name)
    finder = LegacyFinder({"keras": root, "keras.layers.core": made, "keras.layers": made})
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    made.__path__, made.__spec__, made.Dense = [], ModuleSpec("tf_keras.layers", None), 7
    assert run("from keras.layers.core import Dense\nprint(Dense)")[:2] == (0, "7\n")
    assert dialect.keras and made.__spec__.name == "tf_keras.layers"
    for name in [name for name in sys.modules if name.partition(".")[0] == "keras"]:
        del sys.modules[name]


def test_neighbours_are_grouped_as_bert4keras_did():
    assert groupby("aabba") == [("a", ["a", "a"]), ("b", ["b", "b"]), ("a", ["a"])]
    assert groupby([3, 4, 5], "xxy") == [("x", [3, 4]), ("y", [5])] and groupby([]) == []


def test_the_line_is_of_the_users_own_code(run, tmp_path):
    (tmp_path / "helper.py").write_text(
        "from bert4ner.legacy.unsupported import GoneModule\n\n\n"
        "def crf():\n    return GoneModule('tensorflow.contrib.crf').crf_decode\n",
        encoding="utf-8",
    )
    code, _, message = run("import helper\nhelper.crf()\n")
    sys.modules.pop("helper")
    assert code == 2 and message.startswith(f"{tmp_path}/helper.py:5: tf.contrib.crf.crf_decode: ")


def test_scripts_may_ask_whether_a_name_is_there(run):
    code, out, _ = run("""
from bert4ner.legacy.unsupported import GoneModule
crf = GoneModule("tensorflow.contrib.crf")
print(hasattr(crf, "crf_decode"), getattr(crf, "crf_decode", None))
""")
    assert (code, out) == (0, "False None\n")


def test_a_missing_bert4keras_is_reported_with_its_cure(run, monkeypatch):
    class Blocked:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name == "bert4keras":
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    for name in [name for name in sys.modules if name.partition(".")[0] == "bert4keras"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Blocked, *sys.meta_path])
    code, _, message = run("from bert4keras.models import build_transformer_model")
    assert (
        code == 2 and ":1: the package bert4keras is not installed; run: pip install --no-deps bert4keras==" in message
    )


def test_other_missing_packages_and_names_are_the_scripts_own(run):
    assert run("import no_such_package")[0] == 1
    code, _, message = run("import math\nmath.no_such")
    assert code == 1 and "AttributeError" in message


def test_the_longest_name_counts():
    assert "tf.layers.dense instead" in explain("tensorflow.contrib.layers.fully_connected")
    assert all(name.partition(".")[0] in ("tensorflow", "keras", "keras_contrib", "bert4keras") for name in INSTEAD)


def test_a_missing_script_is_one_line(tmp_path, capsys):
    with pytest.raises(DataError, match="cannot read the script: No such file"):
        runner.run_script(tmp_path / "none.py", [])
    assert main(["legacy", str(tmp_path / "none.py"), "--lr", "3"]) == 2
    assert capsys.readouterr().err.startswith("bert4ner: error: ")


def test_the_command_passes_on_all_that_follows_the_script(monkeypatch, capsys):
    called = []
    monkeypatch.setattr(runner, "run_script", lambda script, *given: called.append((str(script), *given)) or 0)
    assert main(["legacy", "script.py", "--lr", "3", "-h", "--", "data"]) == 0
    assert main(["legacy", "--tf1-version", "1.15.0", "script.py", "--tf1-version", "2"]) == 0
    assert main(["legacy", "--tf1-version=1.15.0", "script.py"]) == 0
    assert called == [
        ("script.py", ("--lr", "3", "-h", "--", "data"), None),
        ("script.py", ("--tf1-version", "2"), "1.15.0"),
        ("script.py", (), "1.15.0"),
    ]
    assert main(["legacy", "--help"]) == 0 and "SCRIPT" in capsys.readouterr().out
    assert main(["legacy"]) == 2 and "missing: SCRIPT" in capsys.readouterr().err
    monkeypatch.setattr(runner, "run_script", lambda *given: 2)
    with pytest.raises(SystemExit) as caught:
        main(["legacy", "script.py"])
    assert caught.value.code == 2
