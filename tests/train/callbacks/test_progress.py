"""A progress bar on a terminal, and nothing anywhere else."""

import io

import pytest
from rich.console import Console

from bert4ner.train.callbacks import progress


@pytest.fixture
def terminal(monkeypatch, caplog):
    caplog.set_level("INFO")
    written = io.StringIO()
    monkeypatch.setattr(
        progress, "Console", lambda **_: Console(file=written, force_terminal=True, width=80, legacy_windows=False)
    )
    return written


def test_a_terminal_shows_epoch_loss_and_batches(terminal):
    bar = progress.EpochProgress(4)
    bar.on_epoch_begin(1)
    bar.on_train_batch_end(0, {"loss": 0.51234})
    bar.on_train_batch_end(1, {"loss": 0.25})
    bar.bar.refresh()
    assert "epoch 2, loss 0.2500" in terminal.getvalue() and "2/4" in terminal.getvalue()
    bar.on_epoch_end(1)
    assert bar.bar is None
    bar.on_train_end()


def test_a_process_killed_in_an_epoch_leaves_a_cursor(terminal):
    bar = progress.EpochProgress(4)
    bar.on_epoch_begin(0)
    written = terminal.getvalue()
    bar.on_epoch_end(0)
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l")


def test_nothing_is_shown_where_lines_of_the_log_are_not(terminal, caplog):
    caplog.set_level("WARNING")
    progress.EpochProgress(4).on_epoch_begin(0)
    assert terminal.getvalue() == ""


def test_nothing_is_shown_where_nobody_watches(capfd):
    bar = progress.EpochProgress(4)
    bar.on_epoch_begin(0)
    bar.on_train_batch_end(0, {"loss": 1.0})
    bar.on_epoch_end(0)
    assert capfd.readouterr() == ("", "")
