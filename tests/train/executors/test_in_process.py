"""Tasks in this process: one after the other, errors named."""

import logging
import os

import pytest

from bert4ner.errors import RunError
from bert4ner.train.executors.in_process import InProcessExecutor
from tests.train.scripted import Scripted


def test_tasks_run_here_one_after_the_other(tmp_path, caplog):
    here: list[int] = []
    tasks = [Scripted(tmp_path / f"fold-{n}", "task.given.append(os.getpid())", here, f"title {n}") for n in range(3)]
    with caplog.at_level(logging.INFO):
        running = InProcessExecutor().run(tasks)
        assert next(running) is tasks[0] and here == [os.getpid()]
        assert list(running) == tasks[1:] and len(here) == 3
    assert [record.getMessage() for record in caplog.records] == ["title 0", "title 1", "title 2"]


@pytest.mark.parametrize("error", ["RunError('no memory')", "OSError('no memory')"])
def test_a_task_that_fails_is_named_and_no_other_is_begun(tmp_path, error):
    tasks = [Scripted(tmp_path / "fold-0", f"raise {error}"), Scripted(tmp_path / "fold-1", "task.folder.mkdir()")]
    with pytest.raises(RunError, match=r"^fold-0: no memory$"):
        list(InProcessExecutor().run(tasks))
    assert not (tmp_path / "fold-1").exists()


def test_any_callbacks_will_do(tmp_path):
    InProcessExecutor().check([lambda: None])
