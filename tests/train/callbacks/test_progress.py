"""A progress bar on a terminal, and nothing anywhere else."""

import io

import pytest
from rich.console import Console

from bert4ner import bars
from bert4ner.train.callbacks import progress
from bert4ner.train.division import Place


@pytest.fixture
def terminal(monkeypatch, caplog):
    caplog.set_level("INFO")
    written = io.StringIO()
    monkeypatch.setattr(
        bars, "Console", lambda **_: Console(file=written, force_terminal=True, width=80, legacy_windows=False)
    )
    return written


def test_a_terminal_shows_fold_epoch_phase_and_time_left(terminal, monkeypatch):
    clock = iter(range(0, 1000, 30))  # 30 s a batch
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    bar = progress.EpochProgress(4, epochs=3, place=Place("fold 1/3", after=2))

    def shown() -> str:
        task = bar.bar.tasks[0]
        return f"{task.description} {task.completed:.0f}/{task.total:.0f} {task.fields['left']}"

    bar.on_epoch_begin(0)
    assert shown() == "fold 1/3, epoch 1/3, compiling 0/12 "
    bar.on_train_batch_end(0, {"loss": 0.51234})
    assert shown() == "fold 1/3, epoch 1/3, loss 0.5123 1/12 "
    bar.on_train_batch_end(1, {"loss": 0.25})
    assert shown() == "fold 1/3, epoch 1/3, loss 0.2500 2/12 about 17 min left"  # 10 batches here, 24 after it
    bar.on_epoch_end(0)
    assert shown().startswith("fold 1/3, epoch 1/3, scoring 2/12")
    bar.on_epoch_begin(1)
    assert shown().startswith("fold 1/3, epoch 2/3, training 2/12")
    bar.bar.refresh()
    assert "fold 1/3, epoch 2/3, training" in terminal.getvalue()
    bar.on_train_end()
    assert bar.bar is None
    bar.on_train_end()


def test_a_process_killed_in_an_epoch_leaves_a_cursor(terminal):
    bar = progress.EpochProgress(4)
    bar.on_epoch_begin(0)
    written = terminal.getvalue()
    bar.on_train_end()
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
