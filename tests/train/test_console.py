"""Training called from Python shows its lines once, where they can be seen; who has set up logging keeps that."""

import io
import logging
import sys
from types import SimpleNamespace

import pytest

from bert4ner.train.console import console, log_to_console
from bert4ner.train.worker import Worker
from tests.conftest import ROOT
from tests.train.scripted import Scripted

LIBRARY, ROOT_LOGGER = logging.getLogger("bert4ner"), logging.getLogger()


@pytest.fixture
def root(monkeypatch) -> list[logging.Handler]:
    """The root logger as a plain script has it: no handlers, warnings only."""
    monkeypatch.setattr(ROOT_LOGGER, "handlers", [])
    monkeypatch.setattr(ROOT_LOGGER, "level", logging.WARNING)
    LIBRARY.manager._clear_cache()
    yield ROOT_LOGGER.handlers
    LIBRARY.manager._clear_cache()


def speak() -> None:
    logging.getLogger("bert4ner.train.any").info("epoch 1")
    logging.getLogger("bert4ner.train.any").warning("careful")
    logging.getLogger("others").info("unasked for")


def test_lines_are_shown_while_it_trains_and_not_after(root, capsys):
    root.clear()  # pytest has added its own
    with log_to_console(1):
        speak()
    speak()
    assert capsys.readouterr().err.splitlines()[:2] == ["epoch 1", "careful"]
    assert LIBRARY.handlers == [] and LIBRARY.level == logging.NOTSET


def test_verbose_0_shows_warnings_alone(root, capsys):
    root.clear()  # pytest has added its own
    with log_to_console(0):
        speak()
    assert "epoch 1" not in capsys.readouterr().err


def test_a_root_handler_for_warnings_gets_these_and_the_console_the_rest(root, capsys):
    root.clear()  # pytest has added its own
    stream = io.StringIO()
    root.append(logging.StreamHandler(stream))
    with log_to_console(1):
        speak()
    assert stream.getvalue() == "careful\n" and capsys.readouterr().err == "epoch 1\n"
    assert root[0].filters == []


def test_who_has_set_up_logging_gets_each_line_once(root, capsys):
    root.clear()  # pytest has added its own
    stream = io.StringIO()
    root.append(logging.StreamHandler(stream))
    ROOT_LOGGER.setLevel(logging.INFO)
    with log_to_console(1):
        speak()
    assert stream.getvalue().count("epoch 1") == 1 and capsys.readouterr().err == ""


def test_one_training_in_another_shows_lines_once(root, capsys):
    root.clear()  # pytest has added its own
    with log_to_console(1), log_to_console(1):
        speak()
    assert capsys.readouterr().err.count("epoch 1") == 1


def test_in_a_notebook_they_go_to_the_cells_output(root, capsys, monkeypatch):
    root.clear()  # pytest has added its own
    for shell, where in ((None, sys.stderr), (SimpleNamespace(), sys.stderr), (SimpleNamespace(kernel=1), sys.stdout)):
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda shell=shell: shell))
        assert console() is where  # IPython in a terminal has a shell, but no kernel
    with log_to_console(1):
        speak()
    assert capsys.readouterr() == ("epoch 1\ncareful\n", "")


def test_lines_of_a_worker_reach_what_stands_in_the_place_of_stderr(tmp_path, monkeypatch):
    """A notebook replaces `sys.stderr`, and nobody sees what a child writes to the real one."""
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a notebook does; rich would draw bars
    Worker().run(Scripted(tmp_path, "assert 'FORCE_COLOR' not in os.environ; print('epoch 1')"))
    assert shown.getvalue() == "epoch 1\n"
