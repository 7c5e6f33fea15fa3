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


def open_executor(executor: str | Executor, jobs: int) -> Executor:
    """An executor by its name, or the one that is given.

    Raises:
        ConfigError: there is none of that name, it does not run so many tasks at a time, or it is given with its own
            number of them and `jobs` says another.
    """
    if isinstance(executor, Executor):
        if jobs not in (1, executor.jobs):
            raise ConfigError(f"jobs={jobs}, but the executor given runs {executor.jobs} at a time; leave jobs out")
        return executor
    opened: Executor = EXECUTORS.get(executor)(jobs=jobs)
    return opened
