"""The best epoch of a history, and that a history is read as it was written; damage, test_record shows."""

import pytest

from bert4ner.errors import RunError
from bert4ner.runs.history import best_epoch, best_line, read_history, write_history


def test_the_best_epoch_has_the_highest_f1_and_of_two_the_earlier(history):
    lines = history(3)
    assert best_line(lines)["epoch"] == 3
    assert best_line([*lines, {**lines[-1], "epoch": 4}])["epoch"] == 3
    assert best_line([{"epoch": 1, "f1": 0.0}, {"epoch": 2, "f1": 0.0}])["epoch"] == 1


def test_of_equal_epochs_the_lower_loss_is_best():
    losses = [3.0, 1.0, 2.0, 1.0]
    assert best_line([{"epoch": n, "f1": 0.5, "loss": loss} for n, loss in enumerate(losses, start=1)])["epoch"] == 2


def test_the_best_epoch_of_a_fold_needs_no_more_than_its_scores(tmp_path):
    write_history(
        tmp_path / "history.jsonl", [{"epoch": 1, "f1": 0.5}, {"epoch": 2, "f1": 0.75}, {"epoch": 3, "f1": 0.75}]
    )
    assert best_epoch(tmp_path) == 2
    with pytest.raises(RunError, match=r"history\.jsonl: damaged, line 1: 'precision' is missing"):
        read_history(tmp_path)


def test_a_history_round_trips(history, tmp_path):
    write_history(tmp_path / "fold-0" / "history.jsonl", history(3))
    tmp_path /= "fold-0"  # made with the file
    assert read_history(tmp_path) == history(3)
    assert (tmp_path / "history.jsonl").read_text(encoding="utf-8").count("\n") == 3
