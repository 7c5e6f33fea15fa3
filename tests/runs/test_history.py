"""The best epoch of a history, and that a history is read as it was written; damage, test_record shows."""

from bert4ner.runs.history import best_line, read_history, write_history


def test_the_best_epoch_has_the_highest_f1_and_of_two_the_earlier(history):
    lines = history(3)
    assert best_line(lines)["epoch"] == 3
    assert best_line([*lines, {**lines[-1], "epoch": 4}])["epoch"] == 3
    assert best_line([{"epoch": 1, "f1": 0.0}, {"epoch": 2, "f1": 0.0}])["epoch"] == 1


def test_a_history_round_trips(history, tmp_path):
    write_history(tmp_path, history(3))
    assert read_history(tmp_path) == history(3)
    assert (tmp_path / "history.jsonl").read_text(encoding="utf-8").count("\n") == 3
