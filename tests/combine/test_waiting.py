"""A bar for whoever waits, and nothing anywhere else."""

import io
import logging

from rich.console import Console

from bert4ner import bars
from bert4ner.combine import waiting


def test_a_terminal_shows_how_many_are_done_unless_the_log_is_quiet(monkeypatch, caplog):
    written = io.StringIO()
    monkeypatch.setattr(bars, "Console", lambda **_: Console(file=written, force_terminal=True, width=80))
    with caplog.at_level(logging.WARNING, "bert4ner"):
        assert list(waiting.watched([1, 2], "reading")) == [1, 2] and written.getvalue() == ""
    with caplog.at_level(logging.INFO, "bert4ner"):
        assert list(waiting.watched([1, 2], "reading")) == [1, 2]
    assert "reading" in written.getvalue() and "2/2" in written.getvalue()


def test_nothing_is_shown_where_nobody_watches(capfd, caplog):
    with caplog.at_level(logging.INFO, "bert4ner"):
        assert list(waiting.watched([1, 2], "reading")) == [1, 2]
    assert capfd.readouterr() == ("", "")
