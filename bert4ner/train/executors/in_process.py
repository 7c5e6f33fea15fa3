"""Tasks in this process, one after the other: for callbacks that cannot be pickled, for notebooks and debuggers."""

import logging
from collections.abc import Generator, Sequence
from typing import Any, final

from bert4ner.data.failures import in_words
from bert4ner.errors import Bert4NERError, ConfigError, RunError
from bert4ner.train.executors.base import Executor
from bert4ner.train.tasks import Task

logger = logging.getLogger(__name__)


@final
class InProcessExecutor(Executor):
    """Runs tasks in this process. It keeps the memory that they use, and killing it kills them.

    Raises:
        ConfigError: more than one job.
    """

    def __init__(self, jobs: int = 1):
        super().__init__(jobs)
        if jobs > 1:
            raise ConfigError(f"the executor in_process runs one task at a time, got jobs={jobs}; use 'local'")

    def check(self, callbacks: Sequence[Any]) -> None:
        """Accepts all callbacks, since tasks run in this process."""

    def run(self, tasks: Sequence[Task]) -> Generator[Task, None, None]:
        """Runs one task after the other; a RunError names the failed task."""
        for task in tasks:
            logger.info("%s", task.title)
            try:
                task.run()
            except (Bert4NERError, OSError) as error:
                raise RunError(f"{task.name}: {in_words(error)}") from error
            yield task
