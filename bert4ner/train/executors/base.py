"""What every executor is: it runs tasks somewhere, some at a time, and tells of each that is complete."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from typing import Any

from bert4ner.errors import ConfigError
from bert4ner.registry import EXECUTORS
from bert4ner.train.tasks import Task


class Executor(ABC):
    """Base of all executors. What tasks leave behind is the same, whatever executor runs them, however many at a time.

    A class is registered by its name in `bert4ner.registry.EXECUTORS`, or by another package with an entry point of
    the group ``bert4ner.executors``.

    Args:
        jobs: how many tasks may run at a time.

    Raises:
        ConfigError: `jobs` is below 1.
    """

    def __init__(self, jobs: int = 1):
        if jobs < 1:
            raise ConfigError(f"jobs must be at least 1, got {jobs}")
        self.jobs = jobs

    @abstractmethod
    def check(self, callbacks: Sequence[Any]) -> None:
        """Refuse Keras callbacks that cannot reach the place where tasks run; called before anything is written.

        Raises:
            ConfigError: naming the callback.
        """

    @abstractmethod
    def run(self, tasks: Sequence[Task]) -> Generator[Task, None, None]:
        """Run tasks; yields each that is complete, in the order in which they end.

        Raises:
            RunError: a task failed, which the message names. No other is running any more by then, nor when the
                iterator is closed before its end.
        """


def make_executor(name: str, jobs: int = 1) -> Executor:
    """An executor by its name.

    Raises:
        ConfigError: there is none of that name, or it does not run so many tasks at a time.
    """
    made: Executor = EXECUTORS.get(name)(jobs=jobs)
    return made


def open_executor(executor: str | Executor, callbacks: Sequence[Any] = ()) -> Executor:
    """The executor that is given, or the one of that name, which can take these callbacks along.

    Raises:
        ConfigError: there is none of that name, or see `Executor.check`.
    """
    opened = executor if isinstance(executor, Executor) else make_executor(executor)
    opened.check(callbacks)
    return opened
