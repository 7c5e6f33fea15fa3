import inspect
import json
import re
import shlex
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from bert4ner.cli.main import main
from bert4ner.command import Command
from bert4ner.config import Config
from bert4ner.errors import DataError
from bert4ner.registry import COMMANDS, EXECUTORS, MODIFIERS
from bert4ner.version import VERSION

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def failing(monkeypatch):
    """Makes the command `predict` raise what is given; returns what main makes of it."""

    def run(error: BaseException, name: str = "predict") -> int:
        def command() -> None:
            """Fail.

            e.g.  bert4ner predict
            """
            raise error

        monkeypatch.setitem(sys.modules, "failing_command", type(sys)("failing_command"))
        sys.modules["failing_command"].command = command
        failing = Command("failing_command:command", "fails", COMMANDS.get(name).resumable)
        monkeypatch.setitem(COMMANDS._loaded, name, failing)
        return main([name])

    return run


def test_without_a_command_every_command_is_listed(bert4ner):
    for arguments in ([], ["--help"], ["-h"]):
        code, out, err = bert4ner(*arguments)
        assert (code, err) == (0, "")
        assert all(re.search(rf"^  {name} +\w", out, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
def test_the_overview_is_as_wide_as_the_terminal(columns, bert4ner, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    *lines, example = bert4ner("--help").out.splitlines()
    assert max(map(len, lines)) <= columns and example.startswith("e.g.  bert4ner crossval ")
    assert sum(bool(re.match(r"  [-\w]", line)) for line in lines) == len(COMMANDS.names()) + 1


def test_version(bert4ner):
    assert bert4ner("--version") == (0, f"bert4ner {VERSION}\n", "")


@pytest.mark.parametrize("name", COMMANDS.names())
def test_help_of_a_command_ends_in_an_example_that_parses(name, bert4ner, monkeypatch):
    code, out, err = bert4ner(name, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(f"usage: bert4ner {name} ")
    example = out.rstrip("\n").splitlines()[-1]
    assert example.startswith(f"e.g.  bert4ner {name} ")
    place, _, function = COMMANDS.get(name).place.partition(":")
    module = sys.modules[place]
    called = []

    def fake(**options):
        called.append(options)

    fake.__signature__ = inspect.signature(getattr(module, function))
    monkeypatch.setattr(module, function, fake)
    assert bert4ner(*shlex.split(example)[2:]).code == 0
    assert len(called) == 1


@pytest.mark.parametrize("name", COMMANDS.names())
def test_help_of_a_command_loads_nothing_heavy(name):
    script = (
        "import sys; from bert4ner.cli.main import main; main([sys.argv[1], '--help']);"
        "print(sorted({'tensorflow', 'sklearn', 'tokenizers', 'jieba'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script, name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("crosval", "unknown command 'crosval', did you mean crossval? (see bert4ner --help)"),
        ("cv", "unknown command 'cv', did you mean crossval? (see bert4ner --help)"),
        ("--hlep", "unknown option '--hlep', did you mean --help? (see bert4ner --help)"),
        ("吃", f"unknown command '吃', known: {', '.join(COMMANDS)} (see bert4ner --help)"),
    ],
)
def test_an_unknown_command_is_reported_with_the_nearest_known(typed, message, refused):
    assert refused(typed) == message


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("audit DATA --max-length -5", "max_length must be at least 8, got -5"),
        ("audit DATA --folds 1", "folds must be at least 2, got 1"),
        ("predict nowhere DATA --output x --batch-tokens 0", "batch_tokens must be at least 1, got 0"),
        ("predict nowhere DATA --output x --nbest 0", "nbest must be at least 1, got 0"),
        ("crossval DATA --output x --jobs 0", "jobs must be at least 1, got 0"),
        ("crossval DATA --output x --folds 1", "folds must be at least 2, got 1"),
        ("train DATA --output x --executor remote", "--executor: expected one of local, in_process, found 'remote'"),
    ],
)
def test_an_impossible_value_is_reported_before_anything_is_done(typed, message, refused):
    assert refused(*typed.split()).startswith(message)


def test_names_of_other_packages_are_reported_by_help(bert4ner, monkeypatch):
    monkeypatch.setitem(EXECUTORS._loaded, "remote", object)
    monkeypatch.setitem(MODIFIERS._loaded, "gradient_noise", object)
    for name in ("train", "crossval"):
        shown = " ".join(bert4ner(name, "--help").out.split())
        assert "--executor {local,in_process,remote}" in shown
        assert f"Known: {', '.join(MODIFIERS.own())}, gradient_noise." in shown


@pytest.mark.parametrize(("command", "function"), [("train", "train_model"), ("crossval", "cross_validate")])
def test_the_executor_and_a_file_reach_the_training(command, function, refused, monkeypatch, data, tmp_path):
    def training(documents, options, *, executor, **others):
        raise DataError(f"{type(executor).__name__} {executor.jobs} {options.model.head}")

    module = type(sys)("bert4ner.train.crossval")
    setattr(module, function, training)
    monkeypatch.setitem(sys.modules, "bert4ner.train.crossval", module)
    path = tmp_path / "config.toml"
    path.write_text(f"jobs = 3\n{Config().replace(head='span', pretrained='tcm-mini').to_toml()}", encoding="utf-8")
    with_file = (command, data, "--output", "x", "--config", path)
    assert refused(*with_file) == "LocalExecutor 3 span"
    assert refused(*with_file, "--executor", "in_process", "--jobs", 1) == "InProcessExecutor 1 span"
    assert "in_process runs one task at a time, got jobs=3" in refused(*with_file, "--executor", "in_process")


def test_python_m_bert4ner_is_the_same_command():
    command = [sys.executable, "-m", "bert4ner", "predict", "nowhere", "nothing.txt", "--output", "found.jsonl"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("bert4ner: error: nowhere: ") and done.stderr.count("\n") == 1


def test_a_library_error_is_one_line(failing, capsys):
    assert failing(DataError("data.txt:3: expected a tag,\n  found none")) == 2
    assert capsys.readouterr() == ("", "bert4ner: error: data.txt:3: expected a tag, found none\n")


@pytest.mark.parametrize("arguments", [[], ["--help"]])
@pytest.mark.parametrize("place", ["no_such_module:count", "json:count", "json", "json:JSONDecoder", "json:__doc__"])
def test_a_command_of_another_package_that_is_broken_is_one_line(place, arguments, monkeypatch, refused):
    monkeypatch.setitem(COMMANDS._loaded, "count", Command(place, "counts"))
    assert re.search(r" cannot be (loaded|a command)\b.*; repair or uninstall", refused("count", *arguments))


def test_an_error_of_the_system_names_the_path(failing, capsys):
    assert failing(PermissionError(13, "Permission denied", "secret.txt")) == 2
    assert capsys.readouterr().err == (
        "bert4ner: error: secret.txt: Permission denied; choose another place or change its permissions\n"
    )


@pytest.mark.parametrize(("name", "again"), [("predict", ""), ("crossval", "; run the same command again to go on")])
def test_an_interrupt_is_one_line(name, again, failing, capsys):
    assert failing(KeyboardInterrupt(), name) == 130
    assert capsys.readouterr().err == f"bert4ner: stopped{again}\n"


@pytest.mark.parametrize("module", ["bert4ner.cli.main", "bert4ner.registry", "bert4ner.cli.info"])
def test_an_interrupt_while_modules_load_is_one_line(module):
    script = (
        "import os, runpy, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class CtrlC:\n"
        "    def find_spec(name, *_):\n"
        "        if name == sys.argv[2]: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, CtrlC)\n"
        "runpy.run_module('bert4ner', run_name='__main__')"
    )
    command = [sys.executable, "-c", script, "info", module]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "bert4ner: stopped\n")


def test_the_installed_command_is_the_same():
    (command,) = metadata.entry_points(group="console_scripts", name="bert4ner")
    assert command.value == "bert4ner.cli.starting:start"


def test_a_bug_keeps_its_traceback(failing):
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError())


def test_a_reader_that_leaves_early_is_no_error():
    script = (
        "import sys; from bert4ner.cli import main\n"
        "main._run = lambda *_: [print('line') for _ in range(100_000)]\n"
        "sys.exit(main.main(['info']))"
    )
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(script)} | head -n 1"
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    assert (done.stdout, done.stderr) == ("line\n", "")


def test_results_are_utf8_in_any_locale(data):
    environment = {"PYTHONIOENCODING": "ascii", "PATH": ""}
    command = [sys.executable, "-m", "bert4ner", "audit", str(data), "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("utf-8"))["labels"] == {"DRUG": 8, "SYMPTOM": 8}


def test_quiet_leaves_the_decisions_out(bert4ner, data):
    assert "read as jsonl: " in bert4ner("evaluate", data, data).err
    assert bert4ner("evaluate", data, data, "--quiet").err == ""
