"""Executors by their names, and what they refuse."""

import pytest

from bert4ner.errors import ConfigError
from bert4ner.registry import EXECUTORS
from bert4ner.train.executors.base import Executor, make_executor, open_executor
from bert4ner.train.executors.in_process import InProcessExecutor
from bert4ner.train.executors.local import LocalExecutor


def test_an_executor_is_opened_by_its_name_or_taken_as_it_is(monkeypatch):
    assert (open_executor("local").jobs, make_executor("local", 3).jobs) == (1, 3)
    given = InProcessExecutor()
    assert open_executor(given) is given

    class Cluster(LocalExecutor.__bases__[0]):
        def check(self, callbacks):
            """None is refused."""

        def run(self, tasks):
            yield from tasks

    monkeypatch.setitem(EXECUTORS._loaded, "cluster", Cluster)
    assert isinstance(make_executor("cluster", 7), Executor)


@pytest.mark.parametrize(
    ("name", "jobs", "message"),
    [
        ("loacl", 1, "unknown executor 'loacl'; did you mean 'local'?"),
        ("local", 0, "jobs must be at least 1, got 0"),
        ("in_process", 2, "in_process runs one task at a time, got jobs=2; use 'local'"),
    ],
)
def test_what_cannot_be_is_refused(name, jobs, message):
    with pytest.raises(ConfigError) as error:
        make_executor(name, jobs)
    assert message in str(error.value)
