"""The base of executors: an executor runs several tasks at the same time somewhere, and yields each completed one."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from typing import Any

from bert4ner.errors import ConfigError
from bert4ner.registry import EXECUTORS
from bert4ner.train.tasks import Task


class Executor(ABC):
    """Base of all executors. The results of tasks do not depend on the executor or on the number of parallel tasks.

    A class is registered by its name in `bert4ner.registry.EXECUTORS`, or by another package with an entry point of
    the group ``bert4ner.executors``.

    Args:
        jobs: number of tasks that may run at a time.

    Raises:
        ConfigError: `jobs` is below 1.
    """

    def __init__(self, jobs: int = 1):
        if jobs < 1:
            raise ConfigError(f"jobs must be at least 1, got {jobs}")
        self.jobs = jobs

    @abstractmethod
    def check(self, callbacks: Sequence[Any]) -> None:
        """Refuse Keras callbacks that cannot be sent to where tasks run; called before anything is written.

        Raises:
            ConfigError: a callback cannot be sent; the message names it.
        """

    @abstractmethod
    def run(self, tasks: Sequence[Task]) -> Generator[Task, None, None]:
        """Run tasks; yields each task as it ends.

        Raises:
            RunError: a task failed; the message names it. No other task continues then, nor after the iterator was
                closed early.
        """


def make_executor(name: str, jobs: int = 1) -> Executor:
    """An executor by name.

    Raises:
        ConfigError: the name is unknown, or the executor cannot run that many tasks at a time.
    """
    made: Executor = EXECUTORS.get(name)(jobs=jobs)
    return made


def open_executor(executor: str | Executor, callbacks: Sequence[Any] = ()) -> Executor:
    """The given executor, or the executor of that name, after checking that it accepts these callbacks.

    Raises:
        ConfigError: the name is unknown; or see `Executor.check`.
    """
    opened = executor if isinstance(executor, Executor) else make_executor(executor)
    opened.check(callbacks)
    return opened
